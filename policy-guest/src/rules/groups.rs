//! Groups and prohibition (`spec.md` §4.7 and §4.9).

use policy_sdk::{Claim, GroupChange, Host, Level, Source, Trace, Value};

use crate::settings::{Absent, Groups, Settings};

/// Most names and bytes in one look-up, under the host's limits.
const NAMES: usize = 1000;
const BYTES: usize = 128 * 1024;
/// Most look-ups for groups; the rest of the budget is for the company.
const LOOKUPS: usize = 28;

/// What the token says about somebody's groups.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Claimed {
    /// These, none empty, in the order of the claim.
    Names(Vec<String>),
    /// Nothing, and the setting says what that means.
    Absent(Absent),
    /// They are somewhere else, or written in a way that nobody can read.
    Unknown,
    /// Nobody wants to know.
    Unasked,
}

/// Reads the groups claim.
pub(super) fn claimed(host: &impl Host, settings: &Settings, trace: &mut Trace) -> Claimed {
    let groups = &settings.groups;
    if !groups.claim_is_used() {
        return Claimed::Unasked;
    }
    if elsewhere(host, &groups.claim) {
        let saw = format!(
            "{} says that the groups are elsewhere; nothing is fetched",
            settings.source
        );
        host.log(Level::Warn, &saw);
        trace.hit("groups.elsewhere", saw);
        return Claimed::Unknown;
    }
    match host.claim(Source::Configured, &groups.claim).into_texts() {
        Claim::Present(mut names) => {
            names.retain(|name| !name.is_empty());
            hint_at_paths(host, &names, trace);
            Claimed::Names(names)
        }
        Claim::Absent => {
            let meaning = match groups.absent {
                Absent::Empty => "read as no groups",
                Absent::Leave => "nothing changes",
            };
            let saw = format!("groups claim absent in {}: {meaning}", settings.source);
            trace.hit("groups.absent", saw);
            Claimed::Absent(groups.absent)
        }
        Claim::Unusable => {
            let saw = format!(
                "groups claim in {} is no list of texts; nothing changes",
                settings.source
            );
            host.log(Level::Warn, &saw);
            trace.hit("groups.unusable", saw);
            Claimed::Unknown
        }
    }
}

/// Groups of the company among the claimed names, as the company writes them.
/// Fails when there are more names than can be looked up.
pub(super) fn find(
    host: &impl Host,
    groups: &Groups,
    company: &str,
    claimed: &Claimed,
) -> Result<Vec<String>, String> {
    let (true, Claimed::Names(names)) = (groups.enabled, claimed) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    let mut rest = names.as_slice();
    for _ in 0..LOOKUPS {
        if rest.is_empty() {
            break;
        }
        let (now, later) = rest.split_at(one_lookup(rest));
        for group in host.find_groups(company, now, groups.matching) {
            // A name that was claimed twice, or in two cases, is found twice.
            if !found.contains(&group.name) {
                found.push(group.name);
            }
        }
        rest = later;
    }
    if !rest.is_empty() {
        return Err(format!(
            "{} group names are more than can be looked up",
            names.len()
        ));
    }
    Ok(found)
}

/// The memberships of origin `idp` become exactly what was found.
pub(super) fn change(
    groups: &Groups,
    company: &str,
    claimed: &Claimed,
    found: &[String],
    trace: &mut Trace,
) -> GroupChange {
    if !groups.enabled {
        trace.skip("groups.sync", "groups are not synchronised");
        return GroupChange::Leave;
    }
    let claimed = match claimed {
        Claimed::Names(names) => names.len(),
        Claimed::Absent(Absent::Empty) => 0,
        Claimed::Absent(Absent::Leave) | Claimed::Unknown | Claimed::Unasked => {
            trace.skip("groups.sync", "groups stay as they are");
            return GroupChange::Leave;
        }
    };
    let saw = format!("{claimed} claimed, {} of {company} found", found.len());
    trace.hit("groups.sync", saw);
    GroupChange::Replace(found.to_vec())
}

/// Whether somebody stays out for want of a group.
pub(super) fn prohibited(
    groups: &Groups,
    company: &str,
    claimed: &Claimed,
    found: &[String],
    trace: &mut Trace,
) -> bool {
    if !groups.required {
        trace.skip("prohibition", "no group is required");
        return false;
    }
    let Claimed::Names(names) = claimed else {
        trace.hit(
            "prohibition",
            "a group is required, and the token names none",
        );
        return true;
    };
    if !found.is_empty() {
        trace.miss("prohibition", format!("in a group of {company}"));
        return false;
    }
    if groups.admin_among(names).is_some() {
        trace.miss("prohibition", "in an administrator group");
        return false;
    }
    let saw = format!(
        "a group is required, and none of the claimed is one of {company} or of administrators"
    );
    trace.hit("prohibition", saw);
    true
}

/// A provider with too many groups for a token says where they are, or that there are some.
fn elsewhere(host: &impl Host, claim: &str) -> bool {
    let name = claim.split('/').nth(1).unwrap_or_default();
    let distributed = host.claim(Source::Configured, &format!("/_claim_names/{name}"));
    if !matches!(distributed, Value::Absent | Value::Null) {
        return true;
    }
    match host.claim(Source::Configured, "/hasgroups") {
        Value::Flag(has) => has,
        Value::Text(has) => has == "true",
        _ => false,
    }
}

/// Keycloak's "Full group path" writes `/ops` where the company has `ops`.
fn hint_at_paths(host: &impl Host, names: &[String], trace: &mut Trace) {
    let paths = names.iter().filter(|name| name.starts_with('/')).count();
    if paths > 0 {
        let saw = format!(
            "{paths} claimed begin with /, which is kept; is Full group path on in the mapper?"
        );
        host.log(Level::Info, &saw);
        trace.hit("groups.path", saw);
    }
}

/// How many of the names fit in one look-up; at least one.
fn one_lookup(names: &[String]) -> usize {
    let mut bytes = 0;
    let fitting = names.iter().take(NAMES).take_while(|name| {
        bytes += name.len() + 8;
        bytes <= BYTES
    });
    fitting.count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy_sdk::Fake;
    use policy_sdk::case::Case;

    fn host(claims: &str) -> Fake {
        let case = format!(
            r#"{{"settings": {{"groups": {{"enabled": true}}}},
                "claims": {{"access_token": {claims}}},
                "directory": {{"companies": {{"acme": ["a", "b", "n1500"]}}}}}}"#
        );
        Case::parse(&case).unwrap().host()
    }

    fn read(claims: &str) -> Claimed {
        let host = host(claims);
        let settings = Settings::read(&host).unwrap();
        claimed(&host, &settings, &mut Trace::default())
    }

    fn names(names: &[&str]) -> Claimed {
        Claimed::Names(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn a_single_string_is_a_list_of_one() {
        assert_eq!(read(r#"{"groups": "a"}"#), names(&["a"]));
    }

    #[test]
    fn empty_names_do_not_count_and_others_are_found_once() {
        let host = host(r#"{"groups": ["b", "a", "", "b"]}"#);
        let settings = Settings::read(&host).unwrap();
        let claimed = claimed(&host, &settings, &mut Trace::default());
        assert_eq!(claimed, names(&["b", "a", "b"]));
        let found = find(&host, &settings.groups, "acme", &claimed).unwrap();
        assert_eq!(found, ["b", "a"]);
    }

    #[test]
    fn present_and_empty_is_not_absent() {
        assert_eq!(read(r#"{"groups": []}"#), names(&[]));
        assert_eq!(read("{}"), Claimed::Absent(Absent::Empty));
    }

    #[test]
    fn groups_that_are_elsewhere_are_unknown_whatever_else_the_token_says() {
        let distributed = r#"{"_claim_names": {"groups": "src1"}, "groups": ["a"]}"#;
        assert_eq!(read(distributed), Claimed::Unknown);
        assert_eq!(read(r#"{"hasgroups": true}"#), Claimed::Unknown);
        assert_eq!(
            read(r#"{"hasgroups": false, "groups": ["a"]}"#),
            names(&["a"])
        );
        assert_eq!(
            read(r#"{"_claim_names": {"other": "src1"}, "groups": ["a"]}"#),
            names(&["a"])
        );
    }

    #[test]
    fn a_claim_that_is_no_list_of_texts_is_unknown() {
        assert_eq!(read(r#"{"groups": {"a": true}}"#), Claimed::Unknown);
        assert_eq!(read(r#"{"groups": ["a", 1]}"#), Claimed::Unknown);
    }

    #[test]
    fn many_names_are_looked_up_in_several_calls() {
        let host = host("{}");
        let settings = Settings::read(&host).unwrap();
        let many = Claimed::Names((0..2500).map(|number| format!("n{number}")).collect());
        let found = find(&host, &settings.groups, "acme", &many).unwrap();
        assert_eq!(found, ["n1500"]);
        assert_eq!(host.lookups().len(), 3);
    }

    #[test]
    fn more_names_than_can_be_looked_up_fail_the_policy() {
        let host = host("{}");
        let settings = Settings::read(&host).unwrap();
        let flood = Claimed::Names((0..28_001).map(|number| format!("n{number}")).collect());
        assert!(find(&host, &settings.groups, "acme", &flood).is_err());
        assert_eq!(host.lookups().len(), 28);
    }

    #[test]
    fn long_names_fill_a_lookup_by_their_bytes() {
        let long = vec!["x".repeat(50_000); 4];
        assert_eq!(one_lookup(&long), 2);
        assert_eq!(one_lookup(&["x".repeat(500_000)]), 1);
    }
}
