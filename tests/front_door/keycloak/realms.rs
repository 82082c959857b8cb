//! Two realms at the same time.

use reqwest::StatusCode;
use usher_tests::keycloak::{self, password};
use usher_tests::server::variable_of;
use usher_tests::visitor::{Page, Visitor};

use super::site::{Plan, Site};

/// A site with the shared realm as `keycloak` and another one as `keycloak_two`.
async fn two_realms() -> anyhow::Result<Option<Site>> {
    let Some(plan) = Plan::new().await? else {
        return Ok(None);
    };
    let (plan, second) = plan.also("second").await?;
    let plan = plan.usher(|usher| {
        let name = variable_of("keycloak_two", "services", "display_name");
        let company = variable_of("keycloak_two", "secure", "default_company");
        Ok(usher
            .with_all(second.settings_of("keycloak_two"))
            .with(name, "Second")
            .with(company, "acme"))
    })?;
    plan.start().await.map(Some)
}

async fn sign_in(site: &Site, provider: &str, username: &str) -> anyhow::Result<(Visitor, Page)> {
    let mut visitor = Visitor::new();
    let start = format!("/login/start?provider={provider}");
    let page = visitor.get(site.server.url(&start)).await?;
    let page = keycloak::sign_in(&mut visitor, page, username, &password(username)).await?;
    let page = visitor.settle(page).await?;
    Ok((visitor, page))
}

/// Fails without: the second provider; and with the identity being the subject or the e-mail
/// address alone.
#[tokio::test]
async fn people_of_two_realms_are_never_taken_for_each_other() -> anyhow::Result<()> {
    let Some(site) = two_realms().await? else {
        return Ok(());
    };
    let page = Visitor::new().get(site.server.url("/login")).await?;
    assert!(page.text().contains("Continue with keycloak"), "{page}");
    assert!(page.text().contains("Continue with Second"), "{page}");

    let (mut carol, page) = sign_in(&site, "keycloak", "carol").await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    let (mut bob, page) = sign_in(&site, "keycloak_two", "bob").await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    let (carol, bob) = (
        site.session(&mut carol).await?,
        site.session(&mut bob).await?,
    );
    assert_ne!(carol["user"]["id"], bob["user"]["id"]);

    // The same address at the other realm is another person.
    for (provider, username) in [("keycloak_two", "carol"), ("keycloak", "bob")] {
        let (mut visitor, page) = sign_in(&site, provider, username).await?;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{page}");
        let record = site.last_record()?;
        assert_eq!(record["code"], "account_exists");
        assert_eq!(record["provider"], provider);
        let session = visitor.get(site.server.url("/api/v1/session")).await?;
        assert_eq!(session.status, StatusCode::UNAUTHORIZED);
    }
    Ok(())
}

/// Fails without: `Taken`'s check of the provider in `Login::attempt`.
/// Rows: K5, hole 29
#[tokio::test]
async fn answer_of_one_realm_is_not_taken_at_the_others_callback() -> anyhow::Result<()> {
    let Some(site) = two_realms().await? else {
        return Ok(());
    };
    let mut visitor = Visitor::new();
    let start = site.server.url("/login/start?provider=keycloak");
    let form = visitor.get(start).await?;
    let answer = keycloak::sign_in(&mut visitor, form, "alice", &password("alice")).await?;
    let url = answer.redirect().expect("a redirect back");
    let swapped = url
        .as_str()
        .replace("/callback_keycloak?", "/callback_keycloak_two?");
    let page = visitor.get(swapped).await?;
    assert_eq!(page.status, StatusCode::BAD_REQUEST, "{page}");
    assert_eq!(site.last_record()?["code"], "state_invalid");
    let again = visitor.get(url).await?;
    assert_eq!(again.status, StatusCode::BAD_REQUEST, "used up: {again}");
    Ok(())
}
