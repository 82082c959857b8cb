//! Sign-in through the real Keycloak, driven by HTTP and once by a real browser.

mod asked;
mod broken;
mod itself;
mod logout;
mod site;

use reqwest::StatusCode;
use serde_json::{Value, json};
use usher_tests::chromium::Chromium;
use usher_tests::keycloak::password;
use usher_tests::visitor::Visitor;

use self::site::{Site, read};

#[tokio::test]
async fn member_of_an_administrator_group_is_an_administrator() -> anyhow::Result<()> {
    let Some(site) = Site::start(&[]).await? else {
        return Ok(());
    };
    let (mut alice, page) = site.sign_in("alice").await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    let session = session(&mut alice, &site).await?;
    assert_eq!(session["admin"], json!(true));
    assert_eq!(session["company"], json!({"id": "acme", "name": "Acme"}));
    assert_eq!(session["groups"], json!([]));
    assert_eq!(session["user"]["name"], json!("alice"));
    assert_eq!(session["user"]["email"], json!("alice@example.com"));

    let record = site.only_record()?;
    assert_eq!(record["outcome"], json!("admitted"));
    assert_eq!(record["admin"], json!("granted"));
    let read = read(&record, "/groups");
    assert_eq!(read["source"], json!("access_token"));
    assert_eq!(read["value"], json!(["administrators"]));
    Ok(())
}

#[tokio::test]
async fn person_with_the_realm_role_is_an_administrator() -> anyhow::Result<()> {
    let Some(site) = Site::start(&[]).await? else {
        return Ok(());
    };
    let (mut bob, page) = site.sign_in("bob").await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    let session = session(&mut bob, &site).await?;
    assert_eq!(session["admin"], json!(true));
    assert_eq!(session["groups"], json!(["research"]));
    let record = site.only_record()?;
    assert_eq!(record["admin"], json!("granted"));
    assert_eq!(
        read(&record, "/realm_access/roles")["value"],
        json!(["admin"])
    );
    Ok(())
}

#[tokio::test]
async fn member_gets_the_groups_that_the_company_has() -> anyhow::Result<()> {
    let Some(site) = Site::start(&[]).await? else {
        return Ok(());
    };
    let (mut carol, page) = site.sign_in("carol").await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    let session = session(&mut carol, &site).await?;
    assert_eq!(session["admin"], json!(false));
    assert_eq!(session["groups"], json!(["research"]));
    let record = site.only_record()?;
    assert_eq!(record["groups"]["added"], json!(["research"]));
    assert_eq!(record["groups"]["unknown"], json!(["operations"]));
    let groups = site
        .usher
        .must(&["group", "list", "--company", "acme", "--json"])?;
    assert!(!groups.contains("operations"), "never created: {groups}");
    Ok(())
}

#[tokio::test]
async fn person_without_a_group_is_refused_and_leaves_no_trace_but_the_record() -> anyhow::Result<()>
{
    let Some(site) = Site::start(&[(
        "services",
        "groups__prohibit_user_signup_if_not_in_group",
        "true",
    )])
    .await?
    else {
        return Ok(());
    };
    let (mut dave, page) = site.sign_in("dave").await?;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "{page}");
    let record = site.only_record()?;
    assert_eq!(record["outcome"], json!("refused"));
    assert_eq!(record["code"], json!("group_required"));
    let reference = record["ref"].as_str().expect("a reference");
    assert!(
        page.text().contains(reference),
        "{reference} is not on the page: {page}"
    );
    for secret in ["research", "administrators", "dave@example.com"] {
        assert!(
            !page.text().contains(secret),
            "{secret} is on the page: {page}"
        );
    }
    assert_eq!(dave.cookies.value("usher"), None);
    let session = dave.get(site.server.url("/api/v1/session")).await?;
    assert_eq!(session.status, StatusCode::UNAUTHORIZED);
    assert_eq!(site.usher.must(&["user", "list", "--json"])?.trim(), "[]");
    let (_, page) = site.sign_in("carol").await?;
    assert_eq!(
        page.status,
        StatusCode::OK,
        "a member is let in by the same rule: {page}"
    );
    Ok(())
}

#[tokio::test]
async fn claims_come_from_userinfo_when_the_site_says_so() -> anyhow::Result<()> {
    let Some(site) = Site::start(&[("services", "get_info_from_access_token", "false")]).await?
    else {
        return Ok(());
    };
    let (mut carol, page) = site.sign_in("carol").await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    assert_eq!(
        session(&mut carol, &site).await?["groups"],
        json!(["research"])
    );
    assert_eq!(
        read(&site.only_record()?, "/groups")["source"],
        json!("userinfo")
    );
    Ok(())
}

#[tokio::test]
async fn answer_may_come_by_form_post() -> anyhow::Result<()> {
    let Some(site) = Site::start(&[("services", "response_mode", "form_post")]).await? else {
        return Ok(());
    };
    let (mut carol, page) = site.sign_in("carol").await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    assert_eq!(
        session(&mut carol, &site).await?["groups"],
        json!(["research"])
    );
    Ok(())
}

#[tokio::test]
async fn group_taken_away_at_keycloak_is_gone_at_the_next_sign_in() -> anyhow::Result<()> {
    let Some(site) = Site::start(&[]).await? else {
        return Ok(());
    };
    let administration = site.keycloak.administration();
    let frank = administration
        .create_user("frank", &["administrators", "research"])
        .await?;
    let (mut visitor, page) = site.sign_in("frank").await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    assert_eq!(
        session(&mut visitor, &site).await?["groups"],
        json!(["research"])
    );
    for group in ["research", "administrators"] {
        administration.set_member(&frank, group, false).await?;
    }
    let (mut visitor, page) = site.sign_in("frank").await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    let session = session(&mut visitor, &site).await?;
    assert_eq!(
        (&session["groups"], &session["admin"]),
        (&json!([]), &json!(false))
    );
    let record = &site.usher.audit()?[0];
    assert_eq!(record["groups"]["removed"], json!(["research"]));
    assert_eq!(record["admin"], json!("revoked"));
    Ok(())
}

#[tokio::test]
async fn sign_out_with_idp_logout_ends_the_session_at_keycloak_too() -> anyhow::Result<()> {
    let Some(site) = Site::start(&[("services", "idp_logout", "true")]).await? else {
        return Ok(());
    };
    let administration = site.keycloak.administration();
    let grace = administration.create_user("grace", &["research"]).await?;
    let (mut visitor, _) = site.sign_in("grace").await?;
    assert_eq!(administration.sessions(&grace).await?.len(), 1);

    let question = visitor.get(site.server.url("/logout")).await?;
    let leaving = visitor.submit(&question.form("main button")?).await?;
    let end = leaving.redirect().expect("a redirect to Keycloak");
    assert!(end.as_str().starts_with(&site.keycloak.issuer()), "{end}");
    for parameter in [
        "id_token_hint",
        "client_id",
        "post_logout_redirect_uri",
        "state",
    ] {
        assert!(
            end.query_pairs().any(|(name, _)| name == parameter),
            "no {parameter} in {end}"
        );
    }
    let done = visitor.settle(leaving).await?;
    assert_eq!(
        (done.url.path(), done.status),
        ("/logout/done", StatusCode::OK),
        "{done}"
    );
    assert_eq!(administration.sessions(&grace).await?.len(), 0);
    let session = visitor.get(site.server.url("/api/v1/session")).await?;
    assert_eq!(session.status, StatusCode::UNAUTHORIZED);
    let again = site.begin(&mut visitor).await?;
    assert!(
        again.form("#kc-form-login").is_ok(),
        "the password is asked for: {again}"
    );
    Ok(())
}

#[tokio::test]
async fn sign_out_without_idp_logout_leaves_keycloak_alone() -> anyhow::Result<()> {
    let Some(site) = Site::start(&[]).await? else {
        return Ok(());
    };
    let administration = site.keycloak.administration();
    let heidi = administration.create_user("heidi", &["research"]).await?;
    let (mut visitor, _) = site.sign_in("heidi").await?;
    let question = visitor.get(site.server.url("/logout")).await?;
    let leaving = visitor.submit(&question.form("main button")?).await?;
    let done = visitor.settle(leaving).await?;
    assert_eq!(
        (done.url.path(), done.status),
        ("/logout/done", StatusCode::OK),
        "{done}"
    );
    let session = visitor.get(site.server.url("/api/v1/session")).await?;
    assert_eq!(session.status, StatusCode::UNAUTHORIZED);
    assert_eq!(administration.sessions(&heidi).await?.len(), 1);
    let again = site.begin(&mut visitor).await?;
    assert_eq!(
        (again.url.path(), again.status),
        ("/account", StatusCode::OK),
        "{again}"
    );
    Ok(())
}

#[tokio::test]
async fn person_signs_in_and_out_in_a_browser() -> anyhow::Result<()> {
    let Some(site) = Site::start(&[("services", "idp_logout", "true")]).await? else {
        return Ok(());
    };
    let Some(chromium) = Chromium::start().await? else {
        return Ok(());
    };
    site.keycloak
        .administration()
        .create_user("ivan", &["research"])
        .await?;
    let origin = site.usher.origin();
    chromium.open(site.server.url("/login?choose=1")).await?;
    chromium.click("main a[href*='/login/start']").await?;
    chromium.fill("#username", "ivan").await?;
    chromium.fill("#password", &password("ivan")).await?;
    chromium.click("#kc-login").await?;
    chromium
        .wait_for(|url| url.as_str().starts_with(origin) && url.path() == "/account")
        .await?;
    let text = chromium.text().await?;
    assert!(text.contains("research") && text.contains("Acme"), "{text}");

    chromium.open(site.server.url("/logout")).await?;
    chromium.click("main button").await?;
    chromium
        .wait_for(|url| url.as_str().starts_with(origin) && url.path() == "/logout/done")
        .await?;
    chromium.open(site.server.url("/account")).await?;
    chromium.wait_for(|url| url.path() != "/account").await?;
    chromium.quit().await
}

async fn session(visitor: &mut Visitor, site: &Site) -> anyhow::Result<Value> {
    let page = visitor.get(site.server.url("/api/v1/session")).await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    page.json()
}
