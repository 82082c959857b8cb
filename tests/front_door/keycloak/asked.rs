//! What `authorize_params` asks of Keycloak, and whether it did so.

use reqwest::StatusCode;
use usher_tests::keycloak::{self, password};
use usher_tests::visitor::Visitor;

use super::site::Site;

#[tokio::test]
async fn prompt_login_asks_every_time_and_is_believed() -> anyhow::Result<()> {
    let settings = [("services", "authorize_params__prompt", "login")];
    let Some(site) = Site::start(&settings).await? else {
        return Ok(());
    };
    let (mut carol, page) = site.sign_in("carol").await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    let form = site.begin(&mut carol).await?;
    assert!(form.form("#kc-form-login").is_ok(), "asked again: {form}");
    let page = keycloak::sign_in(&mut carol, form, "carol", &password("carol")).await?;
    let page = carol.settle(page).await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    Ok(())
}

#[tokio::test]
async fn max_age_that_keycloak_honours_is_believed() -> anyhow::Result<()> {
    let settings = [("services", "authorize_params__max_age", "3600")];
    let Some(site) = Site::start(&settings).await? else {
        return Ok(());
    };
    let (mut carol, page) = site.sign_in("carol").await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    let page = site.begin(&mut carol).await?;
    assert_eq!(page.url.path(), "/account", "silently: {page}");
    Ok(())
}

/// Keycloak answers a class that it cannot reach with `acr: 1` and no complaint.
#[tokio::test]
async fn acr_values_that_keycloak_cannot_reach_refuse() -> anyhow::Result<()> {
    let settings = [("services", "authorize_params__acr_values", "gold")];
    let Some(site) = Site::start(&settings).await? else {
        return Ok(());
    };
    let (_, page) = site.sign_in("carol").await?;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY, "{page}");
    let record = site.only_record()?;
    assert_eq!(record["code"], "token_invalid");
    assert_eq!(record["detail"], "acr: acr is 1, asked for was gold");
    Ok(())
}

#[tokio::test]
async fn prompt_none_says_that_keycloak_has_to_ask_first() -> anyhow::Result<()> {
    let settings = [("services", "authorize_params__prompt", "none")];
    let Some(site) = Site::start(&settings).await? else {
        return Ok(());
    };
    let page = site.begin(&mut Visitor::new()).await?;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY, "{page}");
    let heading = "The identity provider has to ask you something first";
    assert_eq!(page.texts("h1"), [heading]);
    let record = site.only_record()?;
    let detail = "error: the provider answered with login_required";
    assert_eq!(record["detail"], detail);
    Ok(())
}
