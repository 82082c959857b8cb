use std::fmt;
use std::sync::Arc;

use super::compile::Compiler;
use super::engine::Sandbox;
use super::revision::{LoadError, Revision};
use super::threads::Threads;
use crate::domain::{PolicyId, PolicyLimits};

/// How the runtime is laid out.
#[derive(Debug, Clone, Copy, Default)]
pub struct RuntimeOptions {
    /// Threads that one policy may have at once; by default one per core. There is one more,
    /// so that a policy whose guests loop does not keep others waiting.
    pub threads: Option<usize>,
    /// Decisions of one policy that wait for a thread before more are refused with
    /// `queue_full`; by default [`RuntimeOptions::QUEUE`].
    pub queue: Option<usize>,
}

impl RuntimeOptions {
    /// Decisions that may wait for a thread unless said otherwise.
    pub const QUEUE: usize = 128;
}

/// The engine, its clock and the guest threads: one per process. A clone is another handle.
#[derive(Clone)]
pub struct Runtime {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) sandbox: Sandbox,
    pub(super) threads: Threads,
}

impl Runtime {
    /// Starts the engine and its threads.
    ///
    /// # Errors
    /// If the system gives no address space or no threads; the error says what to raise.
    pub fn start(options: RuntimeOptions) -> anyhow::Result<Self> {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let threads = options.threads.unwrap_or_else(cores).max(1);
        let sandbox = Sandbox::new(Threads::count(threads))?;
        let queue = options.queue.unwrap_or(RuntimeOptions::QUEUE);
        let threads = Threads::start(threads, queue)?;
        let inner = Arc::new(Inner { sandbox, threads });
        Ok(Self { inner })
    }

    /// Makes a policy of a component: size, digest, parse, imports and contract, compile,
    /// link, trial instance. Compiling takes from 20 ms to some seconds of several cores: on
    /// a web server call it where blocking is allowed.
    ///
    /// # Errors
    /// The step that refused the component, and what to do about it. Nothing else changes.
    pub fn load(&self, bytes: &[u8], limits: PolicyLimits) -> Result<Policy, LoadError> {
        self.load_by(&Compiler::in_process(), bytes, limits)
    }

    /// The same with a compiler of one's own choice.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_by(
        &self,
        compiler: &Compiler,
        bytes: &[u8],
        limits: PolicyLimits,
    ) -> Result<Policy, LoadError> {
        let revision = Revision::load(&self.inner.sandbox, compiler, bytes, limits)?;
        Ok(Policy {
            inner: Arc::clone(&self.inner),
            revision: Arc::new(revision),
        })
    }
}

impl Runtime {
    /// Instances that hold a slot of the pool at this moment. Every one that is still counted
    /// when no decision runs is lost.
    pub fn occupied_slots(&self) -> u64 {
        self.inner.sandbox.occupied_slots()
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").finish_non_exhaustive()
    }
}

/// A component that is ready to decide; every decision gets an instance of its own. A clone
/// is another handle.
#[derive(Clone)]
pub struct Policy {
    pub(super) inner: Arc<Inner>,
    pub(super) revision: Arc<Revision>,
}

impl Policy {
    /// Which component this is.
    pub fn id(&self) -> &PolicyId {
        &self.revision.id
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Policy").field(self.id()).finish()
    }
}
