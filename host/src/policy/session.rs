//! What the host holds for one running guest.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::evidence::Recorder;
use super::failure::{FailureKind, Stop};
use super::limits::{Allocated, Limits, TICK, WHOLE};
use crate::clock::Stopwatch;
use crate::domain::{LookupFailed, Lookups, Pending, Question};

/// The state behind one store: the question, what may still be asked, and what was.
pub(super) struct Session {
    pub(super) question: Box<Question>,
    pub(super) recorder: Recorder,
    pub(super) allocated: Allocated,
    pub(super) time: Time,
    lookups: Arc<dyn Lookups>,
    /// Where look-ups wait; none while a policy is only tried out.
    runtime: Option<Handle>,
}

impl Session {
    pub(super) fn new(
        question: Box<Question>,
        lookups: Arc<dyn Lookups>,
        runtime: Option<Handle>,
        limits: &'static Limits,
    ) -> Self {
        Self {
            question,
            recorder: Recorder::default(),
            allocated: Allocated::new(limits),
            time: Time::start(limits.cpu),
            lookups,
            runtime,
        }
    }

    /// The directory, to be asked and then waited for.
    pub(super) fn lookups(&self) -> Arc<dyn Lookups> {
        Arc::clone(&self.lookups)
    }

    /// Waits for the directory. The wait is not the guest's time, but the decision's.
    ///
    /// # Errors
    /// `lookup` if it does not answer, `timeout` if not soon enough.
    pub(super) fn wait<T>(&mut self, pending: Pending<'_, T>) -> Result<T, Stop> {
        let Some(runtime) = &self.runtime else {
            let words = "a policy may not ask the directory before it decides";
            return Err(Stop::new(FailureKind::Lookup, words));
        };
        self.time.charge();
        let remaining = self.time.remaining();
        let answer = answered(runtime, remaining, pending);
        self.time.resume();
        match answer {
            Ok(answer) => answer.map_err(|LookupFailed(source)| {
                let words = format!("the directory did not answer: {source:#}");
                Stop::new(FailureKind::Lookup, words)
            }),
            Err(_) => Err(too_long_altogether()),
        }
    }
}

/// The answer; an error if there is none in time. What is there at once, from a case or a record, takes
/// no timer and no parking of the thread, which together cost more than a small policy.
fn answered<T>(
    runtime: &Handle,
    remaining: Duration,
    mut pending: Pending<'_, T>,
) -> Result<Result<T, LookupFailed>, Elapsed> {
    let entered = runtime.enter();
    let first = pending
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    drop(entered);
    match first {
        Poll::Ready(answer) => Ok(answer),
        Poll::Pending => runtime.block_on(async { timeout(remaining, pending).await }),
    }
}

/// The time of one decision.
///
/// The guest's own time is summed up between looks at it, each stretch counted as two ticks at
/// most: when the machine pauses the thread, that is not the guest's doing.
#[derive(Debug)]
pub(super) struct Time {
    whole: Stopwatch,
    stretch: Stopwatch,
    spent: Duration,
    budget: Duration,
}

impl Time {
    fn start(budget: Duration) -> Self {
        Self {
            whole: Stopwatch::start(),
            stretch: Stopwatch::start(),
            spent: Duration::ZERO,
            budget,
        }
    }

    /// Called on every tick that the guest is running.
    ///
    /// # Errors
    /// `timeout`.
    pub(super) fn check(&mut self) -> Result<(), Stop> {
        self.charge();
        if self.spent >= self.budget {
            let words = format!("more than {} ms in the policy", self.budget.as_millis());
            return Err(Stop::new(FailureKind::Timeout, words));
        }
        if self.whole.elapsed() >= WHOLE {
            return Err(too_long_altogether());
        }
        Ok(())
    }

    fn charge(&mut self) {
        self.spent += self.stretch.elapsed().min(2 * TICK);
        self.resume();
    }

    fn resume(&mut self) {
        self.stretch = Stopwatch::start();
    }

    fn remaining(&self) -> Duration {
        WHOLE.saturating_sub(self.whole.elapsed())
    }
}

fn too_long_altogether() -> Stop {
    let words = format!("more than {} s for the whole decision", WHOLE.as_secs());
    Stop::new(FailureKind::Timeout, words)
}
