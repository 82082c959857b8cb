//! One service for all guests that can be loaded, each as the policy of a provider of its name.

use std::sync::{Arc, Weak};

use anyhow::{Context, ensure};
use serde_json::Value;
use tokio::sync::Mutex;
use usher_tests::guests;
use usher_tests::provider::Provider;
use usher_tests::visitor::{Page, Visitor};

use super::{contained, harmless};
use crate::acme::{Acme, MAIN, connect, furnished, sign_ins};

/// Shared by the tests that run at the same time, and gone after the last of them.
static SITE: Mutex<Weak<Acme>> = Mutex::const_new(Weak::new());

/// Everybody who signs in is the same person: the provider is shared too.
pub(super) async fn site() -> anyhow::Result<Arc<Acme>> {
    let mut shared = SITE.lock().await;
    if let Some(site) = shared.upgrade() {
        return Ok(site);
    }
    let provider = Provider::start();
    let mut usher = connect(
        furnished()?,
        &provider,
        MAIN,
        &[("default_company", "acme")],
    );
    for name in [contained::NAMES, harmless::NAMES].concat() {
        if let Some(file) = guests::component(&folder(name))? {
            let file = file.display().to_string();
            usher = connect(usher, &provider, name, &[("policy__module", &file)]);
        }
    }
    let site = Arc::new(Acme::open(provider, usher).await?);
    *shared = Arc::downgrade(&site);
    Ok(site)
}

/// The folder of the guest that a test is named after.
pub(super) fn folder(name: &str) -> String {
    name.replace('_', "-")
}

/// Somebody signs in through a provider: the browser, the page where it ended and the one record.
pub(super) async fn sign_in(site: &Acme, provider: &str) -> anyhow::Result<(Visitor, Page, Value)> {
    let before = records(site, provider)?.len();
    let mut visitor = Visitor::new();
    let start = site.url(&format!("/login/start?provider={provider}"));
    let page = visitor.get(start).await?;
    let page = visitor.settle(page).await?;
    let records = records(site, provider)?;
    assert_eq!(records.len(), before + 1, "{provider}: one record");
    let record = records.into_iter().next().context("a record")?;
    Ok((visitor, page, record))
}

/// The next person, whose provider has an honest policy, comes in.
pub(super) async fn the_next_one_comes_in(site: &Acme) -> anyhow::Result<()> {
    let mut visitor = Visitor::new();
    let start = site.url(&format!("/login/start?provider={MAIN}"));
    let page = visitor.get(start).await?;
    let page = visitor.settle(page).await?;
    ensure!(page.status == 200, "the next one is not let in: {page}");
    let session = site.session(&mut visitor).await?;
    assert_eq!(session["company"]["id"], "acme", "{session}");
    Ok(())
}

fn records(site: &Acme, provider: &str) -> anyhow::Result<Vec<Value>> {
    let mut records = sign_ins(site.usher.audit()?);
    records.retain(|record| record["provider"] == provider);
    Ok(records)
}
