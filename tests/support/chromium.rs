//! A real headless Chromium, one per test, driven through chromedriver.

mod cdp;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::prelude::*;
use thirtyfour::{ChromiumLikeCapabilities, DesiredCapabilities, LoggingPrefsLogLevel};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep};

use crate::parts::{self, Browser};
use crate::tied::{self, Tied};

const FLAGS: [&str; 9] = [
    "--headless",
    // Chromium's own sandbox does not work for root.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
];

/// More browsers than this at once are slower than one after the other, up to time-outs.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// `prefers-color-scheme` of the person in front of the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// Something that axe-core found.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule, such as `color-contrast`.
    pub rule: String,
    /// What to do.
    pub help: String,
    /// The elements, as CSS selectors.
    pub elements: Vec<String>,
}

/// A browser with a fresh profile; at most two at once. Call [`quit`](Self::quit) at the end; a test that
/// fails before that takes it down too.
#[derive(Debug)]
pub struct Chromium {
    /// For everything that has no function here.
    pub driver: WebDriver,
    axe: PathBuf,
    _chromedriver: Tied,
    _profile: TempDir,
    _place: SemaphorePermit<'static>,
}

impl Chromium {
    /// Starts a browser. None, said loudly, where `cargo xtask test` has not brought one.
    pub async fn start() -> anyhow::Result<Option<Self>> {
        let Some(parts) = parts::browser() else {
            return Ok(None);
        };
        let place = AT_ONCE.acquire().await?;
        let (chromedriver, port) = start_chromedriver(&parts).await?;
        let profile = tempfile::Builder::new()
            .prefix("usher-chromium-")
            .tempdir_in(parts::output())?;
        let mut capabilities = DesiredCapabilities::chrome();
        capabilities.set_binary(parts.chromium.to_str().context("path in UTF-8")?)?;
        for flag in FLAGS {
            capabilities.add_arg(flag)?;
        }
        capabilities.add_arg(&format!("--user-data-dir={}", profile.path().display()))?;
        capabilities.set_browser_log_level(LoggingPrefsLogLevel::All)?;
        let driver = WebDriver::builder(format!("http://127.0.0.1:{port}"), capabilities)
            .request_timeout(Duration::from_secs(90))
            .await
            .context("start Chromium")?;
        let chromium = Self {
            driver,
            axe: parts.axe,
            _chromedriver: chromedriver,
            _profile: profile,
            _place: place,
        };
        chromium.look(Theme::Light, 1280).await?;
        Ok(Some(chromium))
    }

    /// Opens an address and waits until the page is loaded.
    pub async fn open(&self, url: impl AsRef<str>) -> anyhow::Result<()> {
        Ok(self.driver.goto(url.as_ref()).await?)
    }

    /// Waits until the browser is at an address for which this holds: 20 seconds at most.
    pub async fn wait_for(&self, there: impl Fn(&url::Url) -> bool) -> anyhow::Result<url::Url> {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let url = self.driver.current_url().await?;
            if there(&url) {
                return Ok(url);
            }
            if Instant::now() > deadline {
                bail!("still at {url}:\n{}", self.text().await?);
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// All the text of the page that can be seen.
    pub async fn text(&self) -> anyhow::Result<String> {
        Ok(self.driver.find(By::Tag("body")).await?.text().await?)
    }

    /// Types into the element that a CSS selector finds.
    pub async fn fill(&self, selector: &str, text: &str) -> anyhow::Result<()> {
        let field = self.driver.find(By::Css(selector)).await?;
        field.clear().await?;
        Ok(field.send_keys(text).await?)
    }

    /// Clicks on the element that a CSS selector finds.
    pub async fn click(&self, selector: &str) -> anyhow::Result<()> {
        Ok(self.driver.find(By::Css(selector)).await?.click().await?)
    }

    /// What was written to the console since the last call, failed loads and violations of
    /// the content security policy included.
    pub async fn console(&self) -> anyhow::Result<Vec<String>> {
        let lines = self.driver.browser_log().await?;
        Ok(lines
            .into_iter()
            .map(|line| format!("{} {}", line.level, line.message))
            .collect())
    }

    /// What axe-core finds on the page as it is now. Needs scripts switched on.
    pub async fn axe(&self) -> anyhow::Result<Vec<Finding>> {
        let source = std::fs::read_to_string(&self.axe)
            .with_context(|| format!("read {}", self.axe.display()))?;
        self.driver.execute(source, Vec::new()).await?;
        let run = "const done = arguments[arguments.length - 1];
            axe.run(document, { resultTypes: ['violations'] })
               .then(found => done(found.violations), problem => done(String(problem)));";
        let found: Value = self
            .driver
            .execute_async(run, Vec::new())
            .await?
            .convert()?;
        let violations = found
            .as_array()
            .with_context(|| format!("axe-core: {found}"))?;
        Ok(violations.iter().map(Finding::read).collect())
    }

    /// Sets theme and width (CSS pixels) of what the person sees.
    pub async fn look(&self, theme: Theme, width: u32) -> anyhow::Result<()> {
        // A colour on its way from one theme to the other is neither.
        let media = json!({"features": [
            {"name": "prefers-color-scheme", "value": theme.name()},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]});
        self.cdp("Emulation.setEmulatedMedia", media).await?;
        let size = json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false});
        self.cdp("Emulation.setDeviceMetricsOverride", size).await?;
        Ok(())
    }

    /// Whether the page can be read without scrolling sideways.
    pub async fn fits(&self) -> anyhow::Result<bool> {
        let script = "return document.documentElement.scrollWidth <= window.innerWidth";
        Ok(self.driver.execute(script, Vec::new()).await?.convert()?)
    }

    /// Pictures of the whole page in light, dark and 320 pixels wide, in both themes, in
    /// `target/test-output/screenshots`; then as it was at the start.
    pub async fn pictures(&self, name: &str) -> anyhow::Result<Vec<PathBuf>> {
        let mut taken = Vec::new();
        for (theme, width) in [
            (Theme::Light, 1280),
            (Theme::Dark, 1280),
            (Theme::Light, 320),
            (Theme::Dark, 320),
        ] {
            self.look(theme, width).await?;
            taken.push(
                self.picture(&format!("{name}-{}-{width}", theme.name()))
                    .await?,
            );
        }
        self.look(Theme::Light, 1280).await?;
        Ok(taken)
    }

    /// A picture of the whole page as it looks now.
    pub async fn picture(&self, name: &str) -> anyhow::Result<PathBuf> {
        self.shoot(name, json!({"captureBeyondViewport": true}))
            .await
    }

    /// A picture of the page as it looks now, from its top to just below the element that a
    /// CSS selector finds.
    pub async fn picture_down_to(&self, name: &str, selector: &str) -> anyhow::Result<PathBuf> {
        let script = "const box = document.querySelector(arguments[0]).getBoundingClientRect();
            return [innerWidth, Math.round(box.bottom + scrollY) + 16]";
        let size = self.driver.execute(script, vec![selector.into()]).await?;
        let (width, height): (u32, u32) = size.convert()?;
        let clip = json!({"x": 0, "y": 0, "width": width, "height": height, "scale": 1});
        let options = json!({"captureBeyondViewport": true, "clip": clip});
        self.shoot(name, options).await
    }

    /// A picture, in `target/test-output/screenshots`, with options of `Page.captureScreenshot`.
    pub async fn shoot(&self, name: &str, options: Value) -> anyhow::Result<PathBuf> {
        let folder = parts::output().join("screenshots");
        std::fs::create_dir_all(&folder)?;
        let shot = self.cdp("Page.captureScreenshot", options).await?;
        let path = folder.join(format!("{name}.png"));
        write_base64(&path, shot["data"].as_str().context("no picture")?)?;
        Ok(path)
    }

    /// Switches the pages' scripts off or on, from the next page on.
    pub async fn scripts(&self, on: bool) -> anyhow::Result<()> {
        self.cdp(
            "Emulation.setScriptExecutionDisabled",
            json!({ "value": !on }),
        )
        .await?;
        Ok(())
    }

    /// Closes the browser.
    pub async fn quit(self) -> anyhow::Result<()> {
        Ok(self.driver.quit().await?)
    }
}

impl Theme {
    fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl Finding {
    fn read(violation: &Value) -> Self {
        let text = |key: &str| violation[key].as_str().unwrap_or_default().to_owned();
        let nodes = violation["nodes"].as_array().into_iter().flatten();
        Self {
            rule: text("id"),
            help: text("help"),
            elements: nodes.map(|node| node["target"].to_string()).collect(),
        }
    }
}

/// Lets chromedriver choose its port, and reads it from what it prints.
async fn start_chromedriver(parts: &Browser) -> anyhow::Result<(Tied, u16)> {
    static STARTED: AtomicU32 = AtomicU32::new(0);
    let number = STARTED.fetch_add(1, Ordering::Relaxed);
    let log = parts::output().join(format!("chromedriver-{}-{number}.log", std::process::id()));
    let output = File::create(&log)?;
    let mut command = tied::command(&parts.chromedriver);
    command
        .arg("--port=0")
        .stdout(output.try_clone()?)
        .stderr(output);
    let mut chromedriver = Tied::spawn(command).context("start chromedriver")?;
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let said = std::fs::read_to_string(&log)?;
        if let Some(port) = port_in(&said) {
            return Ok((chromedriver, port));
        }
        if let Some(status) = chromedriver.ended()? {
            bail!("chromedriver ended with {status}:\n{said}");
        }
        if Instant::now() > deadline {
            bail!("chromedriver does not start:\n{said}");
        }
        sleep(Duration::from_millis(30)).await;
    }
}

fn port_in(said: &str) -> Option<u16> {
    let (_, rest) = said.split_once("started successfully on port ")?;
    rest.split_once('.')?.0.parse().ok()
}

fn write_base64(path: &Path, data: &str) -> anyhow::Result<()> {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(data)?;
    std::fs::write(path, bytes).with_context(|| format!("write {}", path.display()))
}
