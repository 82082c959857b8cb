//! Tokens that do not hold (K15 to K31). The policy is never asked.

use serde_json::{Value, json};
use usher_tests::provider::{CLIENT_ID, Endpoint, Faults, Person, Signature, edit, without};
use usher_tests::visitor::Visitor;

use super::checked::WRONG;
use super::{Before, Expected};
use crate::acme::{Acme, MAIN};

const SKEWED: Expected<'static> = Expected {
    heading: "Two clocks disagree",
    code: "clock_skew",
    ..WRONG
};
const INTO_ACME: (&str, &str) = ("default_company", "acme");

/// What is wrong, how it is made so, and the check that finds it.
type Case = (&'static str, fn(&mut Faults), &'static str);

fn set(name: &'static str, value: Value) -> usher_tests::provider::Edit {
    edit(move |document| document[name] = value.clone())
}

const ID_TOKEN: &[Case] = &[
    (
        "another nonce",
        |f| f.nonce = Some("another".into()),
        "nonce: ",
    ),
    ("no nonce", |f| f.id_claims = without("nonce"), "nonce: "),
    (
        "C02 another iss",
        |f| f.id_claims = set("iss", json!("https://evil.example")),
        "iss: ",
    ),
    ("F12 no iss", |f| f.id_claims = without("iss"), "iss: "),
    (
        "C04 another aud",
        |f| f.id_claims = set("aud", json!("somebody-else")),
        "aud: ",
    ),
    (
        "F06 a stranger in aud",
        |f| {
            f.id_claims = set("aud", json!([CLIENT_ID, "stranger"]));
        },
        "aud: ",
    ),
    ("C31 no aud", |f| f.id_claims = without("aud"), "aud: "),
    (
        "K20 another azp",
        |f| f.id_claims = set("azp", json!("somebody-else")),
        "azp: ",
    ),
    ("C03 no sub", |f| f.id_claims = without("sub"), "sub: "),
    (
        "an empty sub",
        |f| f.id_claims = set("sub", json!("")),
        "sub: ",
    ),
    ("C05 no iat", |f| f.id_claims = without("iat"), "iat: "),
    ("F10 no exp", |f| f.id_claims = without("exp"), "exp: "),
    (
        "hole 23: exp as text",
        |f| f.id_claims = set("exp", json!("4102444800")),
        "exp: ",
    ),
    (
        "expired when issued",
        |f| {
            f.id_claims =
                edit(|claims| claims["exp"] = (claims["iat"].as_i64().unwrap() - 400).into());
        },
        "exp: ",
    ),
    (
        "K21 nbf to come",
        |f| {
            f.id_claims =
                edit(|claims| claims["nbf"] = (claims["iat"].as_i64().unwrap() + 400).into());
        },
        "nbf: ",
    ),
    (
        "K24 another at_hash",
        |f| f.id_claims = set("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA")),
        "at_hash: ",
    ),
    (
        "C09 alg none",
        |f| {
            f.id_header = set("alg", json!("none"));
            f.id_signature = Signature::Nothing;
        },
        "alg: ",
    ),
    (
        "alg NoNe",
        |f| {
            f.id_header = set("alg", json!("NoNe"));
            f.id_signature = Signature::Nothing;
        },
        "alg: ",
    ),
    (
        "no signature",
        |f| f.id_signature = Signature::Nothing,
        "signature: ",
    ),
    (
        "C10 a foreign signature",
        |f| f.id_signature = Signature::Foreign,
        "signature: ",
    ),
    (
        "hole 19: HMAC by the public key",
        |f| {
            f.id_header = set("alg", json!("HS256"));
            f.id_signature = Signature::Hmac;
        },
        "alg: ",
    ),
    (
        "K26 an access token's typ",
        |f| f.id_header = set("typ", json!("at+jwt")),
        "typ: ",
    ),
    (
        "hole 20: unknown crit",
        |f| f.id_header = set("crit", json!(["x"])),
        "id_token.header: ",
    ),
    (
        "no JWT at all",
        |f| f.token_answer = set("id_token", json!("hostile")),
        "id_token.form: ",
    ),
    (
        "no ID token",
        |f| f.token_answer = without("id_token"),
        "id_token: ",
    ),
];

const ACCESS_TOKEN: &[Case] = &[
    (
        "opaque",
        |f| f.opaque_access_token = true,
        "access_token.form: ",
    ),
    (
        "foreign signature",
        |f| f.access_signature = Signature::Foreign,
        "access_token.signature: ",
    ),
    (
        "alg none",
        |f| {
            f.access_header = set("alg", json!("none"));
            f.access_signature = Signature::Nothing;
        },
        "access_token.alg: ",
    ),
    (
        "another iss",
        |f| f.access_claims = set("iss", json!("https://evil.example")),
        "access_token.iss: ",
    ),
    (
        "another sub",
        |f| f.access_claims = set("sub", json!("another")),
        "access_token.sub: ",
    ),
    (
        "for another client",
        |f| {
            f.access_claims = edit(|claims| {
                claims["azp"] = json!("somebody-else");
                claims["aud"] = json!("somebody-else");
            });
        },
        "access_token.a",
    ),
    (
        "no exp",
        |f| f.access_claims = without("exp"),
        "access_token.exp: ",
    ),
];

/// Signs ann in while something is wrong, and she must be refused.
async fn refuse(
    site: &Acme,
    provider: &str,
    (case, fault): (&str, impl FnOnce(&mut Faults)),
    expected: Expected<'_>,
) -> anyhow::Result<Value> {
    site.provider.behave();
    fault(&mut site.provider.faults());
    let before = Before::of(site).await?;
    let mut ann = Visitor::new();
    let person = Person::new("ann").groups(["research"]);
    let page = site.sign_in_with(&mut ann, provider, person).await?;
    let record = before
        .refused(site, case, (&mut ann, &page), expected)
        .await?;
    assert_eq!(
        record["policy"],
        json!(null),
        "{case}: the policy was asked"
    );
    Ok(record)
}

/// Rows: C02, C03, C04, C05, C09, C10, C31, C32, F06, F10, F12, K15, K17, K18, K19, K20, K21, K22, K24, K25, K26, S13, hole 19, hole 20, hole 23
#[tokio::test]
async fn an_id_token_that_does_not_hold_admits_nobody() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME]).await?;
    for (case, fault, detail) in ID_TOKEN {
        let expected = Expected { detail, ..WRONG };
        refuse(&site, MAIN, (case, fault), expected).await?;
    }
    site.provider.behave();
    site.admitted(Person::new("ann")).await?;
    assert_eq!(site.provider.calls(Endpoint::Userinfo), 0);
    Ok(())
}

/// Rows: hole 17, hole 24
#[tokio::test]
async fn k31_an_access_token_that_does_not_hold_admits_nobody() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME]).await?;
    for (case, fault, detail) in ACCESS_TOKEN {
        let expected = Expected { detail, ..WRONG };
        let record = refuse(&site, MAIN, (case, fault), expected).await?;
        if *case == "opaque" {
            let detail = record["detail"].as_str().unwrap_or_default();
            assert!(detail.contains("get_info_from_access_token"), "{detail}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn k21_clocks_that_disagree_have_a_code_of_their_own() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME]).await?;
    for (case, ahead, detail) in [
        ("the provider's is ahead", 120, "iat: "),
        ("the provider's is far ahead", 86_400, "iat: "),
        ("the provider's is behind", -500, "exp: "),
    ] {
        let expected = Expected { detail, ..SKEWED };
        let fault = |faults: &mut Faults| faults.clock_ahead = ahead;
        refuse(&site, MAIN, (case, fault), expected).await?;
    }
    for ahead in [-50, 50] {
        site.provider.behave();
        site.provider.faults().clock_ahead = ahead;
        site.admitted(Person::new("ann")).await?;
    }
    Ok(())
}

#[tokio::test]
async fn k28_userinfo_about_somebody_else_admits_nobody() -> anyhow::Result<()> {
    let settings = [INTO_ACME, ("get_info_from_access_token", "false")];
    let site = Acme::start(&settings).await?;
    let cases: [Case; 4] = [
        (
            "C11 another sub",
            |f| f.userinfo = set("sub", json!("another")),
            "userinfo.sub: ",
        ),
        ("no sub", |f| f.userinfo = without("sub"), "userinfo.sub: "),
        (
            "K29 signed for another",
            |f| {
                f.userinfo_signed = true;
                f.userinfo = set("aud", json!("another"));
            },
            "userinfo.aud: ",
        ),
        (
            "signed by another",
            |f| {
                f.userinfo_signed = true;
                f.userinfo = set("iss", json!("another"));
            },
            "userinfo.iss: ",
        ),
    ];
    for (case, fault, detail) in cases {
        let expected = Expected { detail, ..WRONG };
        refuse(&site, MAIN, (case, fault), expected).await?;
    }
    Ok(())
}
