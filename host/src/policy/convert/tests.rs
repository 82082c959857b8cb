use super::*;

fn grant() -> decide::Grant {
    decide::Grant {
        placements: vec![placement(decide::GroupChange::Leave)],
        display_name: Some("Ada".into()),
        attributes: vec![("department".into(), "research".into())],
    }
}

fn placement(groups: decide::GroupChange) -> decide::Placement {
    decide::Placement {
        company: "acme".into(),
        admin: decide::AdminChange::Grant,
        groups,
    }
}

fn refusal(code: &str) -> decide::Refusal {
    decide::Refusal {
        code: code.into(),
        message: None,
        attributes: Vec::new(),
    }
}

fn admit(change: impl FnOnce(&mut decide::Grant)) -> Result<Decision, Failure> {
    let mut grant = grant();
    change(&mut grant);
    let outcome = decide::Outcome::Admit(grant);
    let trace = Vec::new();
    decision(decide::Decision { outcome, trace })
}

fn refuse(refusal: decide::Refusal) -> Result<Decision, Failure> {
    let outcome = decide::Outcome::Refuse(refusal);
    let trace = Vec::new();
    decision(decide::Decision { outcome, trace })
}

fn kind(outcome: Result<Decision, Failure>) -> Option<FailureKind> {
    outcome.err().map(|failure| failure.kind)
}

const INVALID: Option<FailureKind> = Some(FailureKind::Invalid);
const OUTPUT: Option<FailureKind> = Some(FailureKind::Output);

#[test]
fn a_good_grant_passes_unchanged_but_for_repeated_groups() {
    let groups = ["b", "a", "b"].map(String::from).to_vec();
    let decided = admit(|grant| {
        grant.placements = vec![placement(decide::GroupChange::Replace(groups))];
    });
    let Outcome::Admit(grant) = decided.unwrap().outcome else {
        panic!("refused")
    };
    assert_eq!(grant.placement.company, "acme");
    assert_eq!(grant.placement.admin, AdminChange::Grant);
    let groups = GroupChange::Replace(vec!["b".into(), "a".into()]);
    assert_eq!(grant.placement.groups, groups);
    assert_eq!(grant.display_name.as_deref(), Some("Ada"));
    assert_eq!(grant.attributes, [("department".into(), "research".into())]);
}

#[test]
fn names_are_bounded_and_free_of_control_characters() {
    let long = "ä".repeat(NAME_CHARS);
    let longer = "ä".repeat(NAME_CHARS + 1);
    for (name, expected) in [
        ("a", None),
        (long.as_str(), None),
        (&longer, INVALID),
        ("", INVALID),
        ("a\nb", INVALID),
        ("a\u{7f}", INVALID),
        ("\u{85}", INVALID),
    ] {
        let named = || name.to_owned();
        let company = admit(|grant| grant.placements[0].company = named());
        assert_eq!(kind(company), expected, "company {name:?}");
        let display = admit(|grant| grant.display_name = Some(named()));
        assert_eq!(kind(display), expected, "display name {name:?}");
        let groups = decide::GroupChange::Add(vec![named()]);
        let groups = admit(|grant| grant.placements = vec![placement(groups)]);
        assert_eq!(kind(groups), expected, "group {name:?}");
    }
}

#[test]
fn attribute_keys_have_their_shape_and_occur_once() {
    let with = |key: &str, value: &str| {
        kind(admit(|grant| {
            grant.attributes = vec![(key.into(), value.into())];
        }))
    };
    let long = "a".repeat(64);
    for good in ["a", "a.b_c-9", &long] {
        assert_eq!(with(good, ""), None, "{good}");
    }
    let longer = "a".repeat(65);
    for bad in ["", "A", "9a", "a b", ".a", "ä", &longer] {
        assert_eq!(with(bad, ""), INVALID, "{bad}");
    }
    assert_eq!(with("a", "b\r\nSet-Cookie: c"), INVALID);
    assert_eq!(with("a", &"b".repeat(ATTRIBUTE_CHARS + 1)), INVALID);
    let twice = admit(|grant| grant.attributes.push(("department".into(), String::new())));
    assert_eq!(kind(twice), INVALID);
    let many = (0..=ATTRIBUTES).map(|n| (format!("a{n}"), String::new()));
    assert_eq!(
        kind(admit(|grant| grant.attributes = many.collect())),
        INVALID
    );
}

#[test]
fn a_policy_refuses_with_its_own_codes_and_never_with_the_hosts() {
    for code in Code::ALL {
        let expected = if code.is_policys() { None } else { INVALID };
        assert_eq!(kind(refuse(refusal(code.as_str()))), expected, "{code:?}");
    }
    assert_eq!(kind(refuse(refusal("department_closed"))), None);
    for bad in ["", "No", "a-b", "a b", "9", &"a".repeat(65)] {
        assert_eq!(kind(refuse(refusal(bad))), INVALID, "{bad}");
    }
}

#[test]
fn the_message_to_the_person_is_short_and_plain() {
    let with = |message: String| {
        let mut refusal = refusal("closed");
        refusal.message = Some(message);
        kind(refuse(refusal))
    };
    assert_eq!(with("ü".repeat(MESSAGE_CHARS)), None);
    assert_eq!(with("ü".repeat(MESSAGE_CHARS + 1)), INVALID);
    assert_eq!(with("\u{1b}[2J".into()), INVALID);
}

#[test]
fn groups_and_steps_are_counted() {
    let names = |count: usize| (0..count).map(|n| n.to_string()).collect();
    for (count, expected) in [(GROUPS, None), (GROUPS + 1, OUTPUT)] {
        let groups = decide::GroupChange::Replace(names(count));
        let decided = admit(|grant| grant.placements = vec![placement(groups)]);
        assert_eq!(kind(decided), expected);
    }
    for (count, expected) in [(TRACE_STEPS, None), (TRACE_STEPS + 1, OUTPUT)] {
        let step = decide::Step {
            rule: "r\u{7}".into(),
            finding: decide::Finding::Miss,
            saw: "s".repeat(SAW_CHARS + 1),
        };
        let outcome = decide::Outcome::Refuse(refusal("closed"));
        let trace = vec![step; count];
        let decided = decision(decide::Decision { outcome, trace });
        if let Ok(decision) = &decided {
            assert_eq!(decision.trace[0].rule, "r\u{fffd}");
            assert_eq!(decision.trace[0].finding, Finding::Miss);
            assert_eq!(decision.trace[0].saw.chars().count(), SAW_CHARS + 1);
        }
        assert_eq!(kind(decided), expected);
    }
}
