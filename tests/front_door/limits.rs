//! Rate limits (S9): who comes too often is told when to come back, and nobody else is held up.

use std::time::Duration;

use anyhow::Context;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::sleep;
use usher_tests::parts;
use usher_tests::provider::{Endpoint, Person, Provider};
use usher_tests::visitor::{Page, Visitor};

use crate::acme::{Acme, MAIN, connect, furnished, sign_ins};

const INTO_ACME: (&str, &str) = ("default_company", "acme");

async fn behind_a_proxy() -> anyhow::Result<Acme> {
    Acme::start(&[INTO_ACME]).await
}

fn from(address: &str) -> Visitor {
    Visitor::new().with_header("x-forwarded-for", address)
}

/// Comes back until it is told not to, at most so often: how often it was let through.
async fn knock(
    site: &Acme,
    by: &mut Visitor,
    path: &str,
    most: u32,
) -> anyhow::Result<(u32, Page)> {
    let mut times = 0;
    loop {
        let page = by.get(site.url(path)).await?;
        if page.status == 429 || times == most {
            return Ok((times, page));
        }
        times += 1;
    }
}

/// Rows: S9
#[tokio::test]
async fn who_begins_too_often_is_told_when_to_come_back() -> anyhow::Result<()> {
    let site = behind_a_proxy().await?;
    let start = "/login/start?provider=main";
    let (times, page) = knock(&site, &mut from("192.0.2.1"), start, 400).await?;
    assert!((60..120).contains(&times), "{times}");
    assert_eq!(page.status, 429, "{page}");
    assert!(page.text().contains("Too many attempts"), "{page}");
    let wait: u64 = page.header("retry-after").unwrap_or_default().parse()?;
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(page.header("refresh"), page.header("retry-after"), "{page}");
    assert_eq!(page.attributes("a.button.first", "href"), [""], "{page}");

    let mut program = from("192.0.2.1").with_header("accept", "application/json");
    let page = program.get(site.url(start)).await?;
    assert_eq!((page.status.as_u16(), page.header("refresh")), (429, None));
    assert!(page.header("retry-after").is_some(), "{page}");
    assert_eq!(page.json()?["code"], "rate_limited");

    // Who only says to be somebody else is not; somebody else is not held up.
    let liar = "203.0.113.7, 192.0.2.1";
    let (times, _) = knock(&site, &mut from(liar), start, 5).await?;
    assert!(times <= 2, "{times}");
    let mut ann = from("198.51.100.1");
    let page = site
        .sign_in_with(&mut ann, MAIN, Person::new("ann"))
        .await?;
    assert_eq!(page.status, 200, "{page}");
    Ok(())
}

/// At nine in the morning a whole office comes from one address.
///
/// Rows: S9
#[tokio::test]
async fn who_the_provider_vouches_for_is_not_held_against_an_address() -> anyhow::Result<()> {
    let site = behind_a_proxy().await?;
    for number in 0..100 {
        let person = Person::new(&format!("person-{number}"));
        let page = site
            .sign_in_with(&mut from("192.0.2.1"), MAIN, person)
            .await?;
        assert_eq!(page.status, 200, "{number}: {page}");
    }
    let start = "/login/start?provider=main";
    let (times, _) = knock(&site, &mut from("192.0.2.1"), start, 400).await?;
    assert!((60..120).contains(&times), "{times}");
    Ok(())
}

/// Rows: S9, S13
#[tokio::test]
async fn attempts_beyond_the_limit_are_counted_and_not_recorded() -> anyhow::Result<()> {
    let ops = format!("127.0.0.1:{}", parts::free_port());
    let provider = Provider::start();
    let usher = furnished()?.with("USHER__OPS_LISTEN", &ops);
    let usher = connect(usher, &provider, MAIN, &[INTO_ACME]);
    let site = Acme::open(provider, usher).await?;
    let ops = format!("http://{ops}");
    let callback = "/callback_main?state=unknown&code=x";
    let (times, page) = knock(&site, &mut from("192.0.2.1"), callback, 400).await?;
    assert!((60..120).contains(&times), "{times}");
    assert_eq!(page.status, 429, "{page}");
    let page = Visitor::new().get(format!("{ops}/metrics")).await?;
    let counted = "usher_rate_limited_total{what=\"callback\"} 1";
    assert!(page.body.lines().any(|line| line == counted), "{page}");
    let records = site.usher.audit()?;
    let recorded = records.iter().filter(|r| r["kind"] == json!("sign_in"));
    assert_eq!(
        recorded.count(),
        usize::try_from(times)?,
        "one for each let through"
    );
    Ok(())
}

/// Rows: S9
#[tokio::test]
async fn one_attempt_may_come_back_ten_times() -> anyhow::Result<()> {
    let site = behind_a_proxy().await?;
    let mut ann = from("192.0.2.1");
    let page = site.up_to_the_callback(&mut ann, MAIN).await?;
    assert!(page.redirect().is_some(), "{page}");
    // From anywhere: the cookie is what is counted.
    let callback = "/callback_main?state=unknown&code=x";
    let (times, page) = knock(&site, &mut ann, callback, 60).await?;
    assert!((10..20).contains(&times), "{times}: {page}");
    Ok(())
}

#[tokio::test]
async fn who_is_told_to_wait_has_used_nothing_up() -> anyhow::Result<()> {
    let site = behind_a_proxy().await?;
    let mut ann = from("192.0.2.1");
    let page = site.up_to_the_callback(&mut ann, MAIN).await?;
    let answer = page.redirect().context("back from the provider")?;
    let elsewhere = "/callback_main?state=unknown&code=x";
    knock(&site, &mut ann, elsewhere, 60).await?;
    let page = ann.get(&answer).await?;
    assert_eq!(page.status, 429, "{page}");
    assert_eq!(site.provider.calls(Endpoint::Token), 0);
    // A provider is not told to wait by what browsers do.
    let page = Visitor::new()
        .post_body(site.url("/backchannel_logout_main"), None, "")
        .await?;
    assert_eq!(page.status, 400, "{page}");

    let wait = page_in_turn(&mut ann, answer.as_str()).await?;
    assert_eq!(wait.status, 303, "{wait}");
    assert_eq!(site.session_status(&mut ann).await?, 200);
    Ok(())
}

/// Waits as long as it is told to, as a browser does by itself.
async fn page_in_turn(by: &mut Visitor, url: &str) -> anyhow::Result<Page> {
    for _ in 0..5 {
        let page = by.get(url).await?;
        if page.status != 429 {
            return Ok(page);
        }
        let wait: u64 = page.header("refresh").context("a turn")?.parse()?;
        sleep(Duration::from_secs(wait)).await;
    }
    anyhow::bail!("never in turn")
}

/// Rows: S9
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_is_refused_before_anything_is_done_and_holds_up_nobody_else() -> anyhow::Result<()>
{
    let site = behind_a_proxy().await?;
    let mut flood = JoinSet::new();
    for number in 0..4 {
        let (start, callback) = (
            site.url("/login/start?provider=main"),
            site.url("/callback_main?state=aaaaaaaaaaaaaaaa&code=x"),
        );
        flood.spawn(async move {
            // One network of IPv6, however many addresses somebody has in it.
            let mut refused = 0;
            for each in 0..200 {
                let mut one = from(&format!("2001:db8:1:2:{number:x}:{each:x}::1"));
                for url in [&start, &callback] {
                    let page = one.get(url).await?;
                    refused += u32::from(page.status == 429);
                }
            }
            anyhow::Ok(refused)
        });
    }
    let mut ann = from("2001:db8:1:3::1");
    let page = site
        .sign_in_with(&mut ann, MAIN, Person::new("ann"))
        .await?;
    assert_eq!(page.status, 200, "{page}");
    let mut refused = 0;
    while let Some(one) = flood.join_next().await {
        refused += one??;
    }
    let done = site.count("attempts").await? + i64::try_from(sign_ins(site.usher.audit()?).len())?;
    assert!(refused > 1000, "{refused}");
    assert!(
        done <= 1600 - i64::from(refused) + 2,
        "{done} done, {refused} refused"
    );
    Ok(())
}
