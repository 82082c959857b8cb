//! What is counted, for `/metrics` on the listener of its own.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::domain::{AuditOutcome, Code, PolicyId, ProviderName};

/// Everything that is counted since the start.
pub(super) struct Metrics {
    registry: Registry,
    sign_ins: Family<SignIn, Counter>,
    durations: Family<OfProvider, Histogram>,
    up: Family<OfProvider, Gauge>,
    contacts: Family<OfProvider, Gauge<f64, AtomicU64>>,
    policies: Family<OfPolicy, Gauge>,
    refused: Family<OfProvider, Gauge>,
    database: Gauge,
    limited: Family<Limited, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Limited {
    what: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SignIn {
    provider: String,
    outcome: &'static str,
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfProvider {
    provider: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfPolicy {
    provider: String,
    sha256: String,
    contract: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

/// How things are with a provider at the moment of asking.
pub(super) struct Standing<'a> {
    pub(super) provider: &'a ProviderName,
    /// Whether it answered when it was last asked; unknown before that.
    pub(super) up: Option<bool>,
    /// Seconds since 1970.
    pub(super) last_contact: Option<i64>,
    pub(super) policy: PolicyId,
    /// Whether a newer policy was refused.
    pub(super) refused: bool,
}

impl Metrics {
    /// All at zero.
    pub(super) fn new() -> Self {
        let mut registry = Registry::with_prefix("usher");
        let seconds = || Histogram::new(exponential_buckets(0.005, 2.0, 12));
        let durations = Family::<OfProvider, Histogram>::new_with_constructor(seconds);
        let metrics = Self {
            sign_ins: Family::default(),
            durations,
            up: Family::default(),
            contacts: Family::default(),
            policies: Family::default(),
            refused: Family::default(),
            database: Gauge::default(),
            limited: Family::default(),
            registry: Registry::default(),
        };
        let (help, all) = (
            "Sign-ins that reached the callback",
            metrics.sign_ins.clone(),
        );
        registry.register("sign_ins", help, all);
        let help = "From the callback to its answer, the provider's part included";
        let all = metrics.durations.clone();
        registry.register_with_unit("sign_in", help, Unit::Seconds, all);
        let help = "Whether the provider answered when it was last asked";
        registry.register("provider_up", help, metrics.up.clone());
        let help = "When the provider last answered";
        let all = metrics.contacts.clone();
        registry.register_with_unit("provider_last_contact_timestamp", help, Unit::Seconds, all);
        let help = "The policy that decides";
        registry.register("policy_info", help, metrics.policies.clone());
        let help = "Whether a newer policy was refused, so that the earlier one still decides";
        registry.register("policy_refused", help, metrics.refused.clone());
        let help = "Whether the database answers";
        registry.register("database_up", help, metrics.database.clone());
        let help = "Requests beyond a rate limit, which leave no record";
        registry.register("rate_limited", help, metrics.limited.clone());
        let build = Family::<Build, Gauge>::default();
        let version = env!("CARGO_PKG_VERSION");
        build.get_or_create(&Build { version }).set(1);
        registry.register("build_info", "Which Usher this is", build);
        Self {
            registry,
            ..metrics
        }
    }

    /// A sign-in ended. A policy's own code counts as `policy_refused`, so that nobody makes
    /// series without end.
    pub(super) fn sign_in(
        &self,
        provider: &ProviderName,
        outcome: AuditOutcome,
        code: Option<Code>,
        seconds: f64,
    ) {
        let provider = provider.to_string();
        let labels = SignIn {
            provider: provider.clone(),
            outcome: match outcome {
                AuditOutcome::Admitted => "admitted",
                AuditOutcome::Refused => "refused",
                AuditOutcome::Failed => "failed",
            },
            code: code.map_or("", Code::as_str),
        };
        self.sign_ins.get_or_create(&labels).inc();
        self.durations
            .get_or_create(&OfProvider { provider })
            .observe(seconds);
    }

    /// A request came too often.
    pub(super) fn limited(&self, what: &'static str) {
        self.limited.get_or_create(&Limited { what }).inc();
    }

    /// Everything as text, with how things stand now.
    pub(super) fn text<'a>(
        &self,
        database: bool,
        providers: impl Iterator<Item = Standing<'a>>,
    ) -> Result<String, std::fmt::Error> {
        self.database.set(i64::from(database));
        self.policies.clear();
        for standing in providers {
            let provider = standing.provider.to_string();
            let of = OfProvider {
                provider: provider.clone(),
            };
            if let Some(up) = standing.up {
                self.up.get_or_create(&of).set(i64::from(up));
            }
            if let Some(seconds) = standing.last_contact {
                // Exact far beyond any date.
                self.contacts.get_or_create(&of).set(seconds as f64);
            }
            let refused = i64::from(standing.refused);
            self.refused.get_or_create(&of).set(refused);
            let policy = OfPolicy {
                provider,
                sha256: standing.policy.sha256,
                contract: standing.policy.contract,
            };
            self.policies.get_or_create(&policy).set(1);
        }
        let mut written = String::new();
        text::encode(&mut written, &self.registry)?;
        Ok(written)
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}
