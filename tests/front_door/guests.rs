//! Policies that misbehave (`tests/guests`): each is refused when it is loaded or contained when
//! it runs, and harms nobody else.

mod contained;
mod harmless;
mod refused;
mod site;

/// The command that measures.
#[expect(dead_code, reason = "its `main` is not used here")]
#[path = "../examples/storm/main.rs"]
mod storm;

/// A guest without a test of its name does not compile.
#[expect(unused_imports, reason = "that they exist is all that is asked")]
mod tested {
    use super::contained::*;
    use super::harmless::*;
    use super::refused::*;

    include!(concat!(env!("OUT_DIR"), "/guests.rs"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_all_of_them_harms_nobody() -> anyhow::Result<()> {
    if usher_tests::guests::component("endless-loop")?.is_none() {
        return Ok(());
    }
    let mut lines = Vec::new();
    let figures = storm::storm(20, &mut lines).await?;
    println!("{}{figures}", String::from_utf8(lines)?);
    figures.is_contained()?;
    let grown = figures
        .resident_after
        .saturating_sub(figures.resident_before);
    assert!(grown < 64 << 20, "memory grew by {grown} bytes");
    Ok(())
}
