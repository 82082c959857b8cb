use std::future::{pending, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;

use super::{FailureKind, ask, ask_through, ask_with, company, failed, guest};
use crate::clock::Stopwatch;
use crate::domain::{Code, Found, LookupFailed, Lookups, Matching, Pending};
use crate::policy::limits::LOOKUPS;

const EXISTS: &str = r#"
    (import "usher:policy/directory@0.1.0" "company-exists"
        (func $exists (param i32 i32) (result i32)))
    (data (i32.const 16) "acme")
    (global $n (mut i32) (i32.const 0))"#;

/// Asks whether `acme` exists.
const ONCE: &str = "(drop (call $exists (i32.const 16) (i32.const 4)))";

/// Asks for ever, each time for another company.
const FLOOD: &str = "(loop $again
    (global.set $n (i32.add (global.get $n) (i32.const 1)))
    (i32.store8 (i32.const 16) (i32.add (i32.const 32) (global.get $n)))
    (drop (call $exists (i32.const 16) (i32.const 4)))
    (br $again))";

/// What a directory answers to `company-exists`.
struct Answering<F>(F);

impl<F: Fn() -> Pending<'static, bool> + Send + Sync> Lookups for Answering<F> {
    fn company_exists<'a>(&'a self, _: &'a str) -> Pending<'a, bool> {
        (self.0)()
    }

    fn find_groups<'a>(
        &'a self,
        _: &'a str,
        _: &'a [String],
        _: Matching,
    ) -> Pending<'a, Vec<Found>> {
        Box::pin(pending())
    }
}

/// Says yes after a while.
fn after(wait: u64) -> impl Fn() -> Pending<'static, bool> + Copy {
    move || {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(wait)).await;
            Ok(true)
        })
    }
}

#[tokio::test]
async fn a_look_up_is_recorded_with_its_answer() {
    let case = r#"{"directory": {"companies": {"acme": []}}}"#;
    let decided = ask_with(&guest(EXISTS, ONCE), case).await;
    assert_eq!(company(&decided), "acme");
    assert_eq!(
        serde_json::to_value(&decided.evidence.lookups).unwrap(),
        json!([{"call": "company-exists", "asked": "acme", "answer": true}])
    );
}

#[tokio::test]
async fn a_look_up_flood_is_a_failure() {
    let decided = ask(&guest(EXISTS, FLOOD)).await;
    failed(&decided, FailureKind::Budget);
    assert_eq!(decided.evidence.lookups.len(), LOOKUPS);
}

#[tokio::test]
async fn the_same_question_has_the_same_answer_within_a_decision() {
    let count = Arc::new(AtomicUsize::new(0));
    let asked = Arc::clone(&count);
    let moody = move || -> Pending<'static, bool> {
        let even = asked.fetch_add(1, Ordering::Relaxed).is_multiple_of(2);
        Box::pin(ready(Ok(even)))
    };
    let twice = "(if (i32.ne
            (call $exists (i32.const 16) (i32.const 4))
            (call $exists (i32.const 16) (i32.const 4)))
        (then unreachable))";
    let decided = ask_through(&guest(EXISTS, twice), Answering(moody)).await;
    assert_eq!(company(&decided), "acme");
    assert_eq!(decided.evidence.lookups.len(), 1);
    assert_eq!(count.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_directory_that_is_down_is_unavailable_and_not_the_policys_fault() {
    let down = || -> Pending<'static, bool> {
        Box::pin(ready(Err(LookupFailed(anyhow::anyhow!("locked")))))
    };
    let decided = ask_through(&guest(EXISTS, ONCE), Answering(down)).await;
    let words = failed(&decided, FailureKind::Lookup);
    assert!(words.contains("locked"), "{words}");
    assert_eq!(decided.outcome.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn a_look_up_without_an_answer_ends_after_two_seconds() {
    let never = || -> Pending<'static, bool> { Box::pin(pending()) };
    let watch = Stopwatch::start();
    let decided = ask_through(&guest(EXISTS, ONCE), Answering(never)).await;
    let words = failed(&decided, FailureKind::Timeout);
    assert_eq!(words, "more than 2 s for the whole decision");
    assert!(watch.elapsed().as_millis() >= 1_900);
}

#[tokio::test]
async fn waiting_for_the_directory_is_not_the_guests_time() {
    let ten = "(br_if $again (i32.lt_u (global.get $n) (i32.const 10)))";
    let guest = guest(EXISTS, &FLOOD.replace("(br $again)", ten));
    let decided = ask_through(&guest, Answering(after(20))).await;
    assert_eq!(company(&decided), "acme");
    assert!(decided.evidence.cost.decide_us > 150_000);
}

#[tokio::test]
async fn a_panic_in_a_look_up_costs_this_decision_and_no_thread() {
    let broken = || -> Pending<'static, bool> { Box::pin(async { panic!("planted") }) };
    let policy = guest(EXISTS, ONCE);
    for _ in 0..4 {
        let decided = ask_through(&policy, Answering(broken)).await;
        failed(&decided, FailureKind::Trap);
    }
    assert_eq!(company(&ask(&policy).await), "acme");
}

#[tokio::test]
async fn a_caller_that_goes_away_breaks_nothing() {
    let policy = guest(EXISTS, ONCE);
    for _ in 0..50 {
        let asked = ask_through(&policy, Answering(after(5)));
        let gone = tokio::time::timeout(Duration::from_millis(1), asked).await;
        assert!(gone.is_err() || gone.unwrap().outcome.is_ok());
    }
    assert_eq!(company(&ask(&policy).await), "acme");
}
