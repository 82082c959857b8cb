use super::wat::{self, Answer};
use super::{FailureKind, RUNTIME, ask, ask_with, company, failed, guest, load, runtime};
use crate::clock::Stopwatch;
use crate::domain::{Code, PolicyLimits};
use crate::policy::limits::LOG_LINES;

const LOG: &str = r#"(import "usher:policy/log@0.1.0" "write" (func $log (param i32 i32 i32)))"#;
const FOREVER: &str = "(loop $again (br $again))";
const GROW: &str = "(loop $again (drop (memory.grow (i32.const 16))) (br $again))";

#[tokio::test]
async fn a_decision_comes_out_with_the_identity_of_the_policy_and_its_cost() {
    let policy = guest("", "");
    let decided = ask(&policy).await;
    assert_eq!(company(&decided), "acme");
    assert_eq!(&decided.evidence.policy, policy.id());
    assert_eq!(policy.id().contract, "0.1.0");
    assert_eq!(policy.id().sha256.len(), 64);
    assert_eq!(decided.evidence.settings_sha256.len(), 64);
    assert!(decided.evidence.cost.instantiate_us > 0);
}

#[tokio::test]
async fn a_refusal_is_a_decision() {
    let policy = load(&wat::module("", "", &Answer::refuse("no_company")));
    assert_eq!(company(&ask(&policy).await), "no_company");
}

#[tokio::test]
async fn an_error_of_the_policy_is_a_failure_and_no_refusal() {
    let policy = load(&wat::module("", "", &Answer::error("no such department")));
    let decided = ask(&policy).await;
    let words = failed(&decided, FailureKind::Error);
    assert_eq!(words, "no such department");
    assert_eq!(decided.outcome.unwrap_err().code(), Code::PolicyFailed);
}

#[tokio::test]
async fn a_trap_is_a_failure() {
    let decided = ask(&guest("", "unreachable")).await;
    let words = failed(&decided, FailureKind::Trap);
    assert!(words.contains("unreachable"), "{words}");
}

#[tokio::test]
async fn the_words_of_a_panic_explain_the_trap() {
    let parts = format!(r#"{LOG} (data (i32.const 16) "panicked: no groups")"#);
    let body = "(call $log (i32.const 3) (i32.const 16) (i32.const 19)) unreachable";
    let decided = ask(&guest(&parts, body)).await;
    let words = failed(&decided, FailureKind::Trap);
    assert_eq!(words, "panicked: no groups");
    assert_eq!(decided.evidence.logs.len(), 1);
}

#[tokio::test]
async fn an_endless_loop_ends_when_its_time_is_up() {
    let policy = guest("", FOREVER);
    let watch = Stopwatch::start();
    let decided = ask(&policy).await;
    let took = watch.elapsed().as_millis();
    let words = failed(&decided, FailureKind::Timeout);
    assert_eq!(words, "more than 50 ms in the policy");
    assert!(took >= 40, "{took} ms");
    assert!(decided.evidence.cost.decide_us >= 40_000);
}

#[tokio::test]
async fn an_interpreter_has_more_time() {
    let module = wat::module("", FOREVER, &Answer::admit("acme"));
    let policy = RUNTIME.load(&wat::policy(&module), PolicyLimits::Interpreter);
    let decided = ask(&policy.unwrap()).await;
    let words = failed(&decided, FailureKind::Timeout);
    assert_eq!(words, "more than 250 ms in the policy");
}

#[tokio::test]
async fn a_memory_bomb_is_stopped_at_its_limit() {
    let decided = ask(&guest("", GROW)).await;
    let words = failed(&decided, FailureKind::Memory);
    assert_eq!(words, "more than 16 MiB of memory");
}

#[tokio::test]
async fn a_table_bomb_is_stopped_at_its_limit() {
    let table = "(table $t 1 funcref)";
    let grow = "(loop $again (drop (table.grow $t (ref.null func) (i32.const 999))) (br $again))";
    let decided = ask(&guest(table, grow)).await;
    let words = failed(&decided, FailureKind::Memory);
    assert_eq!(words, "more than 10000 table elements");
}

#[tokio::test]
async fn a_memory_that_reaches_its_own_maximum_is_no_bomb() {
    let module = wat::module(
        "",
        "(block $full (loop $again
            (br_if $full (i32.eq (memory.grow (i32.const 1)) (i32.const -1))) (br $again)))
         (drop (memory.grow (i32.const 200)))
         (drop (memory.grow (i32.const 200)))",
        &Answer::admit("acme"),
    );
    let bounded = module.replace(r#"(export "memory") 2)"#, r#"(export "memory") 2 20)"#);
    assert_eq!(company(&ask(&load(&bounded)).await), "acme");
}

#[tokio::test]
async fn endless_recursion_exhausts_the_stack() {
    let deep = "(func $deep (param i64) (result i64)
        (i64.add (call $deep (i64.add (local.get 0) (i64.const 1))) (i64.const 1)))";
    let body = "(drop (call $deep (i64.const 0)))";
    failed(&ask(&guest(deep, body)).await, FailureKind::Stack);
}

#[tokio::test]
async fn an_answer_of_ten_megabytes_is_not_taken() {
    let huge = Answer::admit_with_name(0, 10 << 20);
    let policy = load(&wat::module_of(200, "", "", &huge));
    failed(&ask(&policy).await, FailureKind::Output);
}

#[tokio::test]
async fn a_hundred_thousand_groups_are_not_taken() {
    let many = Answer::admit_with_groups(100_000);
    let policy = load(&wat::module_of(200, "", "", &many));
    failed(&ask(&policy).await, FailureKind::Output);
    let few = Answer::admit_with_groups(1_001);
    let decided = ask(&load(&wat::module("", "", &few))).await;
    assert!(failed(&decided, FailureKind::Output).contains("1001 groups"));
}

#[tokio::test]
async fn a_log_flood_is_a_failure_that_keeps_the_first_lines() {
    let body = "(loop $again
        (call $log (i32.const 1) (i32.const 16) (i32.const 4)) (br $again))";
    let decided = ask(&guest(LOG, body)).await;
    failed(&decided, FailureKind::Budget);
    assert_eq!(decided.evidence.logs.len(), LOG_LINES);
}

#[tokio::test]
async fn a_log_line_of_a_megabyte_is_not_taken() {
    let body = "(call $log (i32.const 1) (i32.const 16) (i32.const 1048576))";
    let module = wat::module_of(32, LOG, body, &Answer::admit("acme"));
    failed(&ask(&load(&module)).await, FailureKind::Output);
}

#[tokio::test]
async fn two_placements_or_none_are_invalid() {
    for companies in [&[][..], &["acme", "globex"]] {
        let answer = Answer::admit_to(companies);
        let decided = ask(&load(&wat::module("", "", &answer))).await;
        failed(&decided, FailureKind::Invalid);
    }
}

#[tokio::test]
async fn text_that_is_not_utf8_is_invalid() {
    let answer = Answer::admit_with_name(16, 1);
    let module = wat::module(r#"(data (i32.const 16) "\ff")"#, "", &answer);
    failed(&ask(&load(&module)).await, FailureKind::Invalid);
}

#[tokio::test]
async fn a_canary_left_in_memory_is_not_seen_by_the_next_instance() {
    let policy = guest(
        "(global $seen (mut i32) (i32.const 0))",
        "(if (i32.or (global.get $seen) (i32.load (i32.const 70000))) (then unreachable))
         (global.set $seen (i32.const 1))
         (i32.store (i32.const 70000) (i32.const 0x5eed))
         (drop (memory.grow (i32.const 1)))
         (if (i32.load (i32.const 140000)) (then unreachable))
         (i32.store (i32.const 140000) (i32.const 0x5eed))",
    );
    for _ in 0..20 {
        assert_eq!(company(&ask(&policy).await), "acme");
    }
}

#[tokio::test]
async fn what_was_read_comes_out_with_a_failure_too() {
    let parts = r#"
        (import "usher:policy/claims@0.1.0" "get" (func $get (param i32 i32 i32 i32)))
        (data (i32.const 16) "/groups") (data (i32.const 32) "/none")"#;
    let body = "
        (call $get (i32.const 0) (i32.const 16) (i32.const 7) (i32.const 64))
        (call $get (i32.const 1) (i32.const 32) (i32.const 5) (i32.const 64))
        (call $get (i32.const 0) (i32.const 16) (i32.const 7) (i32.const 64))
        unreachable";
    let case = r#"{"claims": {"access_token": {"groups": ["a"]}}}"#;
    let decided = ask_with(&guest(parts, body), case).await;
    failed(&decided, FailureKind::Trap);
    assert_eq!(
        serde_json::to_value(&decided.evidence.reads).unwrap(),
        serde_json::json!([
            {"source": "access_token", "pointer": "/groups", "value": ["a"]},
            {"source": "id_token", "pointer": "/none"},
        ])
    );
}

#[tokio::test]
async fn a_full_queue_is_unavailable_and_passes() {
    let runtime = runtime(1, 1);
    let module = |body| wat::policy(&wat::module("", body, &Answer::admit("acme")));
    let load = |body| runtime.load(&module(body), PolicyLimits::Standard).unwrap();
    let slow = load(FOREVER);
    let asks = (0..8).map(|_| {
        let slow = slow.clone();
        tokio::spawn(async move { ask(&slow).await })
    });
    let mut kinds = Vec::new();
    for decided in asks.collect::<Vec<_>>() {
        let failure = decided.await.unwrap().outcome.unwrap_err();
        if failure.kind == FailureKind::QueueFull {
            assert_eq!(failure.code(), Code::Unavailable);
        }
        kinds.push(failure.kind);
    }
    assert!(kinds.contains(&FailureKind::QueueFull), "{kinds:?}");
    assert!(kinds.contains(&FailureKind::Timeout), "{kinds:?}");
    assert_eq!(company(&ask(&load("")).await), "acme");
}

#[tokio::test]
async fn fifty_at_once_all_get_their_answer() {
    let policy = guest("", "");
    let asks = (0..50).map(|_| {
        let policy = policy.clone();
        tokio::spawn(async move { ask(&policy).await })
    });
    for decided in asks.collect::<Vec<_>>() {
        assert_eq!(company(&decided.await.unwrap()), "acme");
    }
}

#[tokio::test]
async fn after_every_misbehaviour_the_next_sign_in_works() {
    let good = guest("", "");
    for body in ["unreachable", GROW, FOREVER] {
        let bad = guest("", body);
        for _ in 0..4 {
            assert!(ask(&bad).await.outcome.is_err());
            assert_eq!(company(&ask(&good).await), "acme");
        }
    }
}
