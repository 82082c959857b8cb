//! Guests run on threads of their own: one that loops must not delay the web server.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::Context;

use super::limits::THREAD_STACK_BYTES;

type Job = Box<dyn FnOnce() + Send>;

/// Plain threads behind one bounded queue. They end when this is dropped.
pub(super) struct Threads {
    queue: SyncSender<Job>,
}

/// The queue has no room.
#[derive(Debug)]
pub(super) struct Full;

impl Threads {
    /// Starts `count` threads behind a queue of `depth` jobs.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub(super) fn start(count: usize, depth: usize) -> anyhow::Result<Self> {
        let (queue, jobs) = sync_channel(depth);
        let jobs = Arc::new(Mutex::new(jobs));
        for number in 0..count {
            let jobs = Arc::clone(&jobs);
            thread::Builder::new()
                .name(format!("policy-{number}"))
                .stack_size(THREAD_STACK_BYTES)
                .spawn(move || work(&jobs))
                .context("no thread to run policies on")?;
        }
        Ok(Self { queue })
    }

    /// Queues a job.
    ///
    /// # Errors
    /// [`Full`], at once: waiting would only make the queue longer.
    pub(super) fn submit(&self, job: impl FnOnce() + Send + 'static) -> Result<(), Full> {
        self.queue.try_send(Box::new(job)).map_err(|_| Full)
    }
}

fn work(jobs: &Mutex<Receiver<Job>>) {
    loop {
        // The lock is given back before the job runs: a `match` on this would keep it.
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        // The panic hook has reported it, and whoever waits sees its channel close.
        let _ = catch_unwind(AssertUnwindSafe(job));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn a_panic_does_not_cost_the_thread() {
        let threads = Threads::start(1, 4).unwrap();
        threads.submit(|| panic!("planted")).unwrap();
        let (done, wait) = mpsc::channel();
        threads.submit(move || done.send(7).unwrap()).unwrap();
        assert_eq!(wait.recv().unwrap(), 7);
    }

    #[test]
    fn a_full_queue_says_so_at_once() {
        let threads = Threads::start(1, 1).unwrap();
        let (release, gate) = mpsc::channel::<()>();
        let (started, begun) = mpsc::channel();
        let busy = move || {
            started.send(()).unwrap();
            gate.recv().unwrap();
        };
        threads.submit(busy).unwrap();
        begun.recv().unwrap();
        threads.submit(|| ()).unwrap();
        assert!(matches!(threads.submit(|| ()), Err(Full)));
        release.send(()).unwrap();
    }
}
