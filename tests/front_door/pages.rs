//! Every page in a real browser: both themes, wide and narrow, by keyboard, without scripts.

mod journeys;
mod operators;
mod sound;

use thirtyfour::prelude::By;
use usher_tests::chromium::{Chromium, Theme};
use usher_tests::server::{Installation, Server};

use crate::USHER;

const LOOKS: [(Theme, u32); 4] = [
    (Theme::Light, 1280),
    (Theme::Dark, 1280),
    (Theme::Light, 320),
    (Theme::Dark, 320),
];

/// A browser in front of `usher dev`.
struct Development {
    chromium: Chromium,
    server: Server,
    _installation: Installation,
}

impl Development {
    /// None, said loudly, where there is no browser.
    async fn start() -> anyhow::Result<Option<Self>> {
        let Some(chromium) = Chromium::start().await? else {
            return Ok(None);
        };
        let installation = Installation::new(USHER);
        let server = installation.dev(&["--listen", "127.0.0.1:0"]).await?;
        Ok(Some(Self {
            chromium,
            server,
            _installation: installation,
        }))
    }

    async fn open(&self, path: &str) -> anyhow::Result<()> {
        self.chromium.open(self.server.url(path)).await
    }

    /// Opens the development provider's page and chooses a sample user.
    async fn sign_in_as(&self, user: &str) -> anyhow::Result<()> {
        self.open("/login").await?;
        self.choose(user).await
    }

    /// Chooses a sample user on the development provider's page.
    async fn choose(&self, user: &str) -> anyhow::Result<()> {
        self.arrive_at_the_provider().await?;
        let button = format!("button[value='{user}']");
        self.chromium.click(&button).await?;
        let origin = self.server.origin.clone();
        let back = |url: &url::Url| url.as_str().starts_with(&origin);
        self.chromium.wait_for(back).await?;
        Ok(())
    }

    async fn arrive_at_the_provider(&self) -> anyhow::Result<()> {
        let there = |url: &url::Url| url.path().contains("/realms/");
        self.chromium.wait_for(there).await?;
        Ok(())
    }
}

/// The only heading of the first level.
async fn heading(chromium: &Chromium) -> anyhow::Result<String> {
    let found = chromium.driver.find_all(By::Tag("h1")).await?;
    assert_eq!(found.len(), 1, "one h1 on every page");
    Ok(found[0].text().await?)
}

/// What must hold of every page, however it is looked at. The document is as it was served:
/// with this status.
async fn must_be_sound(chromium: &Chromium, name: &str, status: u16) -> anyhow::Result<()> {
    let script = "return performance.getEntriesByType('navigation')[0].responseStatus";
    let served: u16 = chromium
        .driver
        .execute(script, Vec::new())
        .await?
        .convert()?;
    assert_eq!(served, status, "{name}: {}", chromium.text().await?);
    heading(chromium).await?;
    let refers = chromium.text().await?.contains("the reference below");
    let reference = chromium.driver.find_all(By::Id("reference")).await?;
    assert!(
        !refers || reference.len() == 1,
        "{name}: no reference below"
    );
    for (theme, width) in LOOKS {
        chromium.look(theme, width).await?;
        assert!(chromium.fits().await?, "{name} does not fit {width} pixels");
        let found = chromium.axe().await?;
        assert!(found.is_empty(), "{name}, {theme:?} {width}: {found:#?}");
    }
    chromium.pictures(name).await?;
    must_be_silent(chromium, name, status).await
}

/// Nothing on the console since the last look, except the one line that Chromium itself writes
/// about the status of a document that is a refusal or an error.
async fn must_be_silent(chromium: &Chromium, name: &str, status: u16) -> anyhow::Result<()> {
    let mut console = chromium.console().await?;
    if status >= 400 {
        let document = chromium.driver.current_url().await?;
        let own = format!(
            "{document} - Failed to load resource: the server responded with a status of {status} "
        );
        let found = console.iter().position(|line| line.contains(&own));
        found.map(|line| console.remove(line));
    }
    assert!(console.is_empty(), "{name}: {console:#?}");
    Ok(())
}
