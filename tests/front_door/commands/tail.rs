//! `usher audit tail`, and reading while somebody writes.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::Value;
use sqlx::Connection;
use tokio::time::{Instant, sleep};
use usher_tests::provider::Person;
use usher_tests::server::Server;

use crate::USHER;
use crate::acme::Acme;

/// What it has printed as soon as there are this many lines.
async fn lines(tail: &Server, number: usize) -> anyhow::Result<Vec<String>> {
    let since = Instant::now();
    loop {
        let printed = tail.stdout();
        if printed.lines().count() >= number && printed.ends_with('\n') {
            return Ok(printed.lines().map(str::to_owned).collect());
        }
        ensure!(
            since.elapsed() < Duration::from_secs(10),
            "{printed}{}",
            tail.stderr()
        );
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn records_appear_within_a_second_one_object_a_line() -> anyhow::Result<()> {
    let site = Acme::start(&[("default_company", "acme")]).await?;
    site.admitted(Person::new("ann")).await?;
    let json = ["audit", "tail", "-n", "2", "--json"];
    let json = site.usher.spawn(&json)?;
    let people = site
        .usher
        .spawn(&["audit", "tail", "-n1", "--kind", "sign-in"])?;
    let earlier = lines(&json, 2).await?;
    let parse = |line: &String| serde_json::from_str::<Value>(line).context(line.clone());
    assert_eq!(parse(&earlier[0])?["kind"], "admin", "older first");
    assert_eq!(parse(&earlier[1])?["kind"], "sign_in");
    assert!(lines(&people, 1).await?[0].contains("company=acme"));

    site.admitted(Person::new("ben")).await?;
    let since = Instant::now();
    let now = lines(&json, 3).await?;
    ensure!(
        since.elapsed() < Duration::from_secs(1),
        "{:?}",
        since.elapsed()
    );
    let record = parse(&now[2])?;
    assert_eq!(
        record,
        site.newest_record()?,
        "whole, with what the policy read"
    );
    site.usher.must(&["user", "disable", "ben@example.com"])?;
    let (_, page) = site.sign_in(Person::new("ben")).await?;
    assert_eq!(page.status, 403, "{page}");
    let told = lines(&people, 3).await?;
    assert!(told[2].contains("  refused  disabled  "), "{told:?}");
    assert_eq!(lines(&json, 5).await?.len(), 5, "and what was done by hand");
    assert_eq!(lines(&people, 3).await?.len(), 3, "sign-ins alone");
    Ok(())
}

#[tokio::test]
async fn it_ends_quietly_when_interrupted_or_no_longer_read() -> anyhow::Result<()> {
    let site = Acme::start(&[("default_company", "acme")]).await?;
    let tail = site.usher.spawn(&["audit", "tail"])?;
    lines(&tail, 4).await?;
    let file = site.usher.path("usher.db").display().to_string();
    let mut interrupted = Command::new(USHER)
        .args(["audit", "tail"])
        .env("USHER__DATABASE_URL", format!("sqlite://{file}"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    sleep(Duration::from_millis(700)).await;
    let id = interrupted.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status()?.success());
    let status = interrupted.wait()?;
    assert_eq!(status.code(), Some(0), "{status:?}");

    let line = format!("{USHER} audit tail -n 9 | head -n 1; exit ${{PIPESTATUS[0]}}");
    let mut piped = Command::new("bash")
        .args(["-c", &line])
        .env("USHER__DATABASE_URL", format!("sqlite://{file}"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // Nothing is written any more that it could fail to print.
    let since = Instant::now();
    let status = piped.wait()?;
    ensure!(
        since.elapsed() < Duration::from_secs(5),
        "{:?}",
        since.elapsed()
    );
    let mut said = String::new();
    std::io::Read::read_to_string(&mut piped.stderr.take().context("stderr")?, &mut said)?;
    assert_eq!((status.code(), said.as_str()), (Some(0), ""));
    Ok(())
}

#[tokio::test]
async fn whoever_only_reads_waits_for_no_writer_and_keeps_nobody_from_writing() -> anyhow::Result<()>
{
    let site = Acme::start(&[("default_company", "acme")]).await?;
    site.admitted(Person::new("ann")).await?;
    let _tail = site.usher.spawn(&["audit", "tail", "--json"])?;
    let mut database = site.database().await?;
    let lock = database.begin_with("BEGIN IMMEDIATE").await?;
    for reads in [
        &["company", "list"][..],
        &["group", "list"],
        &["group", "member", "list", "--company", "acme", "research"],
        &["domain", "list"],
        &["invite", "list"],
        &["user", "list"],
        &["user", "show", "ann@example.com"],
        &["audit", "list"],
    ] {
        let since = Instant::now();
        site.usher.must(reads)?;
        ensure!(since.elapsed() < Duration::from_secs(2), "{reads:?}");
    }
    let answer = site.usher.run(&["user", "disable", "ann@example.com"])?;
    assert_eq!(answer.code, Some(2), "{answer:#?}");
    assert!(
        answer.stderr.contains("locked by another process"),
        "{answer:#?}"
    );
    lock.rollback().await?;
    site.usher.must(&["user", "disable", "ann@example.com"])?;
    Ok(())
}

#[test]
fn whoever_only_reads_leaves_no_key_behind() -> anyhow::Result<()> {
    let usher = usher_tests::server::Installation::new(USHER);
    assert_eq!(usher.must(&["audit", "list", "--json"])?.trim(), "[]");
    assert!(!usher.path("usher.db.key").exists());
    Ok(())
}
