use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use serde::Serialize;

use super::Chosen;
use super::test::read_case;
use crate::cli::console::{Console, Format, Listed, table};
use crate::cli::failure::Failure;
use crate::clock::Stopwatch;
use crate::config::Problem;
use crate::domain::{Lookups, PolicyId, Question};
use crate::policy::case::Case;
use crate::policy::parts::Parts;
use crate::policy::{self, Policy};

/// Decisions before anything is measured, so that code and memory are warm.
const WARM: usize = 200;

/// Measure what decisions of a policy cost.
///
/// Every decision is made in a fresh sandbox, as at a sign-in; look-ups are answered from the
/// case. Without a case: 2 KB of Keycloak claims and two look-ups.
#[derive(Debug, Args)]
pub(in crate::cli) struct Bench {
    /// The case, a JSON file.
    case: Option<PathBuf>,
    #[command(flatten)]
    chosen: Chosen,
    /// How many decisions of each kind.
    #[arg(long, value_name = "N", default_value = "2000",
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=1_000_000))]
    decisions: usize,
    #[command(flatten)]
    listed: Listed,
}

/// What came of it; times in microseconds.
#[derive(Debug, Serialize)]
struct Measured {
    policy: PolicyId,
    case: String,
    decisions: usize,
    instantiate: Spread,
    decide: Spread,
    whole: Spread,
    threads: usize,
    per_second: u64,
    wiping: &'static str,
}

#[derive(Debug, Serialize)]
struct Spread {
    median_us: f64,
    p99_us: f64,
}

impl Bench {
    pub(super) async fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        let (name, case) = match &self.case {
            Some(file) => (file.display().to_string(), read_case(file)?),
            None => ("built in: 2 KB of claims".to_owned(), Case::typical()),
        };
        let policy = self.chosen.load()?;
        let measured = measure(&policy, &case, name, self.decisions).await?;
        match self.listed.format() {
            Format::Json => console.json(&measured)?,
            Format::Table => console.data(describe(&measured))?,
        }
        Ok(())
    }
}

async fn measure(
    policy: &Policy,
    case: &Case,
    name: String,
    decisions: usize,
) -> Result<Measured, Failure> {
    let (question, lookups) = case.question_and_directory();
    let lookups: Arc<dyn Lookups> = Arc::new(lookups);
    let first = policy.decide(question.clone(), Arc::clone(&lookups)).await;
    first.outcome.map_err(|failure| failed(&failure, &name))?;
    let alone = Alone {
        parts: Parts::of(policy),
        question: Box::new(question.clone()),
        lookups: Arc::clone(&lookups),
    };
    // A thread of its own: look-ups wait in the runtime that this one belongs to.
    let alone = tokio::task::spawn_blocking(move || alone.measure(decisions)).await;
    let (instantiate, decide) = alone.map_err(|error| Failure::broken(&error.into(), &name))?;
    let whole = whole(policy, &question, &lookups, decisions).await;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let per_second = per_second(policy, &question, &lookups, decisions, threads).await;
    Ok(Measured {
        policy: policy.id().clone(),
        case: name,
        decisions,
        instantiate,
        decide,
        whole,
        threads,
        per_second,
        wiping: policy::wiping(),
    })
}

fn failed(failure: &policy::Failure, case: &str) -> Failure {
    Failure::refused(Problem::new(
        format!("the policy failed: {failure}"),
        case,
        "mend it first: usher policy run --policy FILE CASE shows more",
    ))
}

/// One decision after the other, without the queue.
struct Alone {
    parts: Parts,
    question: Box<Question>,
    lookups: Arc<dyn Lookups>,
}

impl Alone {
    fn measure(self, decisions: usize) -> (Spread, Spread) {
        let (parts, lookups) = (self.parts, self.lookups);
        let instantiate = |question| parts.instantiate(question, &lookups).0;
        let (question, instantiate) = series(self.question, decisions, instantiate);
        let decide = |question| parts.decide(question, &lookups).0;
        let (_, decide) = series(question, decisions, decide);
        (instantiate, decide)
    }
}

fn series(
    mut question: Box<Question>,
    decisions: usize,
    each: impl Fn(Box<Question>) -> Box<Question>,
) -> (Box<Question>, Spread) {
    for _ in 0..WARM {
        question = each(question);
    }
    let mut times = Vec::with_capacity(decisions);
    for _ in 0..decisions {
        let watch = Stopwatch::start();
        question = each(question);
        times.push(watch.elapsed());
    }
    (question, Spread::of(times))
}

/// As at a sign-in: queue and record included.
async fn whole(
    policy: &Policy,
    question: &Question,
    lookups: &Arc<dyn Lookups>,
    decisions: usize,
) -> Spread {
    let mut times = Vec::with_capacity(decisions);
    for _ in 0..decisions {
        let (question, lookups) = (question.clone(), Arc::clone(lookups));
        let watch = Stopwatch::start();
        let decided = policy.decide(question, lookups).await;
        times.push(watch.elapsed());
        drop(decided);
    }
    Spread::of(times)
}

/// With as many callers as there are guest threads, twice over, so that none of them idles.
async fn per_second(
    policy: &Policy,
    question: &Question,
    lookups: &Arc<dyn Lookups>,
    decisions: usize,
    threads: usize,
) -> u64 {
    let callers = 2 * threads;
    let each = decisions.div_ceil(callers);
    let watch = Stopwatch::start();
    let mut calling = tokio::task::JoinSet::new();
    for _ in 0..callers {
        let (policy, question) = (policy.clone(), question.clone());
        let lookups = Arc::clone(lookups);
        calling.spawn(async move {
            for _ in 0..each {
                policy.decide(question.clone(), Arc::clone(&lookups)).await;
            }
        });
    }
    while calling.join_next().await.is_some() {}
    let made = (callers * each) as u128 * 1_000_000;
    let micros = u128::from(watch.micros().max(1));
    u64::try_from(made / micros).unwrap_or(u64::MAX)
}

impl Spread {
    /// Of at least one time.
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        let at = |share: usize| {
            let place = (times.len() * share / 100).min(times.len() - 1);
            let tenths = (times[place].as_secs_f64() * 1e7).round();
            tenths / 10.0
        };
        Self {
            median_us: at(50),
            p99_us: at(99),
        }
    }
}

fn describe(measured: &Measured) -> String {
    let row = |what: &str, spread: &Spread| {
        let us = |us: f64| format!("{us:.1}");
        [what.to_owned(), us(spread.median_us), us(spread.p99_us)]
    };
    let rows = [
        row("instantiate and drop", &measured.instantiate),
        row("decide in a fresh sandbox", &measured.decide),
        row("decide, queue and record included", &measured.whole),
    ];
    let table = table(&["what", "median us", "p99 us"], rows);
    format!(
        "{table}\n\n{} decisions per second on {} guest threads\npolicy {}, case {}\n{}",
        measured.per_second,
        measured.threads,
        measured.policy.sha256,
        measured.case,
        measured.wiping,
    )
}
