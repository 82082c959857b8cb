//! `usher doctor`: looks a deployment over from end to end, and says what to do about each
//! thing that is not as it should be (`spec.md` §2).
//!
//! Nothing is changed, and nothing is taken for granted: what a sign-in would need is asked
//! now, as a sign-in would ask.

mod configuration;
mod host;
mod policy;
mod provider;
mod records;
mod secrets;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use crate::clock::Clock;
use crate::config::Environment;
use crate::domain::{Entropy, Provider};
use crate::oidc::RelyingParty;
use crate::policy::{Runtime, RuntimeOptions};

/// How something was found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// As it should be.
    Fine,
    /// It works, or may work, and deserves a look.
    Attention,
    /// People cannot sign in, or not as configured.
    Broken,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `configuration`, `host`, or `provider` and its name.
    pub about: String,
    /// What was looked at, in a word or two that stay the same.
    pub check: &'static str,
    /// How it was found.
    pub level: Level,
    /// What was found.
    pub what: String,
    /// What to do; nothing where all is fine.
    pub fix: Option<String>,
}

/// What is examined, and with what.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The environment.
    pub environment: &'a Environment,
    /// The configuration file.
    pub file: Option<&'a Path>,
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub entropy: Entropy,
}

/// Everything that is found, told as soon as it is.
pub struct Report<'a> {
    about: String,
    tell: &'a mut dyn FnMut(&Finding),
    worst: Level,
}

impl<'a> Report<'a> {
    /// A report that tells `tell` of each finding.
    pub fn new(tell: &'a mut dyn FnMut(&Finding)) -> Self {
        Self {
            about: String::new(),
            tell,
            worst: Level::Fine,
        }
    }

    /// The worst of all that was found.
    pub fn worst(&self) -> Level {
        self.worst
    }

    fn turn_to(&mut self, about: impl Into<String>) {
        self.about = about.into();
    }

    fn fine(&mut self, check: &'static str, what: impl Into<String>) {
        self.add(Level::Fine, check, what.into(), None);
    }

    fn attention(&mut self, check: &'static str, what: impl Into<String>, fix: impl Into<String>) {
        self.add(Level::Attention, check, what.into(), Some(fix.into()));
    }

    fn broken(&mut self, check: &'static str, what: impl Into<String>, fix: impl Into<String>) {
        self.add(Level::Broken, check, what.into(), Some(fix.into()));
    }

    fn add(&mut self, level: Level, check: &'static str, what: String, fix: Option<String>) {
        self.worst = self.worst.max(level);
        (self.tell)(&Finding {
            about: self.about.clone(),
            check,
            level,
            what,
            fix: fix.filter(|fix| !fix.is_empty()),
        });
    }
}

/// Examines everything, in the order in which a service starts and a sign-in goes.
pub async fn examine(subject: Subject<'_>, report: &mut Report<'_>) {
    report.turn_to("configuration");
    let Some(config) = configuration::read(subject, report) else {
        return;
    };
    // A configuration without one is an error, which is told already.
    let Some(public_url) = config.host.public_url.clone() else {
        return;
    };
    secrets::examine(&config, report);

    report.turn_to("host");
    host::public_url(&public_url, report);
    host::listener(&config, report).await;
    let store = host::database(&config, report).await;
    let vault = match &store {
        Some(store) => host::key(&config, store, subject.entropy, report).await,
        None => None,
    };
    let outbound = host::trust(&config, report);
    let runtime = Runtime::start(RuntimeOptions::default());

    for provider in &config.providers {
        report.turn_to(format!("provider {}", provider.name));
        if let Some(outbound) = &outbound {
            let redirect_uri = public_url.callback(&provider.name);
            let asked = Arc::new(provider.clone());
            let relying_party = RelyingParty::new(asked, redirect_uri, outbound);
            provider::examine(&public_url, &relying_party, subject, report).await;
        }
        policy::examine(&config, provider, &runtime, report).await;
        if let Some(store) = &store {
            host::default_company(&config, provider, store, report).await;
        }
        if let (Some(store), Some(vault)) = (&store, &vault) {
            let now = subject.clock.now();
            records::examine(provider, store, vault, now, report).await;
        }
    }
}

/// Whether a provider is Keycloak, as its address shows: advice then names its pages.
fn is_keycloak(provider: &Provider) -> bool {
    provider.base_url.contains("/realms/")
}

/// How long ago, for people.
fn ago(then: Timestamp, now: Timestamp) -> String {
    let minutes = now.duration_since(then).as_mins();
    match minutes {
        ..1 => "less than a minute ago".to_owned(),
        1..120 => format!("{minutes} min ago"),
        120..2880 => format!("{} h ago", minutes / 60),
        _ => format!("{} days ago", minutes / 1440),
    }
}
