//! The one function that decides.

use std::sync::Arc;

use serde_json::Value;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use wasmtime::Store;

use super::bindings::decide as bindings;
use super::engine::Sandbox;
use super::evidence::{Recorder, plain};
use super::failure::{Failure, FailureKind};
use super::limits::{LOG_CHARS, WHOLE};
use super::revision::{Revision, sha256_hex};
use super::session::Session;
use super::threads::Owner;
use super::{Policy, convert};
use crate::clock::Stopwatch;
use crate::domain::{Cost, Decision, Evidence, Lookups, PolicyId, Question};

/// What a policy said, or why it said nothing, and what that rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// The decision, checked for its form, or the failure that ends the sign-in.
    pub outcome: Result<Decision, Failure>,
    /// What was read and asked until the end, a failure's too.
    pub evidence: Evidence,
}

impl Policy {
    /// Asks the policy, in a fresh sandbox on a thread for guests. A sign-in, a case, a
    /// replay and the playground all come through here.
    ///
    /// Dropping the future changes nothing for anybody else: a decision that has not begun is
    /// not begun, one that runs ends within its limits.
    ///
    /// # Panics
    /// Outside of a tokio runtime: look-ups wait there.
    pub async fn decide(&self, question: Question, lookups: Arc<dyn Lookups>) -> Decided {
        let settings_sha256 = settings_digest(&question.settings);
        let (reply, decided) = oneshot::channel();
        let queued = Stopwatch::start();
        let runtime = Handle::current();
        let question = Box::new(question);
        let Self { inner, revision } = self.clone();
        let job = move || {
            if reply.is_closed() {
                return;
            }
            let waited = queued.elapsed();
            let (mut ran, question) = if waited < WHOLE {
                let session = Session::new(question, lookups, Some(runtime), revision.limits);
                run(&inner.sandbox, &revision, session)
            } else {
                (Ran::not(queue_full()), question)
            };
            ran.cost.queued_us = u64::try_from(waited.as_micros()).unwrap_or(u64::MAX);
            // Whoever asked may have gone away; nobody else is waiting.
            let _ = reply.send(ran);
            // All claims are taken apart here: nobody has to wait for that.
            drop(question);
        };
        let owner = Owner(Arc::as_ptr(&self.revision).addr());
        let ran = match self.inner.threads.submit(owner, job) {
            Err(_full) => Ran::not(queue_full()),
            Ok(()) => decided.await.unwrap_or_else(|_panicked| Ran::not(lost())),
        };
        ran.into_decided(self.id().clone(), settings_sha256)
    }
}

/// How one run ended.
pub(super) struct Ran {
    pub(super) outcome: Result<Decision, Failure>,
    recorder: Recorder,
    cost: Cost,
}

/// Makes an instance, asks it, checks the answer; the question comes back.
pub(super) fn run(
    sandbox: &Sandbox,
    revision: &Revision,
    session: Session,
) -> (Ran, Box<Question>) {
    let mut cost = Cost::default();
    let mut store = sandbox.store(session);
    let answer = ask(&mut store, revision, &mut cost);
    let Session {
        recorder, question, ..
    } = store.into_data();
    let outcome = match answer {
        Ok(Ok(answer)) => convert::decision(answer),
        Ok(Err(words)) => {
            let words = plain(words, LOG_CHARS);
            Err(Failure::new(FailureKind::Error, words))
        }
        Err(error) => Err(Failure::of_call(&error, &recorder.logs)),
    };
    let ran = Ran {
        outcome,
        recorder,
        cost,
    };
    (ran, question)
}

type Answer = Result<bindings::Decision, String>;

fn ask(
    store: &mut Store<Session>,
    revision: &Revision,
    cost: &mut Cost,
) -> wasmtime::Result<Answer> {
    let started = Stopwatch::start();
    let instance = revision.pre.instantiate(&mut *store);
    cost.instantiate_us = started.micros();
    let instance = instance?;
    let answer = instance.usher_policy_decide().call_decide(store);
    cost.decide_us = started.micros() - cost.instantiate_us;
    answer
}

impl Ran {
    fn not(failure: Failure) -> Self {
        Self {
            outcome: Err(failure),
            recorder: Recorder::default(),
            cost: Cost::default(),
        }
    }

    fn into_decided(self, policy: PolicyId, settings_sha256: String) -> Decided {
        Decided {
            outcome: self.outcome,
            evidence: Evidence {
                policy,
                settings_sha256,
                reads: self.recorder.reads,
                lookups: self.recorder.lookups,
                logs: self.recorder.logs,
                cost: self.cost,
            },
        }
    }
}

/// SHA-256 of the settings document, as `settings.document` gives it to the policy.
fn settings_digest(settings: &Value) -> String {
    sha256_hex(settings.to_string().as_bytes())
}

fn queue_full() -> Failure {
    let words =
        "too many sign-ins at once: the threads of this policy are busy and its queue is full";
    Failure::new(FailureKind::QueueFull, words)
}

fn lost() -> Failure {
    let words = "the policy runtime panicked; the log has the place";
    Failure::new(FailureKind::Trap, words)
}
