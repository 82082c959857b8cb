//! What the storm counts.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use anyhow::{Context, ensure};
use usher::policy::{Decided, FailureKind};

/// What a policy may spend of its own time.
const BUDGET: Duration = Duration::from_millis(50);

/// Guests that decide like any other: what they try gets them nowhere.
const HARMLESS: [&str; 6] = [
    "canary",
    "custom-section-bomb",
    "empty-section-bomb",
    "global-state",
    "nan",
    "slow-look-up",
];

/// How the decisions of one guest ended.
#[derive(Debug, Default)]
pub(super) struct Tally {
    ends: BTreeMap<String, usize>,
    /// How long the guest ran on after its time was up, each time that it was.
    overshoots: Vec<Duration>,
}

impl Tally {
    pub(super) fn add(&mut self, decided: &Decided) {
        let end = match &decided.outcome {
            Ok(_) => "decided",
            Err(failure) => {
                if failure.kind == FailureKind::Timeout {
                    let ran = Duration::from_micros(decided.evidence.cost.decide_us);
                    self.overshoots.push(ran.saturating_sub(BUDGET));
                }
                failure.kind.as_str()
            }
        };
        self.count(end);
    }

    /// Nobody waited for the decision.
    pub(super) fn left(&mut self) {
        self.count("left");
    }

    /// The host panicked, which nothing may bring it to.
    pub(super) fn panicked(&mut self, panic: &tokio::task::JoinError) {
        self.count(&format!("panic: {panic}"));
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (end, count) in other.ends {
            *self.ends.entry(end).or_default() += count;
        }
        self.overshoots.extend(other.overshoots);
    }

    fn count(&mut self, end: &str) {
        *self.ends.entry(end.to_owned()).or_default() += 1;
    }

    /// Whether every decision ended in the one way that is right for the guest. Where the machine
    /// itself has no time, a guest's may be up before it comes to what it does.
    fn is_contained(&self, name: &str) -> bool {
        let harmless = HARMLESS.contains(&name);
        let right = |end: &str| match end {
            "left" => name == "slow-look-up",
            "decided" => harmless,
            "queue_full" | "lookup" | "error" => false,
            end => !harmless && !end.starts_with("panic"),
        };
        let ends = || self.ends.keys().map(String::as_str);
        let besides = ends().filter(|end| !["timeout", "left"].contains(end));
        ends().all(right) && besides.count() <= 1
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (end, count) in &self.ends {
            write!(f, "{count:5} {end:8} ")?;
        }
        let over = |hundredths| millis(within(&self.overshoots, hundredths));
        write!(f, "over {:4.1} ms, max {:4.1} ms", over(50), over(100))
    }
}

/// How long other people waited for their decisions.
#[derive(Debug, Default)]
pub(super) struct Latencies {
    all: Vec<Duration>,
    failed: usize,
}

impl Latencies {
    /// Of somebody who did not come back.
    pub(super) fn lost() -> Self {
        Self {
            all: Vec::new(),
            failed: 1,
        }
    }

    pub(super) fn add(&mut self, took: Duration, decided: &Decided) {
        self.all.push(took);
        self.failed += usize::from(decided.outcome.is_err());
    }

    pub(super) fn count(&self) -> usize {
        self.all.len()
    }

    /// The time within which so many hundredths had their decision.
    fn within(&self, hundredths: usize) -> Duration {
        within(&self.all, hundredths)
    }
}

/// What went on beside a guest.
#[derive(Debug)]
pub(super) struct Calm {
    pub(super) others: Latencies,
    /// Before the storm: how long the machine keeps a busy thread waiting.
    pub(super) paused: Duration,
    pub(super) timer_late: Duration,
}

impl fmt::Display for Calm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "others {:6.0} µs, p99 {:6.0} µs  timers {:4.1} ms late",
            micros(self.others.within(50)),
            micros(self.others.within(99)),
            millis(self.timer_late)
        )
    }
}

/// The figures of a whole storm.
#[derive(Debug)]
pub(crate) struct Figures {
    calm: Calm,
    storm: Calm,
    guests: usize,
    decisions: usize,
    refused_loads: usize,
    /// Names of guests that did something else than they should.
    pub(crate) not_contained: Vec<String>,
    /// Slots of the pool that are still taken when nobody decides.
    pub(crate) slots_lost: u64,
    overshoots: Vec<Duration>,
    /// Bytes of memory once every guest has run a few times, and at the end.
    pub(crate) resident_before: usize,
    pub(crate) resident_after: usize,
}

impl Figures {
    pub(super) fn new(calm: Calm, refused_loads: usize) -> Self {
        Self {
            calm,
            storm: Calm {
                others: Latencies::default(),
                paused: Duration::ZERO,
                timer_late: Duration::ZERO,
            },
            guests: 0,
            decisions: 0,
            refused_loads,
            not_contained: Vec::new(),
            slots_lost: 0,
            overshoots: Vec::new(),
            resident_before: 0,
            resident_after: 0,
        }
    }

    pub(super) fn add(&mut self, name: &str, tally: &Tally, beside: &Calm) {
        self.guests += 1;
        self.decisions += tally.ends.values().sum::<usize>();
        self.overshoots.extend(&tally.overshoots);
        self.storm.others.all.extend(&beside.others.all);
        self.storm.others.failed += beside.others.failed;
        self.storm.timer_late = self.storm.timer_late.max(beside.timer_late);
        if !tally.is_contained(name) {
            self.not_contained.push(format!("{name}: {tally}"));
        }
    }

    pub(super) fn finish(&mut self, slots_lost: u64) -> anyhow::Result<()> {
        self.slots_lost = slots_lost;
        self.resident_after = resident()?;
        Ok(())
    }

    /// Whether no guest harmed anybody: times are not looked at, they depend on the machine.
    ///
    /// # Errors
    /// Who did.
    pub(crate) fn is_contained(&self) -> anyhow::Result<()> {
        let guests = self.not_contained.join("\n");
        ensure!(guests.is_empty(), "not contained:\n{guests}");
        ensure!(self.slots_lost == 0, "{} slots lost", self.slots_lost);
        let failed = self.calm.others.failed + self.storm.others.failed;
        ensure!(failed == 0, "{failed} other people were not let in");
        Ok(())
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |bytes: usize| bytes >> 20;
        write!(
            f,
            "storm: guests={} decisions={} refused_loads={} slots_lost={} others={} others_failed={} \
             calm_p50_us={:.0} calm_p99_us={:.0} storm_p50_us={:.0} storm_p99_us={:.0} \
             calm_timer_late_ms={:.1} timer_late_ms={:.1} machine_pauses_ms={:.1} overshoot_p50_ms={:.1} overshoot_ms={:.1} rss_before_mib={} rss_after_mib={}",
            self.guests,
            self.decisions,
            self.refused_loads,
            self.slots_lost,
            self.storm.others.count(),
            self.storm.others.failed,
            micros(self.calm.others.within(50)),
            micros(self.calm.others.within(99)),
            micros(self.storm.others.within(50)),
            micros(self.storm.others.within(99)),
            millis(self.calm.timer_late),
            millis(self.storm.timer_late),
            millis(self.calm.paused),
            millis(within(&self.overshoots, 50)),
            millis(within(&self.overshoots, 100)),
            mib(self.resident_before),
            mib(self.resident_after),
        )
    }
}

/// What so many hundredths of all stay within.
fn within(all: &[Duration], hundredths: usize) -> Duration {
    let mut sorted = all.to_vec();
    sorted.sort_unstable();
    let last = sorted.len().saturating_sub(1);
    let place = (sorted.len() * hundredths / 100).min(last);
    sorted.get(place).copied().unwrap_or_default()
}

/// Bytes of memory that this process has.
pub(super) fn resident() -> anyhow::Result<usize> {
    const PAGE: usize = 4096;
    let pages = std::fs::read_to_string("/proc/self/statm")?;
    let pages = pages
        .split(' ')
        .nth(1)
        .context("statm has its second number")?;
    Ok(pages.parse::<usize>()? * PAGE)
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
