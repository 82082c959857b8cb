use jiff::Timestamp;

use super::LoginError;
use crate::clock::Stopwatch;
use crate::directory::Applied;
use crate::domain::{
    AdminEffect, AuditOutcome, Call, Claims, CompanyId, Decision, Effect, Entropy, Evidence, Kind,
    Lookup, ProviderName, Record, Reference, ReturnTo, Secret, UserId, VerifiedIdentity,
};
use crate::oidc::Seen;
use crate::policy::{Decided, Failure};
use crate::seal::Vault;
use crate::sessions::Attempt;

/// What is not recorded.
#[derive(Default)]
pub(super) struct Aside {
    pub(super) email: Option<String>,
    pub(super) id_token: Option<Secret>,
    pub(super) company: Option<CompanyId>,
    pub(super) return_to: Option<ReturnTo>,
    /// Who tries the sign-in out, and what only they are shown.
    pub(super) tester: Option<UserId>,
    pub(super) also_seen: Vec<Seen>,
}

/// The audit record of an attempt under way: filled in step by step, so that an attempt
/// which ends early has everything that was known by then.
pub struct Draft {
    pub(super) record: Record,
    pub(super) claims: Option<Claims>,
    /// What the refused page needs, as far as the attempt came.
    pub(super) aside: Aside,
    step: Stopwatch,
}

impl Draft {
    /// A record with nothing but a reference, a time and the provider whose callback was hit.
    pub(super) fn new(provider: &ProviderName, entropy: &Entropy, now: Timestamp) -> Self {
        let reference = Reference::from_bytes(entropy.bytes());
        let record = Record {
            provider: Some(provider.clone()),
            ..Record::new(reference, now, Kind::SignIn)
        };
        Self {
            record,
            claims: None,
            aside: Aside::default(),
            step: Stopwatch::start(),
        }
    }

    /// The reference that a page shows.
    pub(super) fn reference(&self) -> &Reference {
        &self.record.reference
    }

    /// The attempt that the answer belongs to.
    pub(super) fn began(&mut self, attempt: &Attempt) {
        self.aside.company.clone_from(&attempt.company);
        self.aside.return_to = Some(attempt.return_to.clone());
        self.aside.tester.clone_from(&attempt.tester);
    }

    /// Whether an operator tries a sign-in out.
    pub(super) fn is_test(&self) -> bool {
        self.aside.tester.is_some()
    }

    /// What the site's settings leave aside, for whoever tries them out.
    pub(super) fn also_saw(&mut self, seen: Vec<Seen>) {
        self.aside.also_seen = seen;
    }

    /// Writes down what the step that just ended took.
    pub(super) fn lap(&mut self, step: &str) {
        self.record
            .durations_us
            .insert(step.to_owned(), self.step.micros());
        self.step = Stopwatch::start();
    }

    /// The tokens held: who it is about, and all claims.
    pub(super) fn identified(&mut self, identity: &VerifiedIdentity, vault: &Vault) {
        let hmac = subject_hmac(vault, &identity.issuer, &identity.subject);
        self.record.subject_hmac = Some(hmac);
        self.aside.email = identity.email.as_ref().map(|e| e.address().to_owned());
        self.aside.id_token = Some(identity.raw_id_token.clone());
        self.claims = Some(identity.claims.clone());
        self.lap("verify");
    }

    /// The policy answered, or failed to: what it rests on is kept either way.
    pub(super) fn decided(&mut self, decided: Decided) -> Result<Decision, Failure> {
        let Evidence {
            policy,
            settings_sha256,
            reads,
            lookups,
            logs,
            cost,
        } = decided.evidence;
        self.lap("decide");
        self.record.policy = Some(policy);
        self.record.settings_sha256 = Some(settings_sha256);
        self.record.reads = reads;
        note_unknown(&mut self.record.groups.unknown, not_found(&lookups));
        self.record.lookups = lookups;
        self.record.logs = logs;
        for (step, micros) in [
            ("decide.queued", cost.queued_us),
            ("decide.instantiate", cost.instantiate_us),
            ("decide.run", cost.decide_us),
        ] {
            self.record.durations_us.insert(step.to_owned(), micros);
        }
        let decision = decided.outcome?;
        self.record.trace.clone_from(&decision.trace);
        Ok(decision)
    }

    /// The decision was applied: the record of an admission.
    pub(super) fn admitted(&mut self, applied: &Applied) -> &Record {
        self.lap("apply");
        self.record.outcome = AuditOutcome::Admitted;
        self.record.company = Some(applied.company.clone());
        self.record.user = Some(applied.user.clone());
        let Effect {
            added,
            removed,
            unknown,
        } = applied.groups.clone();
        self.record.groups.added = added;
        self.record.groups.removed = removed;
        note_unknown(&mut self.record.groups.unknown, unknown);
        self.record.admin = applied.admin;
        &self.record
    }

    /// The attempt ended: the record of a refusal or failure.
    pub(super) fn ended(&mut self, error: &LoginError) -> &Record {
        self.record.outcome = error.outcome();
        self.record.code = Some(error.recorded_code().to_owned());
        self.record.detail = error.detail();
        self.record.company = None;
        self.record.user = None;
        self.record.groups.added.clear();
        self.record.groups.removed.clear();
        self.record.admin = AdminEffect::default();
        &self.record
    }
}

/// Names that the policy looked for and the company does not have: a decision may well leave
/// them out, and the administrator still wants to know them.
fn not_found(lookups: &[Lookup]) -> Vec<String> {
    let mut unknown = Vec::new();
    for lookup in lookups {
        let Call::FindGroups { asked, answer } = &lookup.call else {
            continue;
        };
        let found = |name: &&String| answer.iter().any(|found| found.asked == **name);
        unknown.extend(asked.names.iter().filter(|name| !found(name)).cloned());
    }
    unknown
}

fn note_unknown(noted: &mut Vec<String>, names: Vec<String>) {
    for name in names {
        if !noted.contains(&name) {
            noted.push(name);
        }
    }
}

/// Finds a person's records without naming them (`spec.md` §6).
pub(super) fn subject_hmac(vault: &Vault, issuer: &str, subject: &str) -> String {
    // The length keeps two pairs from running into each other.
    let data = format!("{}:{issuer}{subject}", issuer.len());
    vault.hmac("audit subject", data.as_bytes())
}
