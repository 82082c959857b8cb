//! Every page with sample data: for the tests below, and for `host/examples/pages.rs`, which
//! shows them in a browser.

use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::json;

use crate::domain::{Brand, Code, Finding, Source};
use crate::http::assets::Assets;
use crate::http::pages::{
    Account, ClaimName, ClaimSource, Down, Forms, Group, Masked, Moment, Origin, Person, Problem,
    ProviderButton, ProviderSession, ReadClaim, Recover, Rule, Session, Shown, SignIn, SignOut,
    SignedOut, Site, SomeoneElse, Standing, Stopped, TestChoice, TestSignIn, Tested, Verdict, Why,
};

/// The assets and the site of a brand without settings.
pub(crate) fn site(name: &str, development: bool) -> (Assets, Site) {
    let brand = Brand {
        name: name.to_owned(),
        logo_file: None,
        color: None,
        accent: None,
        contact: Some("it-help@acme.com".to_owned()),
    };
    let assets = Assets::new(&brand).unwrap();
    let site = Site::new(&brand, assets.names(), development);
    (assets, site)
}

/// Every page by name. `text` stands wherever somebody else's text goes.
pub(crate) fn pages(site: &Site, text: &str) -> Vec<(String, Response)> {
    let mut pages = vec![
        ("sign-in".to_owned(), sign_in(site, text, 2).into_response()),
        (
            "sign-in-none".to_owned(),
            sign_in(site, text, 0).into_response(),
        ),
        ("refused".to_owned(), refused(site, text).into_response()),
        (
            "recover".to_owned(),
            Recover {
                site,
                action: format!("/login/recovery/{text}"),
            }
            .into_response(),
        ),
        ("sign-out".to_owned(), sign_out(site, text).into_response()),
        ("account".to_owned(), account(site, text).into_response()),
        (
            "account-bare".to_owned(),
            bare(account(site, text)).into_response(),
        ),
    ];
    let verdicts = [
        ("tested", Verdict::Admitted),
        ("tested-stopped", tested_and_stopped(text)),
    ];
    for (name, verdict) in verdicts {
        pages.push((name.to_owned(), tested(site, text, verdict).into_response()));
    }
    let choice = test_sign_in(site, text).into_response();
    pages.push(("test-sign-in".to_owned(), choice));
    for provider in [
        ProviderSession::Ended(text.to_owned()),
        ProviderSession::Open(text.to_owned()),
        ProviderSession::Unknown,
    ] {
        let name = format!("signed-out-{}", pages.len());
        pages.push((name, signed_out(site, provider).into_response()));
    }
    for problem in problems() {
        let name = format!("{problem:?}").replace(['(', ')'], "-");
        let page = Stopped::new(site, problem, time(0));
        pages.push((name.to_lowercase(), page.into_response()));
    }
    pages
}

/// Every problem there is.
pub(crate) fn problems() -> impl Iterator<Item = Problem> {
    Code::ALL.into_iter().map(Problem::Code).chain([
        Problem::Denied,
        Problem::Unattended,
        Problem::BadRequest,
        Problem::ForeignForm,
        Problem::LinkInvalid,
        Problem::NotFound,
        Problem::WrongMethod,
        Problem::TooLarge,
        Problem::Internal,
    ])
}

/// A sign-in page with so many providers, the last of which is down.
pub(crate) fn sign_in<'a>(site: &'a Site, text: &str, providers: usize) -> SignIn<'a> {
    let providers = (1..=providers).map(|number| ProviderButton {
        name: text.to_owned(),
        href: format!("/login/start?provider=p{number}&company=acme"),
        down: (number > 1).then(|| Down { tried: time(40) }),
    });
    SignIn {
        site,
        company: Some(text.to_owned()),
        providers: providers.collect(),
    }
}

/// A refusal with everything that one can have.
pub(crate) fn refused<'a>(site: &'a Site, text: &str) -> Stopped<'a> {
    Stopped {
        account: Some(Masked::new("ann.lee@acme.com")),
        message: Some(text.to_owned()),
        remedy: crate::domain::remedy("groups", ""),
        reference: Some("7KQ2-M4XD-0ZPA".parse().unwrap()),
        someone_else: Some(SomeoneElse {
            action: "/login/other".to_owned(),
            fields: vec![("csrf".to_owned(), text.to_owned())],
            provider: text.to_owned(),
        }),
        retry_after: Some(30),
        ..Stopped::new(site, Problem::Code(Code::GroupRequired), time(0))
    }
}

fn test_sign_in<'a>(site: &'a Site, text: &str) -> TestSignIn<'a> {
    TestSignIn {
        site,
        providers: vec![TestChoice {
            name: text.to_owned(),
            href: "/login/test?provider=keycloak".to_owned(),
        }],
    }
}

/// What an operator sees, with everything that it can show.
fn tested<'a>(site: &'a Site, text: &str, verdict: Verdict) -> Tested<'a> {
    let source = |name, role, claims| ClaimSource { name, role, claims };
    let claims = Ok(format!("{:#}", json!({ "sub": "7f1c", "name": text })));
    let words = &site.words.tested;
    Tested {
        site,
        provider: text.to_owned(),
        again: "/login/test?provider=keycloak".to_owned(),
        verdict,
        facts: vec![
            (words.subject, "7f1c".to_owned()),
            (words.user, text.to_owned()),
        ],
        why: Some(why(text)),
        logs: vec![text.to_owned()],
        sources: vec![
            source("ID token", words.identity, claims.clone()),
            source("access token", words.configured, claims),
            source("userinfo", words.not_used, Err(text.to_owned())),
        ],
    }
}

fn tested_and_stopped(text: &str) -> Verdict {
    Verdict::Stopped {
        problem: Problem::Code(Code::TokenInvalid),
        code: "token_invalid".to_owned(),
        detail: Some(text.to_owned()),
        message: Some(text.to_owned()),
        remedy: crate::domain::remedy("groups", ""),
    }
}

fn sign_out<'a>(site: &'a Site, text: &str) -> SignOut<'a> {
    SignOut {
        site,
        person: text.to_owned(),
        provider_too: Some(text.to_owned()),
        csrf: Some(text.to_owned()),
    }
}

fn signed_out(site: &Site, provider: ProviderSession) -> SignedOut<'_> {
    SignedOut {
        site,
        provider,
        again: "/login?choose=1".to_owned(),
    }
}

/// An account with everything that one can have.
pub(crate) fn account<'a>(site: &'a Site, text: &str) -> Account<'a> {
    let from = |pointer: &str, rule: &str| Origin::Policy {
        provider: text.to_owned(),
        claim: Some(claim(pointer)),
        rule: Some(rule.to_owned()),
    };
    Account {
        site,
        person: Person {
            name: text.to_owned(),
            email: Some((text.to_owned(), Some(true))),
            id: "019a2b7e-5c3d-7f10-9a44-1c0f5be7d2a1".to_owned(),
        },
        company: text.to_owned(),
        company_origin: from("/email", "company.domain"),
        groups: vec![
            Group {
                name: text.to_owned(),
                origin: from("/groups", "groups.replace"),
            },
            Group {
                name: "Reviewers".to_owned(),
                origin: Origin::ByHand,
            },
        ],
        administrator: Standing {
            is: true,
            origin: Some(from("/realm_access/roles", "administrator.role")),
        },
        last_sign_in: time(0),
        provider: text.to_owned(),
        why: Some(why(text)),
        operator: true,
        sessions: vec![session(true, text), session(false, text)],
        forms: Forms {
            csrf: Some("token".to_owned()),
            end_session: "/account/sessions/end".to_owned(),
            sign_out: "/logout".to_owned(),
            sign_out_everywhere: "/account/sessions/end-all".to_owned(),
        },
    }
}

fn bare(account: Account<'_>) -> Account<'_> {
    let mut sessions = account.sessions;
    sessions.truncate(1);
    Account {
        person: Person {
            name: "–".to_owned(),
            email: None,
            ..account.person
        },
        company_origin: Origin::ByHand,
        groups: Vec::new(),
        administrator: Standing {
            is: false,
            origin: None,
        },
        why: None,
        operator: false,
        sessions,
        ..account
    }
}

fn why(text: &str) -> Why {
    let rule = |name: &str, finding, saw: &str| Rule {
        name: name.to_owned(),
        finding,
        saw: saw.to_owned(),
    };
    let read = |pointer: &str, value| ReadClaim {
        claim: claim(pointer),
        value,
    };
    let value = |value: serde_json::Value| Shown::Value(format!("{value:#}"));
    Why {
        reference: "7KQ2-M4XD-0ZPA".parse().unwrap(),
        policy: Some("9f2c41d07ab3e6".repeat(5).chars().take(64).collect()),
        rules: vec![
            rule(
                "company.known",
                Finding::Miss,
                "nobody is known under this identity",
            ),
            rule(
                "company.default",
                Finding::Skipped,
                "no default company is set",
            ),
            rule("company.invitation", Finding::Miss, "no open invitation"),
            rule(
                "company.domain",
                Finding::Hit,
                "acme.com belongs to this company",
            ),
            rule("groups.replace", Finding::Hit, text),
            rule(
                "administrator.role",
                Finding::Hit,
                "the realm role `admin` is among 4 roles",
            ),
        ],
        reads: vec![
            read("/email", value(json!("ann.lee@acme.com"))),
            read("/groups", value(json!(["Engineers", text]))),
            read(
                "/realm_access/roles",
                value(json!(["admin", "offline_access"])),
            ),
            read("/resource_access/usher/roles", Shown::Absent),
            read("/phone_number", Shown::NotKept),
            read("", value(json!({ "sub": text }))),
        ],
    }
}

fn claim(pointer: &str) -> ClaimName {
    ClaimName {
        source: Source::AccessToken,
        pointer: pointer.to_owned(),
    }
}

fn session(this: bool, text: &str) -> Session {
    Session {
        id: "019a2b7e".to_owned(),
        this,
        provider: text.to_owned(),
        opened: time(0),
        last_seen: time(900),
        ends: time(86_400),
    }
}

/// So many seconds after the sample sign-in.
pub(crate) fn time(seconds: i64) -> Moment {
    Moment(Timestamp::from_second(1_787_320_992 + seconds).unwrap())
}
