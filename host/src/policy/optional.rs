//! The contract's optional exports, `check` and `about`: found by name when a policy is loaded,
//! and asked before it decides about anybody.

use serde::Serialize;
use tokio::sync::oneshot;
use wasmtime::Store;
use wasmtime::component::{
    Component, ComponentExportIndex, ComponentNamedList, ComponentType, Instance, Lift,
};

use super::Policy;
use super::case::Case;
use super::evidence::plain;
use super::failure::{Failure, FailureKind};
use super::inspect::Inspection;
use super::limits::{ABOUT_CHARS, LOG_CHARS, PROBLEMS};
use super::session::Session;
use super::threads::Owner;
use crate::domain::Question;

/// What a policy finds wrong with the site's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SettingProblem {
    /// RFC 6901 pointer into the settings document.
    pub pointer: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// `problem` of the interface `check`.
#[derive(ComponentType, Lift)]
#[component(record)]
struct Found {
    pointer: String,
    message: String,
}

/// Where the optional functions of one component are.
#[derive(Clone, Copy)]
pub(super) struct Optional {
    check: Option<Check>,
    describe: Option<ComponentExportIndex>,
}

#[derive(Clone, Copy)]
struct Check {
    schema: ComponentExportIndex,
    check: ComponentExportIndex,
}

impl Optional {
    /// Looks for the interfaces that the component exports.
    ///
    /// # Errors
    /// One of them lacks a function; the words name it.
    pub(super) fn of(component: &Component, inspection: &Inspection) -> Result<Self, String> {
        let find = |interface: &str, function: &str| -> Result<_, String> {
            let Some(name) = inspection.export(interface) else {
                return Ok(None);
            };
            let outer = component.get_export_index(None, name);
            let inner = outer.and_then(|outer| component.get_export_index(Some(&outer), function));
            match inner {
                Some(function) => Ok(Some(function)),
                None => Err(format!("{name} has no function `{function}`")),
            }
        };
        let check = find("check", "schema")?.zip(find("check", "check")?);
        Ok(Self {
            check: check.map(|(schema, check)| Check { schema, check }),
            describe: find("about", "describe")?,
        })
    }

    /// Whether the functions have the types of the contract.
    ///
    /// # Errors
    /// The first that has not.
    pub(super) fn have_their_types(
        &self,
        instance: &Instance,
        store: &mut Store<Session>,
    ) -> wasmtime::Result<()> {
        if let Some(Check { schema, check }) = &self.check {
            instance.get_typed_func::<(), (String,)>(&mut *store, schema)?;
            instance.get_typed_func::<(), (Vec<Found>,)>(&mut *store, check)?;
        }
        if let Some(describe) = &self.describe {
            instance.get_typed_func::<(), (String,)>(&mut *store, describe)?;
        }
        Ok(())
    }
}

impl Policy {
    /// What the policy itself finds wrong with the settings of this question; `None` if it checks
    /// none. It can read them and nothing else.
    ///
    /// # Errors
    /// The failure of the check.
    pub async fn check_settings(
        &self,
        question: Question,
    ) -> Result<Option<Vec<SettingProblem>>, Failure> {
        let Some(Check { check, .. }) = self.revision.optional.check else {
            return Ok(None);
        };
        let found: Vec<Found> = self.ask(question, check).await?;
        let found = found.into_iter().take(PROBLEMS);
        let problem = |found: Found| SettingProblem {
            pointer: one_line(found.pointer, LOG_CHARS),
            message: one_line(found.message, LOG_CHARS),
        };
        Ok(Some(found.map(problem).collect()))
    }

    /// The JSON Schema of the site's own settings, as the policy gives it; `None` if it has none.
    ///
    /// # Errors
    /// The failure of the call.
    pub async fn settings_schema(&self) -> Result<Option<String>, Failure> {
        self.text(self.revision.optional.check.map(|check| check.schema))
            .await
    }

    /// What the policy says about itself: JSON, by the contract; `None` if it says nothing.
    ///
    /// # Errors
    /// The failure of the call.
    pub async fn description(&self) -> Result<Option<String>, Failure> {
        self.text(self.revision.optional.describe).await
    }

    async fn text(
        &self,
        function: Option<ComponentExportIndex>,
    ) -> Result<Option<String>, Failure> {
        let Some(function) = function else {
            return Ok(None);
        };
        let (nobody, _) = Case::default().question_and_directory();
        let text = self.ask(nobody, function).await?;
        Ok(Some(plain(text, ABOUT_CHARS)))
    }

    /// Calls a function that takes nothing, in a fresh sandbox, on a thread for guests.
    async fn ask<T>(&self, question: Question, function: ComponentExportIndex) -> Result<T, Failure>
    where
        T: Send + 'static,
        (T,): ComponentNamedList + Lift,
    {
        let (reply, answer) = oneshot::channel();
        let this = self.clone();
        let job = move || {
            // Whoever asked may have gone away.
            let _ = reply.send(this.call(question, function));
        };
        let owner = Owner(std::sync::Arc::as_ptr(&self.revision).addr());
        let broken = |kind, words: &str| Err(Failure::new(kind, words));
        match self.inner.threads.submit(owner, job) {
            Err(_full) => broken(FailureKind::QueueFull, "the threads for policies are busy"),
            Ok(()) => match answer.await {
                Ok(answer) => answer,
                Err(_panicked) => broken(FailureKind::Trap, "the policy runtime panicked"),
            },
        }
    }

    fn call<T>(&self, question: Question, function: ComponentExportIndex) -> Result<T, Failure>
    where
        (T,): ComponentNamedList + Lift,
    {
        let (_, nothing) = Case::default().question_and_directory();
        let (nothing, limits) = (std::sync::Arc::new(nothing), self.revision.limits);
        let session = Session::new(Box::new(question), nothing, None, limits);
        let mut store = self.inner.sandbox.store(session);
        let pre = self.revision.pre.instance_pre();
        let answer = pre.instantiate(&mut store).and_then(|instance| {
            let function = instance.get_typed_func::<(), (T,)>(&mut store, function)?;
            function.call(&mut store, ())
        });
        match answer {
            Ok((answer,)) => Ok(answer),
            Err(error) => Err(Failure::of_call(&error, &store.data().recorder.logs)),
        }
    }
}

fn one_line(text: String, most: usize) -> String {
    plain(text, most).replace(['\n', '\t'], " ")
}
