//! What goes on beside the storm: other people sign in, and the web server waits for timers.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use usher::clock::Stopwatch;
use usher::policy::Policy;

use super::figures::{Calm, Latencies};
use super::load;

/// Between two sign-ins of other people.
const APART: Duration = Duration::from_millis(2);
/// What a timer waits for.
const TIMER: Duration = Duration::from_millis(5);

/// Runs until it is stopped.
pub(super) struct Beside {
    stop: watch::Sender<bool>,
    others: JoinHandle<Latencies>,
    timers: JoinHandle<Duration>,
}

impl Beside {
    pub(super) fn start(policy: &Policy) -> Self {
        let (stop, stopped) = watch::channel(false);
        let others = tokio::spawn(sign_in(policy.clone(), stopped.clone()));
        let timers = tokio::spawn(keep_time(stopped));
        Self {
            stop,
            others,
            timers,
        }
    }

    /// What it has seen. A task that panicked has seen nothing, which is not normal.
    pub(super) async fn stop(self) -> Calm {
        self.stop.send_replace(true);
        Calm {
            others: self.others.await.unwrap_or_else(|_| Latencies::lost()),
            paused: Duration::ZERO,
            timer_late: self.timers.await.unwrap_or(Duration::MAX),
        }
    }
}

/// Other people sign in, one after the other, at least twenty.
async fn sign_in(policy: Policy, stopped: watch::Receiver<bool>) -> Latencies {
    let mut latencies = Latencies::default();
    while !*stopped.borrow() || latencies.count() < 20 {
        let watch = Stopwatch::start();
        let decided = load::ask(&policy).await;
        latencies.add(watch.elapsed(), &decided);
        sleep(APART).await;
    }
    latencies
}

/// The most that a timer was late.
async fn keep_time(stopped: watch::Receiver<bool>) -> Duration {
    let mut late = Duration::ZERO;
    while !*stopped.borrow() {
        let watch = Stopwatch::start();
        sleep(TIMER).await;
        late = late.max(watch.elapsed().saturating_sub(TIMER));
    }
    late
}

/// The longest that the machine itself takes the processor away from as many busy threads as it
/// has cores: no guest can end sooner than that after its time.
pub(super) fn pauses(watched: Duration) -> Duration {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let spin = move || {
        let whole = Stopwatch::start();
        let (mut last, mut longest) = (Duration::ZERO, Duration::ZERO);
        while last < watched {
            let now = whole.elapsed();
            longest = longest.max(now.saturating_sub(last));
            last = now;
        }
        longest
    };
    let threads: Vec<_> = (0..cores).map(|_| std::thread::spawn(spin)).collect();
    let longest = threads.into_iter().filter_map(|thread| thread.join().ok());
    longest.max().unwrap_or_default()
}
