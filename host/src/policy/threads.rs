//! Guests run on threads of their own: one that loops must not delay the web server. Nor may it
//! delay other policies: no policy has all threads, and each waits in a line of its own.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::Context;

use super::limits::THREAD_STACK_BYTES;

type Job = Box<dyn FnOnce() + Send>;

/// Plain threads behind one bounded line per policy. They end when this is dropped.
pub(super) struct Threads {
    shared: Arc<Shared>,
}

/// Whose job it is: any number that is the same for the same policy while it has jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Owner(pub(super) usize);

/// The owner's line has no room.
#[derive(Debug)]
pub(super) struct Full;

impl Threads {
    /// Starts `at_once` threads, as many as one owner may have, and one more that is for
    /// others, behind lines of `depth` jobs.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub(super) fn start(at_once: usize, depth: usize) -> anyhow::Result<Self> {
        let shared = Arc::new(Shared {
            lines: Mutex::default(),
            changed: Condvar::new(),
            at_once,
            depth,
        });
        // The threads that were started end if another one cannot be.
        let threads = Self { shared };
        for number in 0..Self::count(at_once) {
            let shared = Arc::clone(&threads.shared);
            thread::Builder::new()
                .name(format!("policy-{number}"))
                .stack_size(THREAD_STACK_BYTES)
                .spawn(move || shared.work())
                .context("no thread to run policies on")?;
        }
        Ok(threads)
    }

    /// How many threads there are where one owner may have so many.
    pub(super) fn count(at_once: usize) -> usize {
        at_once + 1
    }

    /// Puts a job at the end of its owner's line.
    ///
    /// # Errors
    /// [`Full`], at once: waiting would only make the line longer.
    pub(super) fn submit(
        &self,
        owner: Owner,
        job: impl FnOnce() + Send + 'static,
    ) -> Result<(), Full> {
        self.shared
            .lines()
            .push(owner, Box::new(job), self.shared.depth)?;
        self.shared.changed.notify_one();
        Ok(())
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.shared.lines().closed = true;
        self.shared.changed.notify_all();
    }
}

struct Shared {
    lines: Mutex<Lines>,
    changed: Condvar,
    at_once: usize,
    depth: usize,
}

impl Shared {
    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        while let Some((owner, job)) = self.next() {
            // The panic hook has reported it, and whoever waits sees its channel close.
            let _ = catch_unwind(AssertUnwindSafe(job));
            // Whatever may run now, this thread looks for itself.
            self.lines().done(owner);
        }
    }

    /// Waits for a job that may run; none when there will be no more.
    fn next(&self) -> Option<(Owner, Job)> {
        let mut lines = self.lines();
        loop {
            if let Some(next) = lines.pop(self.at_once) {
                return Some(next);
            }
            if lines.closed {
                return None;
            }
            lines = self
                .changed
                .wait(lines)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// The lines of all owners that have a job waiting or running: a few.
#[derive(Default)]
struct Lines {
    lines: Vec<Line>,
    /// Jobs so far.
    count: u64,
    closed: bool,
}

struct Line {
    owner: Owner,
    running: usize,
    /// With the number of each in the order of all jobs.
    waiting: VecDeque<(u64, Job)>,
}

impl Lines {
    fn push(&mut self, owner: Owner, job: Job, depth: usize) -> Result<(), Full> {
        self.count += 1;
        let job = (self.count, job);
        match self.lines.iter_mut().find(|line| line.owner == owner) {
            Some(line) if line.waiting.len() >= depth => return Err(Full),
            Some(line) => line.waiting.push_back(job),
            None => self.lines.push(Line {
                owner,
                running: 0,
                waiting: VecDeque::from([job]),
            }),
        }
        Ok(())
    }

    /// Of those whose owner may have one more thread: of the owner with the fewest, the one that
    /// has waited longest.
    fn pop(&mut self, at_once: usize) -> Option<(Owner, Job)> {
        let turn = |line: &&mut Line| {
            let (number, _) = line.waiting.front()?;
            (line.running < at_once).then_some((line.running, *number))
        };
        let lines = self.lines.iter_mut();
        let line = lines.filter(|line| turn(line).is_some()).min_by_key(turn)?;
        let (_, job) = line.waiting.pop_front()?;
        line.running += 1;
        Some((line.owner, job))
    }

    fn done(&mut self, owner: Owner) {
        let line = self.lines.iter().position(|line| line.owner == owner);
        if let Some(line) = line {
            self.lines[line].running -= 1;
            if self.lines[line].running == 0 && self.lines[line].waiting.is_empty() {
                self.lines.swap_remove(line);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::time::Duration;

    const ONE: Owner = Owner(1);
    const OTHER: Owner = Owner(2);
    const SOON: Duration = Duration::from_secs(5);

    /// A job that says it has begun, and goes on until the sender is dropped.
    fn busy(threads: &Threads, owner: Owner, begun: &Sender<()>) -> Sender<()> {
        let (release, gate) = channel::<()>();
        let begun = begun.clone();
        let job = move || {
            begun.send(()).unwrap();
            let _released = gate.recv();
        };
        threads.submit(owner, job).unwrap();
        release
    }

    fn has_begun(begun: &Receiver<()>) -> bool {
        begun.recv_timeout(SOON).is_ok()
    }

    #[test]
    fn a_panic_does_not_cost_the_thread() {
        let threads = Threads::start(1, 8).unwrap();
        for _ in 0..4 {
            threads.submit(ONE, || panic!("planted")).unwrap();
        }
        let (begun, wait) = channel();
        let _first = busy(&threads, ONE, &begun);
        let _other = busy(&threads, OTHER, &begun);
        assert!(has_begun(&wait) && has_begun(&wait));
    }

    #[test]
    fn a_full_line_says_so_at_once_and_only_to_its_owner() {
        let threads = Threads::start(1, 1).unwrap();
        let (begun, wait) = channel();
        let release = busy(&threads, ONE, &begun);
        assert!(has_begun(&wait));
        threads.submit(ONE, || ()).unwrap();
        assert!(matches!(threads.submit(ONE, || ()), Err(Full)));
        let _other = busy(&threads, OTHER, &begun);
        assert!(has_begun(&wait), "the other one has a thread and a line");
        drop(release);
    }

    #[test]
    fn one_owner_never_has_all_threads() {
        let threads = Threads::start(2, 8).unwrap();
        let (begun, wait) = channel();
        let mut mine: Vec<_> = (0..4).map(|_| busy(&threads, ONE, &begun)).collect();
        assert!(has_begun(&wait) && has_begun(&wait));
        let early = wait.recv_timeout(Duration::from_millis(50));
        assert!(early.is_err(), "a third one began");
        let _other = busy(&threads, OTHER, &begun);
        assert!(has_begun(&wait));
        mine.clear();
        assert!(has_begun(&wait) && has_begun(&wait), "the rest of the line");
    }

    #[test]
    fn whoever_has_the_fewest_threads_is_next() {
        let mut lines = Lines::default();
        for owner in [ONE, ONE, ONE, OTHER] {
            lines.push(owner, Box::new(|| ()), 8).ok().unwrap();
        }
        let mut order = Vec::new();
        while let Some((owner, _)) = lines.pop(2) {
            order.push(owner);
        }
        assert_eq!(order, [ONE, OTHER, ONE], "and nobody more than two");
        lines.done(ONE);
        assert!(lines.pop(2).is_some_and(|(owner, _)| owner == ONE));
        for owner in [ONE, ONE, OTHER] {
            lines.done(owner);
        }
        assert!(lines.lines.is_empty(), "nothing is kept");
    }

    #[test]
    fn dropping_the_threads_ends_them_after_the_last_job() {
        let threads = Threads::start(2, 8).unwrap();
        let (done, wait) = channel();
        for _ in 0..8 {
            let done = done.clone();
            threads.submit(ONE, move || done.send(()).unwrap()).unwrap();
        }
        drop((threads, done));
        assert_eq!(wait.iter().count(), 8);
    }
}
