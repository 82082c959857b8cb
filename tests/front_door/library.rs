//! Usher inside another team's server: the example, as it is.

use anyhow::Context;
use serde_json::json;
use tokio::net::TcpListener;
use usher_tests::provider::{Person, Provider};
use usher_tests::server::Installation;
use usher_tests::visitor::Visitor;

use crate::USHER;

#[expect(dead_code, reason = "its `main` is not used here")]
#[path = "../../host/examples/apiserver.rs"]
mod apiserver;

#[tokio::test]
async fn another_server_protects_its_own_handler() -> anyhow::Result<()> {
    let provider = Provider::start();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let installation = Installation::new(USHER);
    installation.must(&["company", "create", "--id", "acme", "--name", "Acme"])?;
    installation.must(&["group", "create", "--company", "acme", "research"])?;
    let prefix = "CLEARML__services__login__sso__oauth_client__keycloak__";
    let database = format!("sqlite://{}", installation.path("usher.db").display());
    let environment = provider
        .settings("keycloak")
        .into_iter()
        .chain([
            ("USHER__PUBLIC_URL".to_owned(), origin.clone()),
            ("USHER__DATABASE_URL".to_owned(), database),
            (format!("{prefix}default_company"), "acme".to_owned()),
            (format!("{prefix}groups__enabled"), "true".to_owned()),
            (format!("{prefix}groups__admins"), "research".to_owned()),
        ])
        .collect();
    let config = usher::config::load(&environment, None)?;
    tokio::spawn(apiserver::serve(config, listener));

    let protected = format!("{origin}/api/projects");
    let program = Visitor::new().get(&protected).await?;
    assert_eq!(program.status, 401, "{program}");
    assert_eq!(program.json()?["code"], "not_signed_in");

    provider.sign_in_as(Person::new("ada").groups(["research"]));
    let mut browser = Visitor::new().with_header("accept", "text/html");
    let page = browser.get(&protected).await?;
    let sign_in = page.redirect().context("a redirect")?;
    assert_eq!(sign_in.path(), "/login", "{sign_in}");
    let page = browser.settle(page).await?;
    assert_eq!(page.url.as_str(), protected, "back where it began");
    assert_eq!(page.status, 200, "{page}");
    let seen = page.json()?;
    assert_eq!(seen["hello"], "ada Example");
    assert_eq!(seen["company"], "acme");
    assert_eq!(seen["groups"], json!(["research"]));
    assert_eq!(seen["may_create"], true);
    // What the command beside it changes holds for the next request.
    installation.must(&["group", "delete", "--company", "acme", "research"])?;
    let seen = browser.get(&protected).await?.json()?;
    assert_eq!(seen["groups"], json!([]));
    assert_eq!(seen["may_create"], true, "by claims");
    let ada = "ada@example.com";
    installation.must(&["user", "set-admin", ada])?;
    installation.must(&["user", "disable", ada])?;
    let page = Visitor::clone(&browser).get(&protected).await?;
    let sign_in = page.redirect().context("a redirect")?;
    assert_eq!(sign_in.path(), "/login", "disabled: {page}");
    installation.must(&["user", "enable", ada])?;
    let page = browser.get(&protected).await?;
    let page = browser.settle(page).await?;
    assert_eq!(page.status, 200, "{page}");
    provider.sign_in_as(Person::new("ada"));
    installation.must(&["user", "sign-out", ada])?;
    let page = browser.get(&protected).await?;
    let page = browser.settle(page).await?;
    assert_eq!(page.json()?["may_create"], true, "by hand alone");
    installation.must(&["user", "set-admin", ada, "--off"])?;
    assert_eq!(browser.get(&protected).await?.json()?["may_create"], false);
    installation.must(&["user", "delete", ada, "--yes"])?;
    let page = browser.get(&protected).await?;
    assert!(page.redirect().is_some(), "deleted: {page}");
    let open = Visitor::new().get(format!("{origin}/api/motto")).await?;
    assert_eq!(open.body, "Ask Usher who it is.");
    Ok(())
}
