//! What a decision costs, every figure from the same run: `cargo bench --bench decision`.
//!
//! The question is `Case::typical`: 2 KB of Keycloak claims, the default policy's rules, two
//! look-ups. The last line holds the medians.

#[path = "decision/native.rs"]
mod native;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use criterion::{BatchSize, Criterion};
use serde_json::Value;
use tokio::runtime::Runtime as Tokio;
use usher::clock::Stopwatch;
use usher::domain::{Decision, Lookups, PolicyLimits, Question};
use usher::policy::case::Case;
use usher::policy::parts::Parts;
use usher::policy::{DEFAULT, Failure, Policy, Runtime, RuntimeOptions};

/// The one that the binary has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Rounds of one thread and then two; each figure of a round is counted for [`ROUND`].
const ROUNDS: usize = 15;
const ROUND: Duration = Duration::from_millis(100);

fn main() {
    let tokio = Tokio::new().expect("threads for look-ups");
    let _entered = tokio.enter();
    let subject = Subject::new();
    subject.sides_agree();
    let results = folder();
    let mut criterion = Criterion::default()
        .sample_size(60)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4))
        .output_directory(&results)
        .configure_from_args();
    subject.measure(&mut criterion, &tokio);
    let two_threads = subject.two_threads();
    criterion.final_summary();
    println!("\nsandbox engine: {}", usher::policy::wiping());
    let median = |name: &str| match median_us(&results, name) {
        Some(median) => format!("{median:.1}"),
        None => "-".to_owned(),
    };
    println!(
        "decision: sandbox_us={} native_us={} parse_us={} instantiate_us={} two_threads={two_threads:.2} whole_us={}",
        median("sandbox"),
        median("native"),
        median("parse"),
        median("instantiate"),
        median("whole"),
    );
}

/// The policy and the question.
struct Subject {
    policy: Policy,
    parts: Parts,
    question: Box<Question>,
    lookups: Arc<dyn Lookups>,
    claims: String,
}

impl Subject {
    fn new() -> Self {
        let runtime = Runtime::start(RuntimeOptions::default()).expect("a sandbox");
        let policy = runtime.load(DEFAULT, PolicyLimits::Standard);
        let policy = policy.expect("the default policy loads");
        let (question, lookups) = Case::typical().question_and_directory();
        let claims = question.claims.access_token.as_ref().map(Value::to_string);
        Self {
            parts: Parts::of(&policy),
            policy,
            question: Box::new(question),
            lookups: Arc::new(lookups),
            claims: claims.expect("the case has an access token"),
        }
    }

    /// Figures of two sides that decide differently would compare nothing.
    fn sides_agree(&self) {
        let (_, sandbox) = self.sandbox(self.question.clone());
        let (_, native) = self.native(self.question.clone());
        let (sandbox, native) = (sandbox.expect("admits"), native.expect("admits"));
        assert_eq!(sandbox, native);
    }

    fn sandbox(&self, question: Box<Question>) -> (Box<Question>, Result<Decision, Failure>) {
        self.parts.decide(question, &self.lookups)
    }

    fn native(&self, question: Box<Question>) -> (Box<Question>, Result<Decision, Failure>) {
        self.parts.native(question, &self.lookups, native::rules)
    }

    fn measure(&self, criterion: &mut Criterion, tokio: &Tokio) {
        let mut group = criterion.benchmark_group("decision");
        group.bench_function("sandbox", |bench| {
            let mut question = Some(self.question.clone());
            bench.iter(|| {
                let (back, decided) = self.sandbox(question.take().expect("came back"));
                question = Some(back);
                decided
            });
        });
        group.bench_function("native", |bench| {
            let mut question = Some(self.question.clone());
            bench.iter(|| {
                let (back, decided) = self.native(question.take().expect("came back"));
                question = Some(back);
                decided
            });
        });
        group.bench_function("parse", |bench| {
            let parse = || serde_json::from_str::<Value>(&self.claims);
            bench.iter_with_large_drop(parse);
        });
        group.bench_function("instantiate", |bench| {
            let mut question = Some(self.question.clone());
            bench.iter(|| {
                let question_now = question.take().expect("came back");
                let (back, made) = self.parts.instantiate(question_now, &self.lookups);
                question = Some(back);
                made
            });
        });
        group.bench_function("whole", |bench| {
            let decide = |question: Box<Question>| {
                tokio.block_on(self.policy.decide(*question, Arc::clone(&self.lookups)))
            };
            bench.iter_batched(|| self.question.clone(), decide, BatchSize::LargeInput);
        });
        group.finish();
    }

    /// Decisions per second of two threads over one: the median of rounds that follow each
    /// other, so that what else the machine does meets both alike.
    fn two_threads(&self) -> f64 {
        let ratio = |_| self.per_round(2) / self.per_round(1);
        let mut ratios: Vec<f64> = (0..ROUNDS).map(ratio).collect();
        ratios.sort_by(f64::total_cmp);
        ratios[ROUNDS / 2]
    }

    /// Decisions that so many threads make in one round.
    fn per_round(&self, threads: usize) -> f64 {
        let start = Barrier::new(threads);
        let count = || {
            let mut question = self.question.clone();
            start.wait();
            let watch = Stopwatch::start();
            let mut decisions = 0.0;
            while watch.elapsed() < ROUND {
                let (back, decided) = self.sandbox(question);
                assert!(decided.is_ok());
                question = back;
                decisions += 1.0;
            }
            decisions / watch.elapsed().as_secs_f64()
        };
        std::thread::scope(|scope| {
            let counting: Vec<_> = (0..threads).map(|_| scope.spawn(count)).collect();
            let counted = counting.into_iter().map(|count| count.join());
            counted.map(|count| count.expect("decides")).sum()
        })
    }
}

/// Where criterion leaves its results: beside what cargo built.
fn folder() -> PathBuf {
    let binary = std::env::current_exe().expect("a path");
    let target = binary.ancestors().nth(3).expect("target/release/deps");
    target.join("criterion")
}

/// The median that criterion found in this run; none if a filter left it out.
fn median_us(results: &Path, name: &str) -> Option<f64> {
    let file = results
        .join("decision")
        .join(name)
        .join("new/estimates.json");
    let text = std::fs::read_to_string(file).ok()?;
    let estimates: Value = serde_json::from_str(&text).ok()?;
    estimates["median"]["point_estimate"]
        .as_f64()
        .map(|ns| ns / 1_000.0)
}
