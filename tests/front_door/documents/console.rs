//! Keycloak's administration console has the fields that `docs/how-to/keycloak.md` names, and
//! its pictures are made anew on the way: look at
//! `target/test-output/screenshots/keycloak-*.png`, and copy what is right to `docs/images`.

use std::time::Duration;

use anyhow::Context;
use serde_json::json;
use thirtyfour::prelude::*;
use usher_tests::chromium::Chromium;
use usher_tests::keycloak::{self, Administration};

/// The first page after signing in loads for a while.
const PATIENCE: Duration = Duration::from_secs(60);

struct Console {
    chromium: Chromium,
    /// Where the realm's pages begin.
    realm: String,
}

impl Console {
    /// Opens a page of the realm, and waits for a text on it.
    async fn open(&self, page: &str, text: &str) -> anyhow::Result<()> {
        self.chromium.open("about:blank").await?;
        self.chromium.open(format!("{}/{page}", self.realm)).await?;
        self.find(&format!("//*[normalize-space(text())='{text}']"))
            .await?;
        Ok(())
    }

    async fn find(&self, xpath: &str) -> anyhow::Result<WebElement> {
        let found = self.chromium.driver.query(By::XPath(xpath));
        let found = found.wait(PATIENCE, Duration::from_millis(100));
        let found = found.and_displayed().first().await;
        match found {
            Ok(element) => Ok(element),
            Err(error) => {
                let picture = self.chromium.picture("keycloak-lost").await?;
                Err(error).with_context(|| format!("{xpath}: see {}", picture.display()))
            }
        }
    }

    async fn click(&self, xpath: &str) -> anyhow::Result<()> {
        Ok(self.find(xpath).await?.click().await?)
    }

    /// Clicks on what bears a text: a button, a tab, an entry of a list.
    async fn click_text(&self, text: &str) -> anyhow::Result<()> {
        self.click(&format!(
            "//*[self::button or self::a or self::span or self::td][normalize-space(.)='{text}']"
        ))
        .await
    }

    async fn fill(&self, xpath: &str, text: &str) -> anyhow::Result<()> {
        let field = self.find(xpath).await?;
        field.clear().await?;
        Ok(field.send_keys(text).await?)
    }

    /// A picture of what is in the window.
    async fn picture(&self, name: &str) -> anyhow::Result<()> {
        // That the tests' administrator is a temporary one is nobody's concern here.
        let script = "document.querySelectorAll('[class*=c-banner]').forEach(it => it.remove())";
        self.chromium.driver.execute(script, Vec::new()).await?;
        // Fields come and go softly.
        tokio::time::sleep(Duration::from_millis(900)).await;
        let shot = json!({"captureBeyondViewport": false});
        self.chromium
            .shoot(&format!("keycloak-{name}"), shot)
            .await?;
        Ok(())
    }
}

#[tokio::test]
async fn the_console_of_keycloak_has_what_the_how_to_names() -> anyhow::Result<()> {
    let Some(keycloak) = keycloak::running().await else {
        return Ok(());
    };
    let Some(chromium) = Chromium::start().await? else {
        return Ok(());
    };
    let realm = keycloak.realm_of_its_own("main").await?;
    let administration = realm.administration();
    let issuer = realm.issuer();
    let name = issuer.rsplit('/').next().context("a name")?;
    let base = format!("{}/admin/master/console/#/{name}", keycloak.url());
    chromium.open(&base).await?;
    let console = Console {
        chromium,
        realm: base,
    };
    console.fill("//*[@id='username']", "tests").await?;
    console
        .fill("//*[@id='password']", "tests-password")
        .await?;
    console.click("//*[@id='kc-login']").await?;
    console.find("//*[@id='nav-item-clients']").await?;
    new_client(&console).await?;
    groups_mapper(&console, &administration).await?;
    role(&console, &administration).await?;
    console.chromium.quit().await
}

/// Section 1 of the how-to.
async fn new_client(console: &Console) -> anyhow::Result<()> {
    console
        .open("clients/add-client", "General settings")
        .await?;
    console
        .fill("//*[@data-testid='clientId']", "clearml-new")
        .await?;
    console.click_text("Next").await?;
    console
        .click("//label[@for='kc-authentication-switch'] | //*[@data-testid='authentication']/..")
        .await?;
    console.picture("capability").await?;
    console.click_text("Next").await?;
    console
        .fill(
            "//*[@data-testid='redirectUris0']",
            "https://login.example.com/callback_keycloak",
        )
        .await?;
    console
        .fill(
            "//label[contains(., 'post logout')]/following::input[1]",
            "https://login.example.com/logout/done",
        )
        .await?;
    console.picture("client").await
}

/// The section about groups.
async fn groups_mapper(console: &Console, administration: &Administration) -> anyhow::Result<()> {
    let clients = administration.get("clients?clientId=clearml").await?;
    let client = clients[0]["id"].as_str().context("the client")?;
    console
        .open(
            &format!("clients/{client}/clientScopes/dedicated"),
            "groups",
        )
        .await?;
    console.picture("dedicated").await?;
    console.click("//a[normalize-space(.)='groups']").await?;
    console
        .find("//*[normalize-space(text())='Full group path']")
        .await?;
    console.picture("mapper").await?;

    console
        .open(
            &format!("clients/{client}/clientScopes/evaluate"),
            "Generated access token",
        )
        .await?;
    console
        .fill(
            "//label[contains(., 'User')]/following::input[@type='text'][1]",
            "carol",
        )
        .await?;
    console
        .click("//*[@role='option'][contains(., 'carol')]")
        .await?;
    console
        .click("//*[@role='tab'][contains(., 'Generated access token')]")
        .await?;
    let token = console
        .find("//*[contains(text(), 'preferred_username')]")
        .await?;
    let script = "arguments[0].scrollIntoView({ block: 'end' })";
    let token = vec![token.to_json()?];
    console.chromium.driver.execute(script, token).await?;
    console.picture("evaluate").await
}

/// The section about administrators by role.
async fn role(console: &Console, administration: &Administration) -> anyhow::Result<()> {
    let users = administration.get("users?username=bob&exact=true").await?;
    let bob = users[0]["id"].as_str().context("bob")?;
    console
        .open(&format!("users/{bob}/role-mapping"), "Assign role")
        .await?;
    console.picture("role").await
}
