//! The provider ends sessions at the back channel (`protocol.md` L04, K43 to K46).

mod refused;

use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};
use sqlx::Connection;
use url::form_urlencoded::Serializer;
use usher_tests::provider::{
    CLIENT_ID, Endpoint, LogoutToken, Person, Provider, Says, edit, without,
};
use usher_tests::visitor::{Page, Visitor};

use super::{INTO_ACME, again, site};
use crate::acme::{Acme, MAIN, connect, furnished};

const FORM: &str = "application/x-www-form-urlencoded";
const PATH: &str = "/backchannel_logout_main";

fn form(fields: &[(&str, &str)]) -> String {
    let mut body = Serializer::new(String::new());
    body.extend_pairs(fields).finish()
}

/// The provider sends this text as a logout token.
async fn post(site: &Acme, token: &str) -> anyhow::Result<Page> {
    let body = form(&[("logout_token", token)]);
    let mut provider = Visitor::new();
    provider.post_body(site.url(PATH), Some(FORM), body).await
}

async fn send(site: &Acme, token: &LogoutToken) -> anyhow::Result<Page> {
    post(site, &site.provider.sign_logout(token)).await
}

/// Somebody who is signed in, with their session at the provider.
async fn signed_in(site: &Acme, name: &str) -> anyhow::Result<(Visitor, String)> {
    let visitor = site.admitted(Person::new(name)).await?;
    Ok((visitor, site.provider.latest_session()))
}

/// 200, or 400 in our own words, with the check that failed.
fn says(page: &Page, status: u16, check: &str) -> anyhow::Result<()> {
    assert_eq!(page.status, status, "{check}: {page}");
    assert_eq!(page.header("cache-control"), Some("no-store"), "{page}");
    if status == 200 {
        assert_eq!(page.body, "");
        return Ok(());
    }
    let answer: Value = page.json()?;
    let error = if status == 400 {
        "invalid_request"
    } else {
        "temporarily_unavailable"
    };
    assert_eq!(answer["error"], error);
    let description = answer["error_description"]
        .as_str()
        .context("a description")?;
    assert!(description.contains(check), "{check}: {description}");
    for foreign in ["eyJ", "hostile", "evil", "<"] {
        assert!(!page.body.contains(foreign), "{page}");
    }
    Ok(())
}

fn set(name: &'static str, value: Value) -> usher_tests::provider::Edit {
    edit(move |document| document[name] = value.clone())
}

#[tokio::test]
async fn l04_k45_a_logout_token_ends_the_session_of_its_sid_and_no_other() -> anyhow::Result<()> {
    let site = site().await?;
    let (mut phone, phone_sid) = signed_in(&site, "ann").await?;
    let (mut laptop, _) = signed_in(&site, "ann").await?;
    let (mut bob, _) = signed_in(&site, "bob").await?;
    let token = site.provider.logout_token(&Person::new("ann"), &phone_sid);
    let token = token.claims(&set("unknown", json!({"a": 1})));
    says(&send(&site, &token).await?, 200, "")?;
    assert_eq!(site.session_status(&mut phone).await?, 401);
    assert_eq!(site.session_status(&mut laptop).await?, 200);
    assert_eq!(site.session_status(&mut bob).await?, 200);

    let record = site.newest_record()?;
    for (key, value) in [
        ("kind", json!("admin")),
        ("outcome", json!("admitted")),
        ("provider", json!(MAIN)),
        ("detail", json!("back-channel logout: 1 session ended")),
        ("code", json!(null)),
    ] {
        assert_eq!(record[key], value, "{record}");
    }
    let users: Value = serde_json::from_str(&site.usher.must(&["user", "list", "--json"])?)?;
    let ann = users
        .as_array()
        .into_iter()
        .flatten()
        .find(|u| u["email"] == "ann@example.com");
    assert_eq!(record["user"], ann.context("ann")?["id"]);
    assert!(record["subject_hmac"].is_string(), "{record}");
    Ok(())
}

#[tokio::test]
async fn k45_k46_without_a_sid_all_sessions_of_the_subject_end_and_none_is_fine()
-> anyhow::Result<()> {
    let site = site().await?;
    let (mut phone, _) = signed_in(&site, "ann").await?;
    let (mut laptop, _) = signed_in(&site, "ann").await?;
    let (mut bob, bob_sid) = signed_in(&site, "bob").await?;
    let about_ann = || {
        let token = site.provider.logout_token(&Person::new("ann"), "");
        token.claims(&without("sid"))
    };
    says(&send(&site, &about_ann()).await?, 200, "")?;
    assert_eq!(site.session_status(&mut phone).await?, 401);
    assert_eq!(site.session_status(&mut laptop).await?, 401);
    assert_eq!(site.session_status(&mut bob).await?, 200);
    assert_eq!(
        site.newest_record()?["detail"],
        "back-channel logout: 2 sessions ended"
    );

    let records = site.usher.audit()?.len();
    says(&send(&site, &about_ann()).await?, 200, "")?;
    let elsewhere = site
        .provider
        .logout_token(&Person::new("bob"), "of another service");
    says(&send(&site, &elsewhere).await?, 200, "")?;
    assert_eq!(
        site.usher.audit()?.len(),
        records,
        "nothing ended, nothing to tell"
    );
    let by_sid = site.provider.logout_token(&Person::new("bob"), &bob_sid);
    says(
        &send(&site, &by_sid.claims(&without("sub"))).await?,
        200,
        "",
    )?;
    assert_eq!(site.session_status(&mut bob).await?, 401);
    Ok(())
}

#[tokio::test]
async fn k43_hole30_a_token_counts_once_even_after_a_restart() -> anyhow::Result<()> {
    let site = site().await?;
    let (mut ann, sid) = signed_in(&site, "ann").await?;
    let token = site.provider.logout_token(&Person::new("ann"), &sid);
    let text = site.provider.sign_logout(&token.claims(&without("sid")));
    says(&post(&site, &text).await?, 200, "")?;
    again(&site, &mut ann, Person::new("ann")).await?;
    says(&post(&site, &text).await?, 400, "logout_token.jti")?;
    let site = site.restart(&[]).await?;
    says(&post(&site, &text).await?, 400, "logout_token.jti")?;
    assert_eq!(
        site.session_status(&mut ann).await?,
        200,
        "the new session goes on"
    );
    assert_eq!(site.count("logout_tokens").await?, 1);
    assert_eq!(
        site.execute("UPDATE logout_tokens SET expires_at = 1")
            .await?,
        1
    );
    let (_, sid) = signed_in(&site, "bob").await?;
    let other = site.provider.logout_token(&Person::new("bob"), &sid);
    says(&send(&site, &other).await?, 200, "")?;
    assert_eq!(
        site.count("logout_tokens").await?,
        1,
        "what is over is removed"
    );
    Ok(())
}

#[tokio::test]
async fn k44_strict_takes_logout_jwt_only() -> anyhow::Result<()> {
    let strict = Acme::start(&[INTO_ACME, ("logout_token_typ", "strict")]).await?;
    let lenient = site().await?;
    for (typ, on_strict) in [
        (json!("JWT"), 400),
        (json!(null), 400),
        (json!("logout+jwt"), 200),
        (json!("application/LOGOUT+JWT"), 200),
    ] {
        for (site, status) in [(&strict, on_strict), (&lenient, 200)] {
            let (mut ann, sid) = signed_in(site, "ann").await?;
            let token = site.provider.logout_token(&Person::new("ann"), &sid);
            let token = match typ.is_null() {
                true => token.header(&without("typ")),
                false => token.header(&set("typ", typ.clone())),
            };
            says(&send(site, &token).await?, status, "logout_token.typ")?;
            let alive = if status == 200 { 401 } else { 200 };
            assert_eq!(site.session_status(&mut ann).await?, alive, "{typ}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn another_issuers_token_ends_nothing_of_this_one() -> anyhow::Result<()> {
    let (provider, other) = (Provider::start(), Provider::start());
    let usher = connect(furnished()?, &provider, MAIN, &[INTO_ACME]);
    let usher = connect(usher, &other, "other", &[INTO_ACME]);
    let site = Acme::open(provider, usher).await?;
    let (mut ann, sid) = signed_in(&site, "ann").await?;
    // It vouches for the same session and the same subject, and is right in its own right.
    let token = other.sign_logout(&other.logout_token(&Person::new("ann"), &sid));
    let body = form(&[("logout_token", &token)]);
    says(&post(&site, &token).await?, 400, "logout_token.signature")?;
    let url = site.url("/backchannel_logout_other");
    let page = Visitor::new().post_body(url, Some(FORM), body).await?;
    says(&page, 200, "")?;
    let everything = other
        .logout_token(&Person::new("ann"), "")
        .claims(&without("sid"));
    let body = form(&[("logout_token", &other.sign_logout(&everything))]);
    let url = site.url("/backchannel_logout_other");
    says(
        &Visitor::new().post_body(url, Some(FORM), body).await?,
        200,
        "",
    )?;
    assert_eq!(site.session_status(&mut ann).await?, 200);
    Ok(())
}

#[tokio::test]
async fn s14_a_store_that_is_down_is_503_and_the_same_token_counts_later() -> anyhow::Result<()> {
    let site = site().await?;
    let (mut ann, sid) = signed_in(&site, "ann").await?;
    let token = site.provider.logout_token(&Person::new("ann"), &sid);
    let token = site.provider.sign_logout(&token);
    let mut database = site.database().await?;
    let lock = database.begin_with("BEGIN IMMEDIATE").await?;
    says(&post(&site, &token).await?, 503, "later")?;
    lock.rollback().await?;
    assert_eq!(site.session_status(&mut ann).await?, 200);

    // One transaction: a record that cannot be written takes everything back.
    site.execute(
        "CREATE TRIGGER no_records BEFORE INSERT ON audit
         BEGIN SELECT RAISE(FAIL, 'no'); END",
    )
    .await?;
    says(&post(&site, &token).await?, 503, "later")?;
    assert_eq!(site.session_status(&mut ann).await?, 200);
    assert_eq!(site.count("logout_tokens").await?, 0);
    site.execute("DROP TRIGGER no_records").await?;
    says(&post(&site, &token).await?, 200, "")?;
    assert_eq!(site.session_status(&mut ann).await?, 401);
    Ok(())
}

/// Rows: S14
#[tokio::test]
async fn keys_that_cannot_be_had_are_503_and_never_a_false_200() -> anyhow::Result<()> {
    let site = site().await?;
    let (mut ann, sid) = signed_in(&site, "ann").await?;
    let site = site.restart(&[]).await?;
    site.provider
        .faults()
        .says
        .insert(Endpoint::Keys, Says::Status(500));
    let token = site.provider.logout_token(&Person::new("ann"), &sid);
    says(&send(&site, &token).await?, 503, "keys")?;
    // What no key can make good is refused without asking.
    let bad = token.clone().header(&set("alg", json!("none")));
    says(&send(&site, &bad).await?, 400, "logout_token.alg")?;
    assert_eq!(site.session_status(&mut ann).await?, 200);
    Ok(())
}

/// A logout token that comes while the sign-in is still under way has nothing to end yet.
#[tokio::test]
async fn hole33_a_session_that_ended_at_the_provider_meanwhile_is_not_opened() -> anyhow::Result<()>
{
    let slow = ("get_info_from_access_token", "false");
    let site = Acme::start(&[INTO_ACME, slow]).await?;
    for by in ["sid", "sub"] {
        let late = Says::Late(Duration::from_millis(800));
        site.provider.faults().says.insert(Endpoint::Userinfo, late);
        site.provider.sign_in_as(Person::new("ann"));
        let mut ann = Visitor::new();
        let answer = site.up_to_the_callback(&mut ann, MAIN).await?;
        let sid = site.provider.latest_session();
        let signing_out = async {
            let other = if by == "sid" { "sub" } else { "sid" };
            tokio::time::sleep(Duration::from_millis(400)).await;
            let token = site.provider.logout_token(&Person::new("ann"), &sid);
            send(&site, &token.claims(&without(other))).await
        };
        let (page, signed_out) = tokio::join!(ann.follow(&answer), signing_out);
        says(&signed_out?, 200, "")?;
        let page = page?;
        assert_eq!(page.status, 502, "{by}: {page}");
        assert_eq!(ann.cookies.value("usher"), None);
        assert_eq!(site.count("sessions").await?, 0);
        let record = site.newest_record()?;
        assert_eq!(record["code"], "token_invalid");
        assert!(
            record["detail"]
                .as_str()
                .unwrap_or_default()
                .starts_with("sid: "),
            "{record}"
        );
        site.provider.behave();
        // The next sign-in is another session.
        let mut ann = site.admitted(Person::new("ann")).await?;
        assert_eq!(site.session_status(&mut ann).await?, 200);
        ann.post(site.url("/logout"), &[]).await?;
    }
    Ok(())
}

#[tokio::test]
async fn two_clients_of_one_provider_take_only_their_own_tokens() -> anyhow::Result<()> {
    let provider = Provider::start();
    let usher = connect(furnished()?, &provider, MAIN, &[INTO_ACME]);
    let second = [INTO_ACME, ("client_id", "another-client")];
    let usher = connect(usher, &provider, "second", &second);
    let site = Acme::open(provider, usher).await?;
    let (mut ann, sid) = signed_in(&site, "ann").await?;
    let token = site.provider.logout_token(&Person::new("ann"), &sid);
    assert_eq!(token.claims["aud"], CLIENT_ID);
    let body = form(&[("logout_token", &site.provider.sign_logout(&token))]);
    let url = site.url("/backchannel_logout_second");
    let page = Visitor::new().post_body(url, Some(FORM), body).await?;
    says(&page, 400, "logout_token.aud")?;
    assert_eq!(site.session_status(&mut ann).await?, 200);
    Ok(())
}
