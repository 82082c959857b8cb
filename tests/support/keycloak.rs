//! The real Keycloak, started once for the whole test process.
//!
//! The realm is made as the product page says (`keycloak/realm.json`): client `clearml`,
//! mapper `groups` without full path, role `admin`. Four people: `alice` is in the group
//! `administrators`, `bob` has the role, `carol` is a member of `research` and
//! `operations`, `dave` is in no group. Each password is the name and `-password`.

mod administration;
pub mod broken;
mod client;
mod realm;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::Value;
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep};

pub use self::administration::Administration;
pub use self::client::{Client, variable};
pub use self::realm::Realm;
use crate::parts;
use crate::tied::{self, Tied};
use crate::visitor::{Page, Visitor};

/// The realm of the tests.
pub const REALM: &str = "usher";
const ADMINISTRATOR: (&str, &str) = ("tests", "tests-password");
const START_LIMIT: Duration = Duration::from_secs(180);

/// A running Keycloak with the realm [`REALM`].
#[derive(Debug)]
pub struct Keycloak {
    url: String,
    log: PathBuf,
    process: Tied,
}

/// The Keycloak of this process; the first to ask waits for its start, some 20 seconds.
/// None, said loudly, where `cargo xtask test` has not brought one.
///
/// # Panics
/// It does not start: with the end of its log.
pub async fn running() -> Option<&'static Keycloak> {
    static KEYCLOAK: OnceCell<Result<Keycloak, String>> = OnceCell::const_new();
    let home = parts::keycloak()?;
    let started = KEYCLOAK.get_or_init(|| async {
        Keycloak::start(&home)
            .await
            .map_err(|problem| format!("{problem:?}"))
    });
    match started.await {
        Ok(keycloak) => Some(keycloak),
        Err(problem) => panic!("Keycloak: {problem}"),
    }
}

impl Keycloak {
    /// The issuer of [`REALM`], and the `base_url` of the product page.
    pub fn issuer(&self) -> String {
        self.realm().issuer()
    }

    /// Where it can be visited, without a realm.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its log file.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// The realm [`REALM`], which all tests share.
    pub fn realm(&self) -> Realm {
        Realm::new(&self.url, REALM)
    }

    /// Another realm like [`REALM`], with the same people, for one test alone; its name gets a
    /// number. It costs 2 to 5 seconds.
    pub async fn realm_of_its_own(&self, name: &str) -> anyhow::Result<Realm> {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        self.create_realm(&format!("{name}-{number}")).await
    }

    async fn create_realm(&self, name: &str) -> anyhow::Result<Realm> {
        let realm = Realm::new(&self.url, name);
        let representation = include_str!("keycloak/realm.json");
        let mut representation: Value = serde_json::from_str(representation)?;
        representation["realm"] = name.into();
        realm.administration().import(&representation).await?;
        Ok(realm)
    }

    /// The administration of the realm.
    pub fn administration(&self) -> Administration {
        self.realm().administration()
    }

    /// A client for a service at this origin: like `clearml` of the product page, under a
    /// name of its own, so that tests do not see each other's redirect URIs.
    pub async fn register(&self, origin: &str) -> anyhow::Result<Client> {
        let client = self.realm().client(origin)?;
        self.realm().register(&client).await?;
        Ok(client)
    }

    async fn start(home: &Path) -> anyhow::Result<Self> {
        let port = parts::free_port();
        let url = format!("http://127.0.0.1:{port}");
        let log = parts::output().join(format!("keycloak-{}.log", std::process::id()));
        let mut keycloak = Self {
            process: spawn(home, port, &url, &log)?,
            url,
            log,
        };
        keycloak.wait_until_ready().await?;
        keycloak.create_realm(REALM).await?;
        Ok(keycloak)
    }

    async fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        let ready = format!("{}/realms/master", self.url);
        loop {
            let answer = Visitor::new().get(&ready).await;
            if answer.is_ok_and(|page| page.status == 200) {
                return Ok(());
            }
            let log = || std::fs::read_to_string(&self.log).unwrap_or_default();
            if let Some(status) = self.process.ended()? {
                bail!("ended with {status}:\n{}", last_lines(&log()));
            }
            if Instant::now() > deadline {
                bail!("not ready after {START_LIMIT:?}:\n{}", last_lines(&log()));
            }
            sleep(Duration::from_millis(200)).await;
        }
    }
}

/// Signs in at Keycloak's own form. `page` may be that form or a redirect on the way to
/// it; the answer is Keycloak's, a redirect back or its form again with an error.
pub async fn sign_in(
    visitor: &mut Visitor,
    page: Page,
    username: &str,
    password: &str,
) -> anyhow::Result<Page> {
    let page = visitor.settle(page).await?;
    let form = page
        .form("#kc-form-login")
        .context("Keycloak's sign-in form")?;
    visitor
        .submit(&form.fill("username", username).fill("password", password))
        .await
}

/// The password of one of the four people, and of everybody that tests create.
pub fn password(username: &str) -> String {
    format!("{username}-password")
}

fn spawn(home: &Path, port: u16, url: &str, log: &Path) -> anyhow::Result<Tied> {
    let output = File::create(log).with_context(|| format!("create {}", log.display()))?;
    let mut command = tied::command(home.join("bin/kc.sh"));
    command
        // Without `--cache=local` it opens cluster ports on the outer interface.
        .args([
            "start",
            "--optimized",
            "--cache=local",
            "--http-enabled=true",
        ])
        .args([
            "--http-host=127.0.0.1",
            &format!("--http-port={port}"),
            &format!("--hostname={url}"),
        ])
        .env("KC_BOOTSTRAP_ADMIN_USERNAME", ADMINISTRATOR.0)
        .env("KC_BOOTSTRAP_ADMIN_PASSWORD", ADMINISTRATOR.1)
        .env("JAVA_OPTS_KC_HEAP", "-Xms64m -Xmx256m")
        .env("JAVA_OPTS_APPEND", "-XX:TieredStopAtLevel=1")
        .stdout(output.try_clone()?)
        .stderr(output);
    Tied::spawn(command).context("start kc.sh; is Java there?")
}

fn last_lines(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(25)..].join("\n")
}
