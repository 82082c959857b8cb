//! Components: examined, and small ones compiled, tried and asked.

use std::sync::{Arc, LazyLock};

use tokio::runtime::Runtime as Tokio;
use usher::clock::Stopwatch;
use usher::domain::PolicyLimits;
use usher::policy::case::Case;
use usher::policy::{LoadError, LoadStep, Runtime, RuntimeOptions, fuzzing};

use super::is_a_line;

/// What a compiler in this process is given.
const SMALL: usize = 16 << 10;
/// Seconds that a guest may make itself felt: 50 ms of its own, and a machine that does much else.
const LONGEST: u64 = 5;

static TOKIO: LazyLock<Tokio> = LazyLock::new(|| Tokio::new().expect("threads"));
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let options = RuntimeOptions {
        threads: Some(1),
        ..RuntimeOptions::default()
    };
    Runtime::start(options).expect("a runtime")
});

/// Every step of loading before the compiler.
pub(crate) fn examine(bytes: &[u8]) {
    for limits in [PolicyLimits::Standard, PolicyLimits::Interpreter] {
        let inspection = match fuzzing::examined(bytes, limits) {
            Ok(inspection) => inspection,
            Err(error) => {
                assert_is_said_in_a_line(&error);
                let later = [LoadStep::Compile, LoadStep::Link, LoadStep::Trial];
                assert!(!later.contains(&error.step), "{error}");
                continue;
            }
        };
        let ours = |name: &String| name.starts_with("usher:policy/");
        assert!(inspection.imports.iter().all(ours), "{inspection:?}");
        let contract = inspection.contract.expect("a contract");
        assert!(contract.starts_with("0.1."), "{contract}");
        assert_eq!(inspection.size, bytes.len());
        assert!(
            inspection
                .producers
                .iter()
                .all(|producer| is_a_line(producer))
        );
    }
}

/// The whole way of a component into service and through one decision.
pub(crate) fn compile(bytes: &[u8]) {
    if bytes.len() > SMALL {
        return;
    }
    let policy = match RUNTIME.load(bytes, PolicyLimits::Standard) {
        Ok(policy) => policy,
        Err(error) => return assert_is_said_in_a_line(&error),
    };
    let (nobody, nothing) = Case::default().question_and_directory();
    let since = Stopwatch::start();
    let decided = TOKIO.block_on(policy.decide(nobody, Arc::new(nothing)));
    assert!(
        since.elapsed().as_secs() < LONGEST,
        "it took {:?}",
        since.elapsed()
    );
    if let Err(failure) = decided.outcome {
        let words = failure.to_string();
        assert!(words.len() < 64 << 10, "{} bytes of words", words.len());
    }
    while RUNTIME.occupied_slots() > 0 {
        assert!(since.elapsed().as_secs() < LONGEST, "a slot is lost");
        std::thread::yield_now();
    }
}

fn assert_is_said_in_a_line(error: &LoadError) {
    let line = error.to_string();
    assert!(is_a_line(&line), "{line:?}");
    assert!(!error.fix.is_empty(), "{line}");
}
