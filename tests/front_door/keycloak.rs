//! Sign-in through the real Keycloak, driven by HTTP and once by a real browser. Each setting
//! and each rule has a test of its own, which says what was removed to see it fail.

mod administrators;
mod asking;
mod broken;
mod claims;
mod company;
mod groups;
mod itself;
mod keys;
mod logout;
mod policy;
mod realms;
mod sign_out;
mod site;

use usher_tests::chromium::Chromium;
use usher_tests::keycloak::password;

use self::site::Site;

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
