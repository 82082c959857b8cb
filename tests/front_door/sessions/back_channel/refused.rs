//! What a logout token or its request can have wrong (L05 to L11, K37 to K42).

use anyhow::Context;
use serde_json::json;
use usher_tests::provider::{Endpoint, LogoutToken, Person, Signature, edit, without};
use usher_tests::visitor::Visitor;

use super::{FORM, PATH, form, says, send, set, signed_in};
use crate::sessions::site;

type Change = fn(LogoutToken) -> LogoutToken;

const BAD: [(&str, &str, Change); 16] = [
    ("L05 alg none", "logout_token.alg", |token| {
        token
            .header(&set("alg", json!("none")))
            .signed(Signature::Nothing)
    }),
    ("L06 no event", "logout_token.events", |token| {
        token.claims(&without("events"))
    }),
    ("L07 with nonce", "logout_token.nonce", |token| {
        token.claims(&set("nonce", json!("hostile")))
    }),
    ("L08 wrong alg", "logout_token.alg", |token| {
        token
            .header(&set("alg", json!("HS256")))
            .signed(Signature::Hmac)
    }),
    ("L09 wrong aud", "logout_token.aud", |token| {
        token.claims(&set("aud", json!("hostile")))
    }),
    ("L10 wrong event", "logout_token.events", |token| {
        token.claims(&set("events", json!({"urn:hostile": {}})))
    }),
    ("L11 wrong iss", "logout_token.iss", |token| {
        token.claims(&set("iss", json!("https://evil.example")))
    }),
    ("foreign signature", "logout_token.signature", |token| {
        token.signed(Signature::Foreign)
    }),
    ("no signature", "logout_token.signature", |token| {
        token.signed(Signature::Nothing)
    }),
    ("K39 expired", "logout_token.exp", |token| {
        token.claims(&edit(|c| {
            c["exp"] = (c["iat"].as_i64().unwrap() - 61).into()
        }))
    }),
    ("K39 no exp", "logout_token.exp", |token| {
        token.claims(&without("exp"))
    }),
    ("old", "logout_token.iat", |token| {
        token.claims(&edit(|c| {
            c["iat"] = (c["iat"].as_i64().unwrap() - 700).into()
        }))
    }),
    ("K40 nobody", "logout_token.sub", |token| {
        token.claims(&without("sub")).claims(&without("sid"))
    }),
    ("K43 no jti", "logout_token.jti", |token| {
        token.claims(&without("jti"))
    }),
    ("an ID token's typ", "logout_token.typ", |token| {
        token.header(&set("typ", json!("at+jwt")))
    }),
    ("an unknown key", "logout_token.key", |token| {
        token.header(&set("kid", json!("hostile")))
    }),
];

/// Rows: L06, L07, L08, L09, L10, L11, K38, K39, K40, K41, K42, K43, K44, hole 17, hole 47
#[tokio::test]
async fn l05_to_l11_a_token_that_does_not_hold_ends_nothing() -> anyhow::Result<()> {
    let site = site().await?;
    let (mut ann, sid) = signed_in(&site, "ann").await?;
    for (case, check, change) in BAD {
        let token = change(site.provider.logout_token(&Person::new("ann"), &sid));
        says(&send(&site, &token).await?, 400, check).context(case)?;
        assert_eq!(site.session_status(&mut ann).await?, 200, "{case}");
        let record = site.usher.audit()?.into_iter().find(|record| {
            let detail = record["detail"].as_str().unwrap_or_default();
            detail.starts_with(&format!("back-channel logout: {check}: "))
        });
        let record = record.context(case)?;
        assert_eq!(
            (&record["kind"], &record["outcome"]),
            (&json!("admin"), &json!("refused"))
        );
        assert!(!record.to_string().contains("eyJ"), "{record}");
    }
    let good = site.provider.logout_token(&Person::new("ann"), &sid);
    says(&send(&site, &good).await?, 200, "")?;
    assert_eq!(site.session_status(&mut ann).await?, 401);
    Ok(())
}

/// Rows: hole 44
#[tokio::test]
async fn a_flood_of_bad_tokens_is_one_record_and_costs_the_provider_next_to_nothing()
-> anyhow::Result<()> {
    let site = site().await?;
    let (mut ann, sid) = signed_in(&site, "ann").await?;
    let keys = site.provider.calls(Endpoint::Keys);
    let records = site.usher.audit()?.len();
    for flood in 0..50 {
        let token = site.provider.logout_token(&Person::new("ann"), &sid);
        let kid = format!("made-up-{flood}");
        let token = token.header(&edit(move |header| header["kid"] = kid.clone().into()));
        says(&send(&site, &token).await?, 400, "logout_token.key")?;
    }
    assert_eq!(site.usher.audit()?.len(), records + 1);
    assert!(site.provider.calls(Endpoint::Keys) <= keys + 2);
    assert_eq!(site.session_status(&mut ann).await?, 200);
    // The fetch that a sign-in after a rotation needs was not used up.
    site.provider.rotate_keys();
    site.admitted(Person::new("bob")).await?;
    Ok(())
}

#[tokio::test]
async fn k37_the_request_is_a_form_with_exactly_one_token() -> anyhow::Result<()> {
    let site = site().await?;
    let (mut ann, sid) = signed_in(&site, "ann").await?;
    let token = site.provider.logout_token(&Person::new("ann"), &sid);
    let token = site.provider.sign_logout(&token);
    let good = form(&[("logout_token", &token)]);
    let long = form(&[("logout_token", &"a".repeat(70_000))]);
    let json = json!({ "logout_token": token }).to_string();
    let twice = format!("{good}&{good}");
    for (kind, body, words) in [
        (None, &good, "content type"),
        (Some("application/json"), &json, "content type"),
        (Some("text/plain"), &good, "content type"),
        (Some("multipart/form-data"), &good, "content type"),
        (
            Some("application/x-www-form-urlencoded2"),
            &good,
            "content type",
        ),
        (Some(FORM), &twice, "more than one"),
        (Some(FORM), &String::new(), "no logout_token"),
        (Some(FORM), &"LOGOUT_TOKEN=x".to_owned(), "no logout_token"),
        (Some(FORM), &"logout_token=".to_owned(), "logout_token.form"),
        (
            Some(FORM),
            &"logout_token=hostile".to_owned(),
            "logout_token.form",
        ),
        (
            Some(FORM),
            &"logout_token=%ff%fe.%00.%0a".to_owned(),
            "logout_token.",
        ),
        (Some(FORM), &long, "64 KiB"),
    ] {
        let url = site.url(&format!("{PATH}?{good}"));
        let page = Visitor::new().post_body(url, kind, body.as_str()).await?;
        says(&page, 400, words).context(words)?;
    }
    assert_eq!(site.session_status(&mut ann).await?, 200);
    let page = Visitor::new()
        .get(site.url(&format!("{PATH}?{good}")))
        .await?;
    assert_eq!(page.status, 405, "{page}");
    let unknown = site.url("/backchannel_logout_other");
    let page = Visitor::new()
        .post_body(unknown, Some(FORM), good.as_str())
        .await?;
    assert_eq!(page.status, 404, "{page}");

    // Any origin may post it, since the token is the proof; other members are ignored.
    let kind = "Application/X-WWW-Form-URLEncoded; charset=UTF-8";
    let mut elsewhere = Visitor::new().with_header("origin", "https://evil.example");
    let body = format!("state=x&{good}&state=y");
    says(
        &elsewhere
            .post_body(site.url(PATH), Some(kind), body)
            .await?,
        200,
        "",
    )?;
    assert_eq!(site.session_status(&mut ann).await?, 401);
    Ok(())
}
