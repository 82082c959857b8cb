//! Guests that load and then fail: the limit that they met is in the record, the person sees a
//! page with a reference, and the next one comes in.

use serde_json::{Value, json};
use usher_tests::guests;
use usher_tests::provider::{Person, Provider};
use usher_tests::visitor::{Page, Visitor};

use super::site::{folder, sign_in, site, the_next_one_comes_in};
use crate::acme::{Acme, MAIN, connect, furnished, sign_ins};

/// One test for each guest; the text is how the record's detail begins.
macro_rules! contained {
    ($($guest:ident: $detail:literal,)*) => {
        pub(super) const NAMES: &[&str] = &[$(stringify!($guest)),*];
        $(
            #[tokio::test]
            pub(super) async fn $guest() -> anyhow::Result<()> {
                is_contained(stringify!($guest), $detail).await
            }
        )*
    };
}

contained! {
    answer_nowhere: "invalid: pointer out of bounds of memory",
    answer_out_of_bounds: "invalid: list pointer/length out of bounds of memory",
    answer_unaligned: "invalid: return pointer not aligned",
    ask_from_post_return: "trap: wasm trap: cannot leave component instance",
    claim_flood: "budget: more than 1000 different claims read",
    endless_fill: "timeout: more than 50 ms in the policy",
    endless_loop: "timeout: more than 50 ms in the policy",
    endless_post_return: "timeout: more than 50 ms in the policy",
    endless_questions: "timeout: more than 50 ms in the policy",
    hundred_thousand_groups: "output: ",
    invalid_utf8: "invalid: invalid utf-8",
    log_flood: "budget: more than 50 log lines",
    log_from_realloc: "trap: wasm trap: cannot leave component instance",
    log_from_trap: "budget: more than 50 log lines",
    log_megabyte: "output: ",
    look_up_flood: "budget: more than 32 look-ups",
    memory_bomb: "memory: more than 16 MiB of memory",
    name_flood: "output: find-groups asks for 5000 names, at most 1000",
    own_stack_overflow: "trap: wasm trap: out of bounds memory access",
    panic: "trap: panicked at panic/guest.rs:8:5:\nnobody thought of the time 1 here",
    panic_in_panic: "trap: wasm trap: wasm `unreachable` instruction executed",
    question_out_of_bounds: "invalid: ",
    question_of_a_megabyte: "output: ",
    realloc_loop: "timeout: more than 50 ms in the policy",
    realloc_nowhere: "invalid: realloc return: beyond end of memory",
    realloc_recursion: "stack: wasm trap: call stack exhausted",
    stack_overflow: "stack: wasm trap: call stack exhausted",
    table_bomb: "memory: more than 10000 table elements",
    ten_megabyte_answer: "output: ",
    thousand_and_one_groups: "output: the decision has 1001 groups, at most 1000",
    trace_flood: "output: ",
    trap_post_return: "trap: wasm trap: wasm `unreachable` instruction executed",
    wrong_level: "invalid: unexpected discriminant: 200",
    wrong_variant: "invalid: unexpected discriminant: 7",
}

async fn is_contained(name: &str, detail: &str) -> anyhow::Result<()> {
    let site = site().await?;
    if guests::component(&folder(name))?.is_some() {
        fails(&site, name, detail).await?;
        the_next_one_comes_in(&site).await?;
    }
    Ok(())
}

async fn fails(site: &Acme, name: &str, detail: &str) -> anyhow::Result<()> {
    let (mut visitor, page, record) = sign_in(site, name).await?;
    is_told(site, name, (&mut visitor, &page)).await?;
    is_recorded(name, &page, &record, detail);
    Ok(())
}

/// The person sees a page, and has no session.
async fn is_told(
    site: &Acme,
    name: &str,
    (visitor, page): (&mut Visitor, &Page),
) -> anyhow::Result<()> {
    assert_eq!(page.status, 503, "{name}: {page}");
    let heading = "The rules for signing in could not be applied";
    assert_eq!(page.texts("h1"), [heading], "{name}");
    assert_eq!(visitor.cookies.value("usher"), None, "{name}: no session");
    assert_eq!(site.session_status(visitor).await?, 401, "{name}");
    Ok(())
}

/// The record says which limit it was, under the reference of the page.
fn is_recorded(name: &str, page: &Page, record: &Value, detail: &str) {
    let reference = page.texts("#reference");
    assert_eq!(json!(reference), json!([record["ref"]]), "{name}");
    assert_eq!(record["code"], "policy_failed", "{name}: {record}");
    assert_eq!(record["outcome"], "failed", "{name}: {record}");
    assert_eq!(record["company"], json!(null), "{name}: {record}");
    assert!(record["policy"]["sha256"].is_string(), "{name}: {record}");
    let said = record["detail"].as_str().unwrap_or_default();
    assert!(said.starts_with(detail), "{name}: {said}");
    assert!(said.len() < 5_000, "{name}: {} bytes of detail", said.len());
}

/// A directory in which one company takes half a minute to find, and all others none.
const TAR_PIT: &str = "
    CREATE TABLE pit (id TEXT PRIMARY KEY NOT NULL);
    INSERT INTO pit VALUES ('tar-pit');
    ALTER TABLE companies RENAME TO companies_that_are_quick;
    CREATE VIEW companies AS
        SELECT id, name, created_at FROM companies_that_are_quick
        UNION ALL SELECT pit.id, 'Tar pit', 0 FROM pit WHERE (
            WITH RECURSIVE slow (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM slow WHERE n < 50000000)
            SELECT MAX(n) + LENGTH(pit.id) FROM slow) > 0";

const QUICK_AGAIN: &str = "
    DROP VIEW companies;
    ALTER TABLE companies_that_are_quick RENAME TO companies";

/// Rows: hole 50
#[tokio::test]
pub(super) async fn slow_look_up() -> anyhow::Result<()> {
    let Some(file) = guests::component("slow-look-up")? else {
        return Ok(());
    };
    let provider = Provider::start();
    let usher = connect(
        furnished()?,
        &provider,
        MAIN,
        &[("default_company", "acme")],
    );
    let file = file.display().to_string();
    let usher = connect(usher, &provider, "slow", &[("policy__module", &file)]);
    let site = Acme::open(provider, usher).await?;
    let mut ann = Visitor::new();
    let page = site
        .sign_in_with(&mut ann, "slow", Person::new("ann"))
        .await?;
    assert_eq!(page.status, 200, "while the directory is quick: {page}");
    site.execute(TAR_PIT).await?;
    let mut bob = Visitor::new();
    let page = site
        .sign_in_with(&mut bob, "slow", Person::new("ann"))
        .await?;
    is_told(&site, "slow", (&mut bob, &page)).await?;
    // The database goes on with that question for half a minute, on one of its connections.
    site.execute(QUICK_AGAIN).await?;
    the_next_one_comes_in(&site).await?;
    let mut records = sign_ins(site.usher.audit()?);
    assert_eq!(records.len(), 3, "one record each");
    let detail = "timeout: more than 2 s for the whole decision";
    is_recorded("slow", &page, &records.remove(1), detail);
    Ok(())
}
