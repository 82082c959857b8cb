//! Keycloak's administration console has the fields that `docs/how-to/keycloak.md` names, and
//! its pictures are made anew on the way: look at
//! `target/test-output/screenshots/keycloak-*.png`, and copy what is right to `docs/images`.

use std::time::Duration;

use anyhow::Context;
use serde_json::json;
use thirtyfour::prelude::*;
use tokio::time::{Instant, sleep};
use usher_tests::chromium::Chromium;
use usher_tests::keycloak::{self, Administration};

/// The first page after signing in loads for a while.
const PATIENCE: Duration = Duration::from_secs(120);

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

    async fn find(&self, xpath: &str) -> anyhow::Result<()> {
        self.patiently(xpath, async |_| Ok(())).await
    }

    async fn click(&self, xpath: &str) -> anyhow::Result<()> {
        self.patiently(xpath, async |it| it.click().await).await
    }

    /// Clicks on what bears a text: a button, a tab, an entry of a list.
    async fn click_text(&self, text: &str) -> anyhow::Result<()> {
        self.click(&format!(
            "//*[self::button or self::a or self::span or self::td][normalize-space(.)='{text}']"
        ))
        .await
    }

    /// Types until the text stands there: a form that gets its values late drops what was typed.
    async fn fill(&self, xpath: &str, text: &str) -> anyhow::Result<()> {
        self.patiently(xpath, async |field| {
            field.clear().await?;
            field.send_keys(text).await?;
            match field.value().await?.as_deref() {
                Some(typed) if typed == text => Ok(()),
                typed => Err(WebDriverError::FatalError(format!(
                    "the field has {typed:?}"
                ))),
            }
        })
        .await
    }

    /// Does something with the first element that can be seen, and again until it works: the
    /// console draws its pages anew as its data arrive, and an element that was found may be
    /// gone, or covered, before it is touched.
    async fn patiently(
        &self,
        xpath: &str,
        act: impl AsyncFn(&WebElement) -> WebDriverResult<()>,
    ) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let Err(error) = self.attempt(xpath, &act).await else {
                return Ok(());
            };
            if Instant::now() > deadline {
                let picture = self.chromium.picture("keycloak-lost").await?;
                return Err(error).with_context(|| format!("{xpath}: see {}", picture.display()));
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    async fn attempt(
        &self,
        xpath: &str,
        act: &impl AsyncFn(&WebElement) -> WebDriverResult<()>,
    ) -> WebDriverResult<()> {
        for element in self.chromium.driver.find_all(By::XPath(xpath)).await? {
            if element.is_displayed().await? {
                return act(&element).await;
            }
        }
        Err(WebDriverError::FatalError(
            "nothing of that can be seen".into(),
        ))
    }

    /// A picture of what is in the window.
    async fn picture(&self, name: &str) -> anyhow::Result<()> {
        // That the tests' administrator is a temporary one is nobody's concern here.
        let script = "document.querySelectorAll('[class*=c-banner]').forEach(it => it.remove())";
        self.chromium.driver.execute(script, Vec::new()).await?;
        // Fields come and go softly.
        sleep(Duration::from_millis(900)).await;
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
    console
        .patiently("//*[contains(text(), 'preferred_username')]", async |it| {
            let script = "arguments[0].scrollIntoView({ block: 'end' })";
            let it = vec![it.to_json()?];
            console.chromium.driver.execute(script, it).await.map(drop)
        })
        .await?;
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
