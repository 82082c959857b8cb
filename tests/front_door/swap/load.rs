//! Swaps under load. `USHER_TEST_SWAPS` and `USHER_TEST_SIGN_INS` set the size: 300 and 1000
//! are what a release build is held to.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use usher_tests::parts;
use usher_tests::provider::Person;

use super::{Site, into, marked, sha256};
use crate::acme::somebody;

/// Visitors who sign in at the same time.
const AT_ONCE: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_sign_in_fails_while_the_policy_is_swapped() -> anyhow::Result<()> {
    let swaps = parts::number("USHER_TEST_SWAPS").unwrap_or(12);
    let sign_ins = parts::number("USHER_TEST_SIGN_INS").unwrap_or(60);
    let policies = [0, 1, 2].map(|mark| marked(&into("acme").expect("a component"), mark));
    let site = Site::start_with(&policies[0]).await?;
    // Each is loaded once, so that its native code is kept.
    for policy in policies.iter().rev() {
        site.drop_file(policy)?;
        site.until_active(policy).await?;
    }
    site.acme.provider.sign_in_as(Person::new("ann"));
    let before = memory(site.acme.server.id())?;
    let (over, signed_in) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let mut visits = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (over, signed_in) = (over.clone(), signed_in.clone());
        let start = site.acme.url("/login/start?provider=main");
        visits.spawn(async move {
            let mut slowest = Duration::ZERO;
            while !over.load(Ordering::Relaxed) {
                let began = Instant::now();
                let mut visitor = somebody();
                let mut page = visitor.get(&start).await?;
                while page.redirect().is_some() {
                    page = visitor.follow(&page).await?;
                }
                ensure!(page.status == 200, "not let in: {page}");
                slowest = slowest.max(began.elapsed());
                signed_in.fetch_add(1, Ordering::Relaxed);
            }
            anyhow::Ok(slowest)
        });
    }
    let mut halfway = before;
    let (mut done, deadline) = (0, Instant::now() + Duration::from_secs(1800));
    while done < swaps || signed_in.load(Ordering::Relaxed) < sign_ins {
        ensure!(
            Instant::now() < deadline,
            "{done} swaps, {signed_in:?} sign-ins"
        );
        done += 1;
        let policy = &policies[done % policies.len()];
        site.drop_file(policy)?;
        site.until_active(policy).await?;
        if done == swaps / 2 {
            halfway = memory(site.acme.server.id())?;
        }
        sleep(Duration::from_millis(20)).await;
    }
    over.store(true, Ordering::Relaxed);
    let mut slowest = Duration::ZERO;
    while let Some(visit) = visits.join_next().await {
        slowest = slowest.max(visit??);
    }
    let after = memory(site.acme.server.id())?;
    let signed_in = signed_in.load(Ordering::Relaxed);
    println!(
        "{done} swaps, {signed_in} sign-ins, slowest {slowest:?}, memory {before} kB, halfway {halfway} kB, then {after} kB"
    );

    let mut by: BTreeMap<String, usize> = BTreeMap::new();
    for record in crate::acme::sign_ins(site.acme.usher.audit()?) {
        assert_eq!(record["outcome"], "admitted", "{record}");
        let sha256 = record["policy"]["sha256"].as_str().context("a digest")?;
        *by.entry(sha256.to_owned()).or_default() += 1;
    }
    assert_eq!(by.values().sum::<usize>(), signed_in);
    let known: Vec<String> = policies.iter().map(|policy| sha256(policy)).collect();
    assert!(by.keys().all(|sha256| known.contains(sha256)), "{by:?}");
    assert_eq!(by.len(), known.len(), "each decided: {by:?}");
    // What is kept of each policy, sign-in or session would be there twice.
    assert!(
        after < halfway + 48 * 1024,
        "memory halfway {halfway} kB, then {after} kB"
    );
    Ok(())
}

/// What a process has in memory, in kB.
fn memory(process: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let line = line.context("VmRSS")?.trim().trim_end_matches(" kB");
    Ok(line.parse()?)
}
