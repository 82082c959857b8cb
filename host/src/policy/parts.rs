//! A decision taken apart, for measurements: `cargo bench --bench decision` and `usher policy
//! bench` time these parts. Each is the code that decides, without the queue before it and the
//! digests after it, on the thread of the caller.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::bindings::{claims, decide, directory, log, request, settings};
use super::decide::run;
use super::failure::{Failure, FailureKind};
use super::session::Session;
use super::{Policy, convert};
use crate::domain::{Decision, Lookups, Question};

/// The contract as the host sees it, for rules that run natively over the same host functions.
#[doc(hidden)]
pub mod contract {
    pub use crate::policy::bindings::{claims, decide, directory, log, request, settings, types};
}

/// What a policy can ask, answered by the very code that answers a guest, record included.
pub trait Asked:
    request::Host + claims::Host + settings::Host + directory::Host + log::Host
{
}

impl Asked for Session {}

/// The parts of this policy's decisions.
#[derive(Debug, Clone)]
pub struct Parts {
    policy: Policy,
    runtime: Handle,
}

impl Parts {
    /// The parts of a policy; look-ups wait in the runtime of the caller.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn of(policy: &Policy) -> Self {
        Self {
            policy: policy.clone(),
            runtime: Handle::current(),
        }
    }

    /// Makes an instance and drops it. The question comes back, so that no measurement contains
    /// its making or its end.
    ///
    /// # Errors
    /// What keeps the instance from being made.
    pub fn instantiate(&self, question: Box<Question>, lookups: &Arc<dyn Lookups>) -> Outcome<()> {
        let Policy { inner, revision } = &self.policy;
        let mut store = inner.sandbox.store(self.session(question, lookups));
        let made = revision.pre.instantiate(&mut store).map(drop);
        let Session {
            question, recorder, ..
        } = store.into_data();
        let made = made.map_err(|error| Failure::of_call(&error, &recorder.logs));
        (question, made)
    }

    /// Asks the policy in a fresh sandbox, and checks the answer.
    ///
    /// # Errors
    /// The failure that a sign-in would end with.
    pub fn decide(&self, question: Box<Question>, lookups: &Arc<dyn Lookups>) -> Outcome<Decision> {
        let Policy { inner, revision } = &self.policy;
        let (ran, question) = run(&inner.sandbox, revision, self.session(question, lookups));
        (question, ran.outcome)
    }

    /// Asks native rules in the same way, and checks the answer.
    ///
    /// # Errors
    /// The failure that a sign-in would end with.
    pub fn native(
        &self,
        question: Box<Question>,
        lookups: &Arc<dyn Lookups>,
        rules: impl FnOnce(&mut dyn Asked) -> Result<decide::Decision, String>,
    ) -> Outcome<Decision> {
        let mut session = self.session(question, lookups);
        let answer = rules(&mut session);
        let failed = |words| Failure::new(FailureKind::Error, words);
        let outcome = answer.map_err(failed).and_then(convert::decision);
        (session.question, outcome)
    }

    fn session(&self, question: Box<Question>, lookups: &Arc<dyn Lookups>) -> Session {
        let (lookups, runtime) = (Arc::clone(lookups), self.runtime.clone());
        let limits = self.policy.revision.limits;
        Session::new(question, lookups, Some(runtime), limits)
    }
}

/// The question, to be asked again, and what came of it.
pub type Outcome<T> = (Box<Question>, Result<T, Failure>);
