//! Changing the rules while people sign in: a file is dropped, and nothing else happens.

mod load;
mod passed;
mod refused;
mod restart;
mod triggers;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use aws_lc_rs::digest::{SHA256, digest};
use serde_json::Value;
use tokio::time::{Instant, sleep};
use usher_tests::provider::{Person, Provider};
use usher_tests::visitor::Visitor;

use crate::acme::{Acme, MAIN, connect, furnished};
use crate::guest::Guest;

/// How long a change may take until it is seen, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(40);

/// A service whose policy is a file that the test changes; at first it lets everybody into
/// Acme.
struct Site {
    acme: Acme,
    file: PathBuf,
}

impl Site {
    async fn start() -> anyhow::Result<Self> {
        Self::start_with(&marked(&into("acme")?, 0)).await
    }

    async fn start_with(component: &[u8]) -> anyhow::Result<Self> {
        let usher = furnished()?;
        let folder = usher.path("rules");
        std::fs::create_dir(&folder)?;
        let file = folder.join("policy.wasm");
        std::fs::write(&file, component)?;
        let path = file.to_str().context("UTF-8")?.to_owned();
        let provider = Provider::start();
        let usher = connect(usher, &provider, MAIN, &[("policy__module", &path)]);
        let acme = Acme::open(provider, usher).await?;
        Ok(Self { acme, file })
    }

    /// Puts a component in the place of the file, as a careful person does.
    fn drop_file(&self, component: &[u8]) -> anyhow::Result<()> {
        let beside = self.file.with_extension("new");
        std::fs::write(&beside, component)?;
        Ok(std::fs::rename(beside, &self.file)?)
    }

    /// What `/readyz?verbose` says of the policy.
    async fn state(&self) -> anyhow::Result<Value> {
        let page = Visitor::new().get(self.acme.url("/readyz?verbose")).await?;
        assert_eq!(page.status, 200, "{page}");
        Ok(page.json()?["providers"][MAIN]["policy"].clone())
    }

    /// Waits until the state is as it should be.
    async fn until(&self, is: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let state = self.state().await?;
            if is(&state) {
                return Ok(state);
            }
            if Instant::now() > deadline {
                bail!("still {state}\n{}", self.acme.server.stderr());
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until a component decides and nothing is wrong.
    async fn until_active(&self, component: &[u8]) -> anyhow::Result<Value> {
        let sha256 = sha256(component);
        self.until(|state| state["sha256"] == *sha256 && state["last_error"].is_null())
            .await
    }

    /// Somebody new signs in: to which company, decided by which component.
    async fn company_of(&self, name: &str) -> anyhow::Result<(Value, Value)> {
        let mut visitor = self.acme.admitted(Person::new(name)).await?;
        let session = self.acme.session(&mut visitor).await?;
        let record = crate::acme::sign_ins(self.acme.usher.audit()?);
        let record = record.first().context("no record")?;
        Ok((
            session["company"]["id"].clone(),
            record["policy"]["sha256"].clone(),
        ))
    }

    /// The audit records about policies, newest first.
    fn events(&self) -> anyhow::Result<Vec<Value>> {
        let records = self.acme.usher.audit()?.into_iter();
        Ok(records
            .filter(|record| record["kind"] == "policy")
            .collect())
    }

    /// The only row of `usher policy list --json`.
    fn listed(&self) -> anyhow::Result<Value> {
        let printed = self.acme.usher.must(&["policy", "list", "--json"])?;
        let mut rows: Vec<Value> = serde_json::from_str(&printed)?;
        assert_eq!(rows.len(), 1, "{printed}");
        rows.pop().context("one row")
    }

    /// How often the log says something.
    fn said(&self, words: &str) -> usize {
        self.acme.server.stderr().matches(words).count()
    }
}

/// Lets everybody into a company.
fn into(company: &str) -> anyhow::Result<Vec<u8>> {
    Guest::Admit(company).component()
}

/// The same policy with another digest: a custom section that nobody reads is added.
fn marked(component: &[u8], mark: u16) -> Vec<u8> {
    let mut bytes = component.to_vec();
    bytes.extend([0, 7, 4]);
    bytes.extend(b"mark");
    bytes.extend(mark.to_le_bytes());
    bytes
}

fn sha256(bytes: &[u8]) -> String {
    let digest = digest(&SHA256, bytes);
    digest.as_ref().iter().map(|b| format!("{b:02x}")).collect()
}

fn default_policy() -> anyhow::Result<Vec<u8>> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    Ok(std::fs::read(
        tests.join("../policy-guest/usher-default-policy.wasm"),
    )?)
}

#[tokio::test]
async fn a_file_that_is_dropped_decides_the_next_sign_in() -> anyhow::Result<()> {
    let site = Site::start().await?;
    let first = site.state().await?;
    let (company, by) = site.company_of("ann").await?;
    assert_eq!((company, &by), ("acme".into(), &first["sha256"]));

    let beta = into("beta")?;
    site.drop_file(&beta)?;
    let state = site.until_active(&beta).await?;
    assert_eq!(state["contract"], "0.1.0");
    assert!(state["since"].as_str() > first["since"].as_str(), "{state}");
    let (company, by) = site.company_of("bob").await?;
    assert_eq!((company, by), ("beta".into(), sha256(&beta).into()));

    let [swapped, began] = &site.events()?[..] else {
        panic!("{:#?}", site.events()?);
    };
    for (event, sha256) in [(swapped, &state["sha256"]), (began, &first["sha256"])] {
        assert_eq!(event["outcome"], "admitted");
        assert_eq!(event["provider"], MAIN);
        assert_eq!(event["policy"]["sha256"], *sha256);
    }
    let row = site.listed()?;
    assert_eq!(row["sha256"], state["sha256"]);
    assert_eq!(
        (&row["file"], &row["refused"]),
        (&"active".into(), &Value::Null)
    );
    assert_eq!(row["path"], site.file.to_str().context("UTF-8")?);
    let table = site.acme.usher.must(&["policy", "list"])?;
    for words in [&sha256(&beta)[..12], "0.1.0", "is active", "policy.wasm"] {
        assert!(table.contains(words), "{words}: {table}");
    }
    Ok(())
}

#[tokio::test]
async fn the_default_policy_is_listed_too() -> anyhow::Result<()> {
    let acme = Acme::start(&[("default_company", "acme")]).await?;
    let table = acme.usher.must(&["policy", "list"])?;
    for words in [
        "main",
        "built in",
        "is active",
        &sha256(&default_policy()?)[..12],
    ] {
        assert!(table.contains(words), "{words}: {table}");
    }
    let nobody = furnished()?;
    assert_eq!(nobody.must(&["policy", "list", "--json"])?.trim(), "[]");
    Ok(())
}
