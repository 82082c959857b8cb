//! The npm package `oidc-provider`, a certified provider of another make: opaque access tokens,
//! a sign-in and a consent of its own, logout tokens of type `logout+jwt`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use url::Url;

use crate::parts;
use crate::server::variable_of;
use crate::tied::{self, Tied};
use crate::visitor::{Page, Visitor};

/// The client that is registered, with characters that must be encoded on the way.
const CLIENT: (&str, &str) = ("usher:test/%41", "s3cret: of 32 bytes/or+more=%20&");
const START_LIMIT: Duration = Duration::from_secs(10);
/// Node 20 hangs in one start of a dozen on a machine that is busy, with nothing to say.
const STARTS: usize = 5;

/// A running provider with two people, `ann` (group `research`) and `bob`. Dropped, it is gone.
#[derive(Debug)]
pub struct OidcProvider {
    folder: PathBuf,
    settings: String,
    issuer: String,
    process: Tied,
}

impl OidcProvider {
    /// Starts on a port of the kernel's choice, for a service at this origin that calls the
    /// provider by this name. None, said loudly, where `cargo xtask test` has not brought it.
    ///
    /// # Errors
    /// It does not start: with what it said.
    pub async fn start(origin: &str, name: &str) -> anyhow::Result<Option<Self>> {
        Self::start_with(origin, name, &json!({})).await
    }

    /// The same with more metadata of the client; `null` takes some away.
    ///
    /// # Errors
    /// It does not start: with what it said.
    pub async fn start_with(
        origin: &str,
        name: &str,
        metadata: &Value,
    ) -> anyhow::Result<Option<Self>> {
        let Some(folder) = parts::oidc_provider() else {
            return Ok(None);
        };
        let person = |name: &str, groups: &[&str]| {
            json!({
                "name": format!("{name} Example"),
                "preferred_username": name,
                "email": format!("{name}@example.com"),
                "email_verified": true,
                "groups": groups,
            })
        };
        let settings = json!({
            "client": CLIENT.0,
            "secret": CLIENT.1,
            "origin": origin,
            "callback": format!("{origin}/callback_{name}"),
            "backChannel": format!("{origin}/backchannel_logout_{name}"),
            "metadata": metadata,
            "people": {"ann": person("ann", &["research"]), "bob": person("bob", &[])},
        })
        .to_string();
        let (process, issuer) = run(&folder, 0, &settings).await?;
        Ok(Some(Self {
            folder,
            settings,
            issuer,
            process,
        }))
    }

    /// The variables that connect a service with it under this provider name.
    pub fn settings(&self, name: &str) -> Vec<(String, String)> {
        [
            ("services", "base_url", self.issuer.as_str()),
            ("services", "get_info_from_access_token", "false"),
            ("secure", "client_id", CLIENT.0),
            ("secure", "client_secret", CLIENT.1),
        ]
        .map(|(place, key, value)| (variable_of(name, place, key), value.to_owned()))
        .into()
    }

    /// Its issuer.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The same provider with another key, which has forgotten everybody: it is restarted.
    ///
    /// # Errors
    /// It does not start again: with what it said.
    pub async fn restart_with_another_key(&mut self) -> anyhow::Result<()> {
        self.process.kill()?;
        let port = Url::parse(&self.issuer)?.port().context("a port")?;
        let (process, issuer) = run(&self.folder, port, &self.settings).await?;
        (self.process, self.issuer) = (process, issuer);
        Ok(())
    }
}

/// Signs in at the provider's own pages. `page` may be a redirect on the way to them; the answer
/// is where a browser comes to rest.
///
/// # Errors
/// The provider shows another page than one of its two.
pub async fn sign_in(visitor: &mut Visitor, page: Page, name: &str) -> anyhow::Result<Page> {
    let mut page = visitor.settle(page).await?;
    for step in ["login", "consent"] {
        let form = page
            .form("form")
            .with_context(|| format!("{step}: {page}"))?;
        anyhow::ensure!(form.value("prompt") == Some(step), "{step}: {page}");
        let form = match step {
            "login" => form.fill("login", name).fill("password", "any"),
            _ => form,
        };
        let answer = visitor.submit(&form).await?;
        page = visitor.settle(answer).await?;
    }
    Ok(page)
}

/// Starts it, and gives its first line.
async fn run(folder: &Path, port: u16, settings: &str) -> anyhow::Result<(Tied, String)> {
    for _ in 1..STARTS {
        if let Ok(running) = try_to_run(folder, port, settings).await {
            return Ok(running);
        }
    }
    try_to_run(folder, port, settings).await
}

async fn try_to_run(folder: &Path, port: u16, settings: &str) -> anyhow::Result<(Tied, String)> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("support/oidc_provider/server.mjs");
    let name = format!(
        "oidc-provider-{}-{}",
        std::process::id(),
        parts::free_port()
    );
    let log = parts::output().join(format!("{name}.log"));
    let said = log.with_extension("out");
    let mut command = tied::command("node");
    command
        .arg(script)
        .arg(folder)
        .arg(port.to_string())
        .env("SETTINGS", settings)
        .stdout(File::create(&said)?)
        .stderr(File::create(&log)?);
    let mut process = Tied::spawn(command).context("start node")?;
    let deadline = Instant::now() + START_LIMIT;
    loop {
        if let Some((issuer, _)) = std::fs::read_to_string(&said)?.split_once('\n') {
            return Ok((process, issuer.to_owned()));
        }
        let words = || std::fs::read_to_string(&log).unwrap_or_default();
        if let Some(status) = process.ended()? {
            bail!("node ended with {status}:\n{}", words());
        }
        if Instant::now() > deadline {
            bail!("oidc-provider does not start:\n{}", words());
        }
        sleep(Duration::from_millis(50)).await;
    }
}
