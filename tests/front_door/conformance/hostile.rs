//! Providers that answer slowly, without end, or with something that explodes when it is read:
//! bounded time, bounded memory, and nobody else notices.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use usher_tests::provider::{Endpoint, Person, Provider, Says};
use usher_tests::visitor::Visitor;

use crate::acme::{Acme, MAIN, connect, furnished, sign_ins};

const SETTINGS: [(&str, &str); 2] = [
    ("default_company", "acme"),
    ("get_info_from_access_token", "false"),
];

/// What a sign-in may take at most: ten seconds for a request, and this machine's slowness.
const LIMIT: Duration = Duration::from_secs(25);

/// How much more memory all of it may take, in KiB.
const MEMORY: u64 = 64 * 1024;

/// What each is called, and what it says instead of an answer.
fn hostile() -> anyhow::Result<Vec<(&'static str, Says)>> {
    Ok(vec![
        ("drip", Says::Drip),
        ("endless", Says::Endless),
        ("bomb", Says::Gzip(bomb()?)),
        ("deep", Says::Text("[".repeat(100_000))),
        ("deeper", Says::Text(r#"{"a":"#.repeat(40_000))),
    ])
}

/// 200 MB of blanks in 200 KB.
fn bomb() -> anyhow::Result<Vec<u8>> {
    let mut gzip = Command::new("gzip")
        .arg("-9c")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("start gzip")?;
    let mut plain = gzip.stdin.take().context("its input")?;
    let writing = std::thread::spawn(move || {
        let blanks = vec![b' '; 1 << 20];
        (0..200).try_for_each(|_| plain.write_all(&blanks))
    });
    let bomb = gzip.wait_with_output()?.stdout;
    writing.join().expect("it writes")?;
    ensure!(bomb.len() < 256 * 1024, "{} bytes", bomb.len());
    Ok(bomb)
}

/// Rows: S10, S13, hole 46
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn s10_providers_that_answer_without_end_cost_little_and_disturb_nobody() -> anyhow::Result<()>
{
    let endpoints = [
        ("discovery", Endpoint::Discovery),
        ("token", Endpoint::Token),
        ("keys", Endpoint::Keys),
        ("userinfo", Endpoint::Userinfo),
    ];
    let good = Provider::start();
    let mut usher = connect(furnished()?, &good, MAIN, &SETTINGS);
    let mut bad = Vec::new();
    for (what, says) in hostile()? {
        for (place, endpoint) in endpoints {
            let name = format!("{what}_{place}");
            let provider = Provider::start();
            provider.sign_in_as(Person::new(&format!("eve-{}", bad.len())));
            provider.faults().says.insert(endpoint, says.clone());
            usher = connect(usher, &provider, &name, &SETTINGS);
            bad.push((name, provider));
        }
    }
    let site = Arc::new(Acme::open(good, usher).await?);
    site.admitted(Person::new("ann")).await?;
    let before = peak(&site)?;

    let mut visits = JoinSet::new();
    for (name, _) in &bad {
        let (site, name) = (Arc::clone(&site), name.clone());
        visits.spawn(async move {
            let mut eve = Visitor::new();
            let start = site.url(&format!("/login/start?provider={name}"));
            let visit = async {
                let mut page = eve.get(start).await?;
                while let Some(next) = page.redirect() {
                    page = eve.get(next).await?;
                }
                anyhow::Ok(page)
            };
            let page = timeout(LIMIT, visit)
                .await
                .with_context(|| name.clone())??;
            ensure!(page.status == 502, "{name}: {page}");
            ensure!(eve.cookies.value("usher").is_none(), "{name}: a session");
            Ok(())
        });
    }
    for number in 0..5 {
        let person = Person::new(&format!("bob-{number}"));
        timeout(Duration::from_secs(8), site.admitted(person))
            .await
            .context("somebody else has to wait")??;
        sleep(Duration::from_millis(500)).await;
    }
    while let Some(visit) = visits.join_next().await {
        visit??;
    }

    let grown = peak(&site)?.saturating_sub(before);
    assert!(grown < MEMORY, "{grown} KiB more");
    assert_eq!(site.count("sessions").await?, 6);
    recorded(&site, &bad)
}

/// One record for each that came back, with the provider to blame and no policy.
fn recorded(site: &Acme, bad: &[(String, Provider)]) -> anyhow::Result<()> {
    let records = sign_ins(site.usher.audit()?);
    for (name, provider) in bad {
        let of: Vec<_> = records.iter().filter(|r| r["provider"] == **name).collect();
        if name.ends_with("discovery") {
            ensure!(of.is_empty(), "{name} never came back: {of:?}");
            continue;
        }
        ensure!(of.len() == 1, "{name}: {of:?}");
        let code = of[0]["code"].as_str().context("a code")?;
        let slow = name.starts_with("drip");
        let expected = if slow {
            "provider_unreachable"
        } else {
            "provider_error"
        };
        ensure!(code == expected, "{name}: {}", of[0]);
        ensure!(of[0]["policy"].is_null(), "{name}: {}", of[0]);
        ensure!(provider.calls(Endpoint::Token) == 1, "{name}");
    }
    Ok(())
}

/// The most memory that the service has had so far, in KiB.
fn peak(site: &Acme) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", site.server.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let size = line.and_then(|line| line.split_whitespace().next());
    Ok(size.context("VmHWM")?.parse()?)
}
