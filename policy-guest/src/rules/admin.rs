//! Administrator or not (`spec.md` §4.8).

use policy_sdk::{AdminChange, Claim, Host, Level, Source, Trace, keycloak};

use super::groups::Claimed;
use crate::settings::{Absent, Settings};

/// What one source of administrators says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    /// It grants.
    Yes,
    /// It is configured and present, and does not grant.
    No,
    /// It is not configured, not present, or cannot be read.
    Nothing,
}

/// Granted if one source grants; revoked if one is present and none grants; else left alone.
pub(super) fn change(
    host: &impl Host,
    settings: &Settings,
    claimed: &Claimed,
    trace: &mut Trace,
) -> AdminChange {
    let by_group = by_group(settings, claimed, trace);
    let by_role = by_role(host, settings, trace);
    conclude(by_group, by_role)
}

fn conclude(by_group: Says, by_role: Says) -> AdminChange {
    match (by_group, by_role) {
        (Says::Yes, _) | (_, Says::Yes) => AdminChange::Grant,
        (Says::No, _) | (_, Says::No) => AdminChange::Revoke,
        (Says::Nothing, Says::Nothing) => AdminChange::Leave,
    }
}

fn by_group(settings: &Settings, claimed: &Claimed, trace: &mut Trace) -> Says {
    let rule = "admin.group";
    let groups = &settings.groups;
    if groups.admins.is_empty() {
        trace.skip(rule, "no administrator groups are set");
        return Says::Nothing;
    }
    match claimed {
        Claimed::Names(names) => match groups.admin_among(names) {
            Some(group) => {
                trace.hit(rule, format!("in the administrator group {group}"));
                Says::Yes
            }
            None => {
                trace.miss(rule, "in no administrator group");
                Says::No
            }
        },
        Claimed::Absent(Absent::Empty) => {
            trace.miss(rule, "in no group");
            Says::No
        }
        Claimed::Absent(Absent::Leave) | Claimed::Unknown | Claimed::Unasked => {
            trace.skip(rule, "the groups are not known");
            Says::Nothing
        }
    }
}

fn by_role(host: &impl Host, settings: &Settings, trace: &mut Trace) -> Says {
    let rule = "admin.role";
    let Some(role) = &settings.admin_role else {
        trace.skip(rule, "role association is off");
        return Says::Nothing;
    };
    let claims = [
        keycloak::realm_roles(host, Source::Configured),
        keycloak::client_roles(host, Source::Configured, &host.client_id()),
        host.claim(Source::Configured, "/roles").into_texts(),
    ];
    if claims.contains(&Claim::Unusable) {
        host.log(
            Level::Warn,
            "a roles claim is no list of texts and is not read",
        );
    }
    let roles: Vec<_> = claims.into_iter().filter_map(Claim::present).collect();
    if roles.is_empty() {
        trace.miss(rule, format!("no roles in {}", settings.source));
        return Says::Nothing;
    }
    if roles.iter().flatten().any(|name| name == role) {
        trace.hit(rule, format!("has the role {role} in {}", settings.source));
        return Says::Yes;
    }
    trace.miss(
        rule,
        format!("has not the role {role} in {}", settings.source),
    );
    Says::No
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_source_that_grants_is_enough() {
        assert_eq!(conclude(Says::Yes, Says::No), AdminChange::Grant);
        assert_eq!(conclude(Says::Nothing, Says::Yes), AdminChange::Grant);
    }

    #[test]
    fn one_source_that_is_present_and_none_that_grants_revokes() {
        assert_eq!(conclude(Says::No, Says::Nothing), AdminChange::Revoke);
        assert_eq!(conclude(Says::Nothing, Says::No), AdminChange::Revoke);
    }

    #[test]
    fn no_source_that_is_present_leaves_administrators_alone() {
        assert_eq!(conclude(Says::Nothing, Says::Nothing), AdminChange::Leave);
    }
}
