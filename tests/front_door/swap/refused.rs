//! What must not become the policy: whatever is dropped, the running one goes on.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{Site, default_policy, into, marked, sha256};
use crate::guest::Guest;

/// Name, bytes, the step that refuses them, and words of the reason.
type BadFile = (&'static str, Vec<u8>, &'static str, &'static str);

fn bad_files() -> anyhow::Result<[BadFile; 9]> {
    let good = default_policy()?;
    Ok([
        (
            "truncated",
            good[..good.len() / 2].to_vec(),
            "parse",
            "damaged",
        ),
        ("empty", Vec::new(), "parse", "no WebAssembly"),
        ("text", b"<html>".to_vec(), "parse", "no WebAssembly"),
        (
            "foreign import",
            Guest::Admit("acme").with_a_foreign_import()?,
            "imports",
            "wasi:cli/environment@0.2.6",
        ),
        (
            "wrong version",
            Guest::Admit("acme").of_contract("0.2.0")?,
            "contract",
            "0.2.0",
        ),
        ("traps", Guest::Trap.component()?, "trial", "trap: "),
        ("loops", Guest::Loop.component()?, "trial", "timeout: "),
        (
            "fails",
            Guest::Fail("no").component()?,
            "trial",
            "error: no",
        ),
        ("big", vec![0; 5 << 20], "size", "at most 4 MiB"),
    ])
}

#[tokio::test]
async fn whatever_is_dropped_the_running_policy_goes_on() -> anyhow::Result<()> {
    let site = Site::start().await?;
    let running = site.state().await?["sha256"].clone();
    let cases = bad_files()?;
    for (number, (name, bytes, step, words)) in cases.into_iter().enumerate() {
        // A file that is too big is not even read.
        let digest = (step != "size").then(|| sha256(&bytes));
        site.drop_file(&bytes)?;
        let state = site
            .until(|state| {
                let error = &state["last_error"];
                error["step"] == step
                    && error["sha256"].as_str() == digest.as_deref()
                    && error["message"]
                        .as_str()
                        .is_some_and(|said| said.contains(words))
            })
            .await
            .context(name)?;
        assert_eq!(state["sha256"], running, "{name}");
        let (company, by) = site.company_of(&format!("ann{number}")).await?;
        assert_eq!((company, by), (json!("acme"), running.clone()), "{name}");

        let event = is_said(&site, (step, words)).context(name)?;
        let row = site.listed()?;
        assert_eq!(row["sha256"], running, "{name}");
        assert_eq!(row["refused"]["step"], step, "{name}");
        if let Some(sha256) = digest {
            assert_eq!(event["policy"]["sha256"], sha256, "{name}");
            assert_eq!(row["file"], "refused", "{name}");
        }
    }
    // Mending the file activates it.
    let mended = marked(&into("beta")?, 1);
    site.drop_file(&mended)?;
    site.until_active(&mended).await?;
    assert_eq!(site.company_of("zoe").await?.0, "beta");
    assert_eq!(site.listed()?["refused"], Value::Null);
    Ok(())
}

/// The audit log and the log say in one line each why a file was refused.
fn is_said(site: &Site, (step, words): (&str, &str)) -> anyhow::Result<Value> {
    let event = site.events()?.remove(0);
    assert_eq!(
        (&event["outcome"], &event["code"]),
        (&json!("failed"), &json!(step))
    );
    let detail = event["detail"].as_str().context("a detail")?;
    assert!(detail.contains(words) && !detail.contains('\n'), "{detail}");
    let line = site.acme.server.stderr();
    let line = line
        .lines()
        .rfind(|line| line.contains("the running one stays"));
    let line = line.context("a line of log")?;
    assert!(line.contains(words) && line.contains(step), "{line}");
    Ok(event)
}

#[tokio::test]
async fn a_refusal_is_said_once_and_what_was_active_may_come_back() -> anyhow::Result<()> {
    let first = marked(&into("acme")?, 0);
    let site = Site::start_with(&first).await?;
    let broken = Guest::Admit("acme").of_contract("9.0.0")?;
    site.drop_file(&broken)?;
    site.until(|state| state["last_error"]["step"] == "contract")
        .await?;
    // The same bytes again, as another file.
    site.drop_file(&broken)?;
    sleep(Duration::from_millis(1500)).await;
    assert_eq!(site.said("the running one stays"), 1);
    let before = site.events()?.len();
    assert_eq!(before, 2, "{:#?}", site.events()?);

    let since = site.state().await?["since"].clone();
    site.drop_file(&first)?;
    let state = site.until_active(&first).await?;
    assert_eq!(state["since"], since, "it never stopped being active");
    assert_eq!(site.events()?.len(), before);
    assert_eq!(site.listed()?["file"], "active");
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_gone_no_file_or_unreadable_leaves_the_policy_alone() -> anyhow::Result<()> {
    let site = Site::start().await?;
    let running = site.state().await?["sha256"].clone();
    let refused = async |words: &str| {
        let state = site
            .until(|state| {
                let said = state["last_error"]["message"].as_str();
                said.is_some_and(|said| said.contains("(read)") && said.contains(words))
            })
            .await?;
        assert_eq!(state["sha256"], running);
        anyhow::Ok(())
    };
    std::fs::remove_file(&site.file)?;
    refused("No such file").await?;
    assert_eq!(site.listed()?["file"], "unreadable");
    std::fs::create_dir(&site.file)?;
    refused("no file").await?;
    std::fs::remove_dir(&site.file)?;
    pipe(&site.file)?;
    refused("no file").await?;
    assert_eq!(site.company_of("ann").await?.0, "acme");
    std::fs::remove_file(&site.file)?;
    let next = into("beta")?;
    site.drop_file(&next)?;
    site.until_active(&next).await?;
    Ok(())
}

/// Whoever opens it waits for somebody who writes.
fn pipe(path: &Path) -> anyhow::Result<()> {
    let made = std::process::Command::new("mkfifo").arg(path).status()?;
    anyhow::ensure!(made.success(), "mkfifo: {made}");
    Ok(())
}

/// Some kilobytes that take gigabytes to compile: every loop passes every local on.
fn compiler_bomb() -> anyhow::Result<Vec<u8>> {
    const LOOPS: usize = 4_000;
    const LOCALS: usize = 4_000;
    let locals = "i32 ".repeat(LOCALS);
    let counts: String = (0..LOCALS)
        .map(|at| format!("(local.set {at} (i32.add (local.get {at}) (i32.const 1)))"))
        .collect();
    let (begin, end) = (
        "loop ".repeat(LOOPS),
        "local.get 0 br_if 0 end ".repeat(LOOPS),
    );
    Guest::Admit("acme").with_a_function(&format!("(func (local {locals}) {begin} {counts} {end})"))
}

#[tokio::test]
async fn a_component_that_exhausts_the_compiler_ends_nothing_but_its_own_process()
-> anyhow::Result<()> {
    let site = Site::start().await?;
    let bomb = compiler_bomb()?;
    assert!(bomb.len() < 256 * 1024, "{}", bomb.len());
    site.drop_file(&bomb)?;
    let mut signed_in = 0;
    let state = loop {
        assert_eq!(site.company_of(&format!("ann{signed_in}")).await?.0, "acme");
        signed_in += 1;
        let state = site.state().await?;
        if !state["last_error"].is_null() {
            break state;
        }
    };
    let error = &state["last_error"];
    assert_eq!(error["step"], "compile", "{error}");
    let said = error["message"].as_str().context("a message")?;
    assert!(
        said.contains("more than 1 GiB") || said.contains("more than 30 s"),
        "{said}"
    );
    println!("{signed_in} sign-ins meanwhile: {said}");
    let next = into("beta")?;
    site.drop_file(&next)?;
    site.until_active(&next).await?;
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_still_being_copied_is_no_error() -> anyhow::Result<()> {
    use std::io::Write;

    let site = Site::start().await?;
    let next = default_policy()?;
    let mut file = std::fs::File::create(&site.file)?;
    for part in next.chunks(next.len() / 3 + 1) {
        file.write_all(part)?;
        file.sync_all()?;
        sleep(Duration::from_millis(900)).await;
    }
    let state = site
        .until(|state| state["sha256"] == *sha256(&next))
        .await?;
    assert_eq!(state["last_error"], Value::Null);
    assert_eq!(site.said("the running one stays"), 0);
    Ok(())
}
