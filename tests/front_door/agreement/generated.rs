//! Sign-ins that nobody wrote down: settings, claims and directories from a small world in which
//! every rule finds something to hit and something to miss.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// One sign-in as a case.
pub(super) fn sign_in() -> impl Strategy<Value = Value> {
    (settings(), claims(), claims(), directory(), subject()).prop_map(
        |(settings, access_token, userinfo, directory, subject)| {
            json!({
                "request": {"subject": subject},
                "settings": settings,
                "claims": {"access_token": access_token, "userinfo": userinfo},
                "directory": directory,
            })
        },
    )
}

fn subject() -> impl Strategy<Value = String> {
    prop_oneof![Just("subject-1".to_owned()), ".{1,12}"]
}

const COMPANIES: [&str; 3] = ["acme", "beta", "gone"];
const NAMES: [&str; 12] = [
    "Ops",
    "ops",
    "OPS",
    "Dev",
    "/Ops",
    "Ärzte",
    "ÄRZTE",
    "ΟΔΟΣ",
    "οδος",
    "İstanbul",
    "",
    "Research",
];
const ROLES: [&str; 4] = ["admin", "Admin", "root", "user"];

fn settings() -> impl Strategy<Value = Value> {
    (
        prop::option::weighted(0.3, prop::sample::select(&COMPANIES[..])),
        any::<[bool; 2]>(),
        (prop::bool::weighted(0.7), prop::bool::weighted(0.3)),
        prop::sample::select(
            &[
                "groups",
                "realm_access",
                "/realm_access/roles",
                "a/b",
                "teams",
            ][..],
        ),
        prop::collection::vec(prop::sample::select(&NAMES[..]), 0..3),
        prop::sample::select(&["admin", "root", "", "Ops"][..]),
        prop::sample::select(&["name", "/address/name", "nick"][..]),
        prop::bool::weighted(0.8),
    )
        .prop_map(
            |(
                default,
                [leave, case_sensitive],
                (enabled, required),
                claim,
                admins,
                role,
                name,
                access,
            )| {
                json!({
                    "default_company": default,
                    "claims": {"name": name},
                    "groups": {
                        "enabled": enabled,
                        "claim": claim,
                        "absent": if leave { "leave" } else { "empty" },
                        "admins": admins,
                        "case_sensitive": case_sensitive,
                        "prohibit_user_signup_if_not_in_group": required,
                    },
                    "admin_role": role,
                    "get_info_from_access_token": access,
                })
            },
        )
}

/// Claims that rules look at, each there or not, usable or not.
fn claims() -> impl Strategy<Value = Value> {
    let sometimes = |share: f64, value: BoxedStrategy<Value>| prop::option::weighted(share, value);
    let roles = || sometimes(0.4, names(&ROLES));
    (
        [
            sometimes(0.6, names(&NAMES)),
            sometimes(0.2, names(&NAMES)),
            sometimes(0.2, names(&NAMES)),
        ],
        [roles(), roles(), roles()],
        sometimes(0.1, anything()),
        sometimes(0.15, anything()),
        [
            sometimes(0.4, text()),
            sometimes(0.2, text()),
            sometimes(0.3, text()),
        ],
        sometimes(0.8, email()),
        sometimes(
            0.8,
            prop_oneof![3 => Just(json!(true)), 1 => anything()].boxed(),
        ),
    )
        .prop_map(
            |(
                [groups, slash, teams],
                [realm, client, plain],
                elsewhere,
                has,
                names,
                email,
                verified,
            )| {
                let mut claims = Map::new();
                let mut put = |name: &str, value: Option<Value>| {
                    value.map(|value| claims.insert(name.to_owned(), value))
                };
                let [name, preferred, nick] = names;
                put("groups", groups);
                put("a/b", slash);
                put("teams", teams);
                put("realm_access", realm.map(|roles| json!({"roles": roles})));
                put(
                    "resource_access",
                    client.map(|roles| json!({"usher": {"roles": roles}})),
                );
                put("roles", plain);
                put(
                    "_claim_names",
                    elsewhere.map(|value| json!({"groups": value})),
                );
                put("hasgroups", has);
                put("name", name.clone());
                put("nick", nick);
                put("address", name.map(|name| json!({"name": name})));
                put("preferred_username", preferred);
                put("email", email);
                put("email_verified", verified);
                Value::Object(claims)
            },
        )
}

/// A list of names most often; else what providers, and attackers, write instead.
fn names(among: &'static [&'static str]) -> BoxedStrategy<Value> {
    let one = prop::sample::select(among);
    prop_oneof![
        6 => prop::collection::vec(one.clone(), 0..5).prop_map(|names| json!(names)),
        1 => one.prop_map(|name| json!(name)),
        1 => prop::collection::vec(".{0,8}", 0..4).prop_map(|names| json!(names)),
        2 => anything(),
    ]
    .boxed()
}

fn text() -> BoxedStrategy<Value> {
    prop_oneof![
        3 => prop::sample::select(&["Ada Lovelace", " Ann\n", "", " \t", "ä"][..])
            .prop_map(|text| json!(text)),
        2 => ".{0,300}".prop_map(|text| json!(text)),
        1 => anything(),
    ]
    .boxed()
}

/// Addresses, and what is none. The kit's host in memory is laxer than the service about odd signs
/// in an address, so that an `@` stands in the first only: this is about rules.
fn email() -> BoxedStrategy<Value> {
    let written = [
        "ada@acme.com",
        "ADA@Acme.com",
        "bob@beta.org",
        "x@nowhere.net",
        "@acme.com",
        "ada@",
    ];
    let is_odd = |value: &Value| value.as_str().is_some_and(|text| text.contains('@'));
    prop_oneof![
        8 => prop::sample::select(written.to_vec()).prop_map(|email| json!(email)),
        1 => anything().prop_filter("an odd address", move |value| !is_odd(value)),
    ]
    .boxed()
}

fn anything() -> BoxedStrategy<Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        Just(json!(1e300)),
        Just(json!(["a", 1, null])),
        Just(json!({"Ops": true})),
        Just(json!([["Ops"]])),
        Just(json!("true")),
        ".{0,20}".prop_map(Value::from),
    ]
    .boxed()
}

fn directory() -> impl Strategy<Value = Value> {
    let company = || prop::sample::select(&COMPANIES[..2]);
    let groups = || prop::collection::vec(prop::sample::select(&NAMES[..10]), 0..5);
    (
        prop::option::weighted(0.3, prop::option::weighted(0.8, company())),
        (groups(), groups()),
        prop::option::weighted(0.5, company()),
        prop::option::weighted(0.4, company()),
    )
        .prop_map(|(known, (acme, beta), domain, invitation)| {
            let known = known.map(|company| match company {
                Some(company) => json!({"memberships": [{"company": company}]}),
                None => json!({}),
            });
            let domains = domain.map_or(json!({}), |company| json!({"acme.com": company}));
            let open = invitation.map(
                |company| json!({"email": "Ada@acme.com", "company": company, "role": "admin"}),
            );
            json!({
                "known": known,
                "companies": {"acme": acme, "beta": beta},
                "domains": domains,
                "invitations": open.into_iter().collect::<Vec<_>>(),
            })
        })
}
