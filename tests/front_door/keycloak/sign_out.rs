//! The way out, and what Keycloak ends by itself.

use reqwest::StatusCode;
use serde_json::json;
use usher_tests::keycloak::{self, password};
use usher_tests::visitor::{Page, Visitor};

use super::site::{Plan, Site};

/// Presses the button of the sign-out page, and goes on to where that ends.
async fn sign_out(site: &Site, visitor: &mut Visitor) -> anyhow::Result<(Page, Page)> {
    let question = visitor.get(site.server.url("/logout")).await?;
    let leaving = visitor.submit(&question.form("main button")?).await?;
    let done = visitor.settle(leaving.clone()).await?;
    Ok((leaving, done))
}

/// Fails without: the setting `idp_logout` (signed in again without a password).
#[tokio::test]
async fn sign_out_with_idp_logout_ends_the_session_at_keycloak_too() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = plan.set("services", "idp_logout", "true").start().await?;
    let administration = site.keycloak.administration();
    let grace = administration.create_user("grace", &["research"]).await?;
    let mut visitor = site.admitted("grace").await?;
    assert_eq!(administration.sessions(&grace).await?.len(), 1);

    let (leaving, done) = sign_out(&site, &mut visitor).await?;
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

/// Fails without: `idp_logout` being asked in `Login::logout`.
#[tokio::test]
async fn sign_out_without_idp_logout_leaves_keycloak_alone() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = plan.set("services", "idp_logout", "false").start().await?;
    let administration = site.keycloak.administration();
    let heidi = administration.create_user("heidi", &["research"]).await?;
    let mut visitor = site.admitted("heidi").await?;
    let (_, done) = sign_out(&site, &mut visitor).await?;
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

/// Keycloak tells nobody that it disabled somebody: the session here goes on.
///
/// Fails without: `usher user disable`, for the end of the session here; the rest is Keycloak.
#[tokio::test]
async fn person_disabled_at_keycloak_cannot_come_again_and_stays_until_ended() -> anyhow::Result<()>
{
    let Some(site) = Site::start(&[]).await? else {
        return Ok(());
    };
    let administration = site.keycloak.administration();
    let ulla = administration.create_user("ulla", &["research"]).await?;
    let mut visitor = site.admitted("ulla").await?;
    administration
        .change_user(&ulla, &json!({"enabled": false}))
        .await?;
    let mut other = Visitor::new();
    let form = site.begin(&mut other).await?;
    let refused = keycloak::sign_in(&mut other, form, "ulla", &password("ulla")).await?;
    assert!(
        refused.redirect().is_none() && refused.text().contains("Account is disabled"),
        "{refused}"
    );
    assert_eq!(site.sign_ins()?.len(), 1, "nobody came to the callback");
    site.session(&mut visitor).await?;
    site.usher.must(&["user", "disable", "ulla@example.com"])?;
    let session = visitor.get(site.server.url("/api/v1/session")).await?;
    assert_eq!(session.status, StatusCode::UNAUTHORIZED);
    Ok(())
}

/// Fails without: `denied` of `OidcError` (502 and other words).
#[tokio::test]
async fn person_who_refuses_consent_is_told_so() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = plan
        .client(|client| client.set("/consentRequired", json!(true)))
        .start()
        .await?;
    let mut visitor = Visitor::new();
    let question = site.sign_in_with(&mut visitor, "carol").await?;
    let no = question.form("#kc-cancel")?;
    let answer = visitor.submit(&no).await?;
    let page = visitor.settle(answer).await?;
    assert_eq!(page.status, StatusCode::BAD_REQUEST, "{page}");
    assert!(page.text().contains("The sign-in was cancelled"), "{page}");
    let record = site.only_record()?;
    assert_eq!(record["code"], "provider_error");
    assert_eq!(record["outcome"], "refused");
    assert_eq!(
        record["detail"],
        "error: the provider answered with access_denied"
    );
    // And whoever agrees comes in.
    let question = site.sign_in_with(&mut visitor, "carol").await?;
    let yes = question.form("#kc-login")?;
    let answer = visitor.submit(&yes).await?;
    let page = visitor.settle(answer).await?;
    assert_eq!((page.status, page.url.path()), (StatusCode::OK, "/account"));
    Ok(())
}
