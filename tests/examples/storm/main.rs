//! A storm: every misbehaving policy of `tests/guests` is asked again and again, while other
//! people sign in with the default policy and a web server keeps its timers.
//!
//! ```console
//! $ cargo xtask policy build-guests
//! $ cargo run --release --example storm          1,000 decisions of each, some minutes
//! $ cargo run --release --example storm -- 100
//! ```
//!
//! It prints a line for each guest and one with the figures of all, and ends with an error if
//! anything was not contained.

mod beside;
mod figures;
mod load;

use std::io::Write;

use anyhow::Context;
use usher::policy::{Policy, Runtime, RuntimeOptions};

use self::beside::Beside;
use self::figures::Tally;

pub(crate) use self::figures::Figures;

/// Decisions of one misbehaving policy that are asked for at once.
const AT_ONCE: usize = 8;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let count = std::env::args().nth(1);
    let count = count.map_or(Ok(1_000), |count| count.parse());
    let count = count.context("the argument is how often each guest is asked")?;
    let figures = storm(count, &mut std::io::stdout()).await?;
    println!("{figures}");
    figures.is_contained()
}

/// Asks every guest `count` times, and writes a line about each.
///
/// # Errors
/// The runtime does not start, or no guest is built. What is not contained is in the figures.
pub(crate) async fn storm(count: usize, out: &mut impl Write) -> anyhow::Result<Figures> {
    let runtime = Runtime::start(RuntimeOptions::default())?;
    let loaded = load::guests(&runtime, count)?;
    let default = load::default(&runtime)?;
    let calm = Beside::start(&default);
    tokio::time::sleep(load::calm(count)).await;
    let mut calm = calm.stop().await;
    calm.paused = tokio::task::spawn_blocking(move || beside::pauses(load::calm(count))).await?;
    let mut figures = Figures::new(calm, loaded.refused);
    let mut warm = 0;
    for (name, policy) in &loaded.guests {
        // The first round fills what is filled once: code, slots, stacks.
        ask(policy, name, count.min(2 * AT_ONCE)).await;
        warm = warm.max(figures::resident()?);
    }
    figures.resident_before = warm;
    for (name, policy) in &loaded.guests {
        let beside = Beside::start(&default);
        let tally = ask(policy, name, count).await;
        let beside = beside.stop().await;
        let resident = figures::resident()?;
        writeln!(out, "{name:26} {tally}  {beside}  {} KiB", resident / 1024)?;
        figures.add(name, &tally, &beside);
    }
    figures.finish(runtime.occupied_slots())?;
    Ok(figures)
}

/// Asks one guest so many times.
async fn ask(policy: &Policy, name: &str, count: usize) -> Tally {
    let slow = name == "slow-look-up";
    // What was dropped by a time-out is where others have had their leaks.
    let count = if slow { 2 * count } else { count };
    let mut tally = Tally::default();
    let workers = (0..AT_ONCE).map(|worker| {
        let policy = policy.clone();
        let share = count / AT_ONCE + usize::from(worker < count % AT_ONCE);
        tokio::spawn(async move {
            let mut tally = Tally::default();
            for _ in 0..share {
                if slow {
                    load::ask_and_leave(&policy, &mut tally).await;
                } else {
                    tally.add(&load::ask(&policy).await);
                }
            }
            tally
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        match worker.await {
            Ok(part) => tally.merge(part),
            Err(panic) => tally.panicked(&panic),
        }
    }
    tally
}
