//! What the last sign-ins tell: which claims they carried, in which token, and what went
//! wrong with them.

use jiff::Timestamp;
use serde_json::Value;

use super::provider::compare_clocks;
use super::{Report, ago, is_keycloak};
use crate::audit;
use crate::domain::{Actor, AuditOutcome, Claims, Code, Kind, Provider, Record, Source, remedy};
use crate::seal::Vault;
use crate::store::{Store, StoreError};

/// How many of the last sign-ins through a provider count, and how many records are looked
/// through for them.
const LAST: usize = 20;
const LOOKED_THROUGH: usize = 1000;

pub(super) async fn examine(
    provider: &Provider,
    store: &Store,
    vault: &Vault,
    now: Timestamp,
    report: &mut Report<'_>,
) {
    let last = match last(provider, store, vault).await {
        Ok(last) => last,
        Err(error) => return report.broken("sign-ins", error.to_string(), ""),
    };
    let Some(latest) = last.first() else {
        let what = "nobody came back from this provider yet, so nothing is known of its claims";
        let fix =
            "sign in once, then run this again; /login/test shows an operator what one carries";
        return report.attention("sign-ins", what, fix);
    };
    let admitted = last
        .iter()
        .filter(|s| s.record.outcome == AuditOutcome::Admitted);
    let admitted = admitted.count();
    let what = format!(
        "{admitted} of the last {} were admitted; the last came {}",
        last.len(),
        ago(latest.record.time, now)
    );
    report.fine("sign-ins", what);
    failures(&last, now, report);
    clock(&last, report);
    claims(provider, &last, report);
}

/// A sign-in, and its claims where they are kept.
struct SignIn {
    record: Record,
    claims: Option<Claims>,
}

/// Newest first.
async fn last(
    provider: &Provider,
    store: &Store,
    vault: &Vault,
) -> Result<Vec<SignIn>, StoreError> {
    let mut walk = audit::all(store, vault);
    let mut last = Vec::new();
    for _ in 0..LOOKED_THROUGH {
        let Some(record) = walk.next().await? else {
            break;
        };
        if record.kind != Kind::SignIn || record.provider.as_ref() != Some(&provider.name) {
            continue;
        }
        let claims = audit::claims(store, &record.reference, vault).await;
        // A record that another key sealed is a record without claims.
        let claims = claims.unwrap_or_default();
        last.push(SignIn { record, claims });
        if last.len() == LAST {
            break;
        }
    }
    Ok(last)
}

/// Each way in which sign-ins failed, once; broken, unless one succeeded since.
fn failures(last: &[SignIn], now: Timestamp, report: &mut Report<'_>) {
    let mut told: Vec<(&str, &str)> = Vec::new();
    let mut since_success = true;
    for SignIn { record, .. } in last {
        since_success &= record.outcome != AuditOutcome::Admitted;
        let code = record.code.as_deref().unwrap_or_default();
        let theirs = Code::parse(code).is_some_and(|code| code.actor() == Actor::Provider);
        let detail = record.detail.as_deref().unwrap_or_default();
        let (check, rest) = detail.split_once(": ").unwrap_or((detail, ""));
        if !theirs || told.contains(&(code, check)) {
            continue;
        }
        told.push((code, check));
        let same = |s: &&SignIn| {
            s.record.code.as_deref() == Some(code)
                && s.record
                    .detail
                    .as_deref()
                    .unwrap_or_default()
                    .starts_with(check)
        };
        let what = format!(
            "{} of the last {} ended as {code}, the last one {} ({}): {detail}",
            last.iter().filter(same).count(),
            last.len(),
            ago(record.time, now),
            record.reference
        );
        let fix = remedy(check, rest).map_or_else(
            || format!("usher audit show {} says more", record.reference),
            str::to_owned,
        );
        match since_success {
            true => report.broken("sign-ins", what, fix),
            false => report.attention("sign-ins", what, fix),
        }
    }
}

/// When the provider issued its latest ID token, by its own clock.
fn clock(last: &[SignIn], report: &mut Report<'_>) {
    let issued = last.iter().find_map(|sign_in| {
        let iat = sign_in.claims.as_ref()?.id_token.get("iat")?.as_i64()?;
        let issued = Timestamp::from_second(iat).ok()?;
        Some(sign_in.record.time.duration_since(issued))
    });
    if let Some(ours) = issued {
        compare_clocks(ours, report);
    }
}

/// A claim that the settings rest on.
struct Expected<'a> {
    /// As it is called in words.
    name: &'static str,
    /// As it is configured.
    claim: String,
    pointers: Vec<String>,
    fix: String,
    /// What somebody without it loses.
    loses: &'a str,
}

fn claims(provider: &Provider, last: &[SignIn], report: &mut Report<'_>) {
    let kept: Vec<&Claims> = last.iter().filter_map(|s| s.claims.as_ref()).collect();
    if kept.is_empty() {
        let what = "the records hold no claims of these sign-ins";
        let fix = "nothing, if USHER__RECORDS__CLAIMS or USHER__RECORDS__DAYS say so, or if all of them failed before their tokens held";
        return report.attention("claims", what, fix);
    }
    for expected in expected(provider) {
        look_for(&expected, provider, &kept, report);
    }
}

fn look_for(
    expected: &Expected<'_>,
    provider: &Provider,
    kept: &[&Claims],
    report: &mut Report<'_>,
) {
    let source = provider.claims_source();
    let holds = |claims: &Claims, source: Source| {
        let document = claims.document(source);
        let has = |pointer: &String| document.and_then(|d| d.pointer(pointer)).is_some_and(told);
        expected.pointers.iter().any(has)
    };
    let count = |source| kept.iter().filter(|claims| holds(claims, source)).count();
    let (here, all) = (count(source), kept.len());
    let Expected {
        name,
        claim,
        loses,
        fix,
        ..
    } = expected;
    if here > 0 {
        let what = format!(
            "{name} ({claim}): in {} of {here} of {all}",
            in_words(source)
        );
        return report.fine("claims", what);
    }
    let others = [Source::IdToken, Source::AccessToken, Source::Userinfo];
    let elsewhere = others.into_iter().find(|other| count(*other) > 0);
    let what = match elsewhere {
        Some(other) => format!(
            "{name} ({claim}): in {} of {} of {all}, but never in {}, where it is read from: {loses}",
            in_words(other),
            count(other),
            in_words(source)
        ),
        None => format!("{name} ({claim}): in no token of the last {all}: {loses}"),
    };
    let prohibits = *name == "groups" && provider.groups.prohibit_user_signup_if_not_in_group;
    match prohibits {
        true => report.broken("claims", what, fix.clone()),
        false => report.attention("claims", what, fix.clone()),
    }
}

/// An empty list tells as much as a full one.
fn told(value: &Value) -> bool {
    !value.is_null()
}

fn in_words(source: Source) -> &'static str {
    match source {
        Source::IdToken => "the ID token",
        Source::AccessToken => "the access token",
        Source::Userinfo => "userinfo",
    }
}

fn expected(provider: &Provider) -> Vec<Expected<'static>> {
    let client = &provider.client_id;
    let switch = match provider.claims_source() {
        Source::Userinfo => "Add to userinfo",
        _ => "Add to access token",
    };
    let keycloak = is_keycloak(provider);
    let there = |keycloak_says: String, others: &str| match keycloak {
        true => format!("in Keycloak: {keycloak_says}"),
        false => others.to_owned(),
    };
    let scope = |scope: &str| {
        let says = format!(
            "Clients, {client}, tab Client scopes: add the scope {scope}; in Client scopes, {scope}, \
             tab Mappers, see that \"{switch}\" is on"
        );
        there(
            says,
            "let the provider put it there, or name the claim that holds it",
        )
    };
    let mut expected = vec![
        Expected {
            name: "name",
            claim: provider.claim_name.as_str().to_owned(),
            pointers: vec![provider.claim_name.pointer()],
            fix: scope("profile"),
            loses: "people are called by user name, e-mail or subject",
        },
        Expected {
            name: "e-mail",
            claim: provider.claim_email.as_str().to_owned(),
            pointers: vec![provider.claim_email.pointer()],
            fix: scope("email"),
            loses: "neither invitations nor domains can place anybody",
        },
    ];
    if provider.groups.enabled || !provider.groups.admins.is_empty() {
        expected.push(groups(provider, switch, there));
    }
    if !provider.admin_role.is_empty() {
        expected.push(roles(provider, switch, there));
    }
    expected
}

fn groups(
    provider: &Provider,
    switch: &str,
    there: impl Fn(String, &str) -> String,
) -> Expected<'static> {
    let (client, claim) = (&provider.client_id, provider.groups.claim.as_str());
    let other = match provider.get_info_from_access_token {
        true => "; if it is in userinfo alone, get_info_from_access_token=false reads it there",
        false => "",
    };
    let says = format!(
        "Clients, {client}, tab Client scopes, {client}-dedicated: Add mapper, By configuration, \
         Group Membership with Token Claim Name {claim}, Full group path off, \"{switch}\" on (if the \
         mapper is there, see that switch){other}. Keycloak leaves empty lists out: if none of these \
         people is in a group, all is well"
    );
    Expected {
        name: "groups",
        claim: claim.to_owned(),
        pointers: vec![provider.groups.claim.pointer()],
        fix: there(says, "let the provider put the group names there"),
        loses: match provider.groups.absent {
            crate::domain::Absent::Empty => "that reads as \"in no group\"",
            crate::domain::Absent::Leave => "memberships stay as they are (groups__absent=leave)",
        },
    }
}

fn roles(
    provider: &Provider,
    switch: &str,
    there: impl Fn(String, &str) -> String,
) -> Expected<'static> {
    let client = provider.client_id.replace('~', "~0").replace('/', "~1");
    let says = format!(
        "Client scopes, roles, tab Mappers, realm roles and client roles: \"{switch}\" on; and see \
         that the client has the scope roles. If none of these people has a role, all is well; if the \
         role is not used, set admin_role to nothing"
    );
    Expected {
        name: "roles",
        claim: format!("for admin_role {}", provider.admin_role),
        pointers: vec![
            "/realm_access/roles".to_owned(),
            format!("/resource_access/{client}/roles"),
            "/roles".to_owned(),
        ],
        fix: there(
            says,
            "let the provider put roles there, or set admin_role to nothing",
        ),
        loses: "the role makes nobody an administrator",
    }
}
