//! The decision, top-down. Each rule is a function of its own file and leaves its steps in the trace.
//!
//! Steps and log lines hold settings and names of the directory, never claim values.

mod admin;
mod company;
mod groups;
mod profile;

use policy_sdk::{Decision, Grant, Host, Outcome, Placement, Trace};

use crate::settings::Settings;
use company::Company;

/// Decides about one sign-in (`spec.md` §4.6 to §4.10). An error is a failed policy: settings that
/// the rules cannot work with, or more group names than can be looked up.
pub fn decide(host: &impl Host) -> Result<Decision, String> {
    let settings = Settings::read(host)
        .map_err(|problem| format!("setting {} {}", problem.pointer, problem.message))?;
    let mut trace = Trace::default();

    // 1. A company, for groups and administrators exist in one.
    let company = match company::find(host, &settings, &mut trace) {
        Company::Found(company) => company,
        Company::Missing(company) => return Ok(missing(host, &settings, &company, trace)),
        Company::None(code) => return Ok(trace.refuse(code)),
    };

    // 2. The groups that the token claims, and those of them that the company has.
    let claimed = groups::claimed(host, &settings, &mut trace);
    let found = groups::find(host, &settings.groups, &company, &claimed)?;
    let groups = groups::change(&settings.groups, &company, &claimed, &found, &mut trace);

    // 3. Nobody without a group, if the site says so.
    if groups::prohibited(&settings.groups, &company, &claimed, &found, &mut trace) {
        return Ok(trace.refuse("group_required"));
    }

    // 4. Administrator or not.
    let admin = admin::change(host, &settings, &claimed, &mut trace);

    // 5. The name to show.
    let placement = Placement {
        company,
        admin,
        groups,
    };
    let name = profile::name(host, &settings, &mut trace);
    Ok(admit(trace, placement, name))
}

/// The default company was removed since the start. The host answers that, if it gets a placement:
/// a refusal for want of a group would blame the person for it.
fn missing(host: &impl Host, settings: &Settings, company: &str, mut trace: Trace) -> Decision {
    let name = profile::name(host, settings, &mut trace);
    admit(trace, Placement::in_company(company), name)
}

fn admit(trace: Trace, placement: Placement, name: String) -> Decision {
    trace.decide(Outcome::Admit(Grant {
        placements: vec![placement],
        display_name: Some(name),
        attributes: Vec::new(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy_sdk::case::Case;

    #[test]
    fn a_removed_default_company_is_left_to_the_host() {
        let case = Case::parse(
            r#"{"settings": {"default_company": "gone", "groups": {"enabled": true,
                "prohibit_user_signup_if_not_in_group": true}}}"#,
        );
        let decision = case.unwrap().decide(decide).unwrap();
        let Outcome::Admit(grant) = decision.outcome else {
            panic!("{decision:?}");
        };
        assert_eq!(grant.placements, [Placement::in_company("gone")]);
    }

    #[test]
    fn settings_that_contradict_each_other_fail_the_policy() {
        let case = Case::parse(
            r#"{"settings": {"groups": {"prohibit_user_signup_if_not_in_group": true}}}"#,
        );
        let error = case.unwrap().decide(decide).unwrap_err();
        assert!(error.contains("needs groups__enabled"), "{error}");
    }

    #[test]
    fn no_claim_value_gets_into_the_trace() {
        let case = Case::parse(
            r#"{"settings": {"default_company": "acme", "groups": {"enabled": true, "admins": ["ops"]}},
                "claims": {"access_token": {"name": "SECRET", "groups": ["SECRET", "/SECRET"],
                    "roles": ["SECRET"], "email": "secret@secret.com"}},
                "directory": {"companies": {"acme": []}}}"#,
        )
        .unwrap();
        let host = case.host();
        let decision = decide(&host).unwrap();
        assert!(
            !format!("{:?}{:?}", decision.trace, host.logs())
                .to_lowercase()
                .contains("secret")
        );
    }
}
