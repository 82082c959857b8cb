//! `usher policy explain`, `bench` and `check`, and what the kernel sees of a decision.

use std::process::Command;

use anyhow::Context;
use serde_json::{Value, json};
use usher_tests::server::Installation;

use super::{json_of, misused};
use crate::USHER;
use crate::guest::Guest;

fn file(usher: &Installation, name: &str, bytes: &[u8]) -> anyhow::Result<String> {
    let path = usher.path(name);
    std::fs::create_dir_all(path.parent().context("a folder")?)?;
    std::fs::write(&path, bytes)?;
    Ok(path.display().to_string())
}

fn case(usher: &Installation, case: &Value) -> anyhow::Result<String> {
    file(usher, "case.json", case.to_string().as_bytes())
}

#[test]
fn a_decision_is_explained_by_its_rules_and_by_where_claims_are() -> anyhow::Result<()> {
    let usher = Installation::new(USHER);
    let case = case(
        &usher,
        &json!({
            "settings": {"default_company": "acme", "groups": {"enabled": true}},
            "claims": {
                "id_token": {"groups": ["Research"], "sid": "1"},
                "access_token": {"Realm_Access": {}, "Roles": ["admin"], "name": "Ann"}
            },
            "directory": {"companies": {"acme": ["Research"]}}
        }),
    )?;
    let explained = usher.run(&["policy", "explain", &case])?;
    assert_eq!(explained.code, Some(0), "{explained:#?}");
    for words in [
        "admitted to acme",
        "rules hit",
        "company.default",
        "every new user lands in acme",
        "skipped",
        "(absent), but id_token has it",
        "(absent), but there is /Roles",
        "\"Ann\"",
        "NOT LOOKED AT IN",
        "sid",
        "company-exists",
    ] {
        assert!(explained.stdout.contains(words), "{words}: {explained:#?}");
    }
    let explained = json_of(&usher, &["policy", "explain", &case])?;
    let claims = explained["claims"].as_array().context("claims")?;
    let groups = claims.iter().find(|claim| claim["pointer"] == "/groups");
    let groups = groups.context("/groups")?;
    assert_eq!(groups["source"], "access_token");
    assert_eq!(groups["elsewhere"], json!(["id_token"]));
    assert!(groups.get("value").is_none(), "{groups}");
    assert_eq!(explained["rules"][0]["rule"], "company.known");
    assert_eq!(explained["unread"][0]["source"], "id_token");
    Ok(())
}

#[test]
fn a_refusal_is_explained_and_a_failure_is_a_finding() -> anyhow::Result<()> {
    let usher = Installation::new(USHER);
    let refused = case(&usher, &json!({}))?;
    let explained = usher.run(&["policy", "explain", &refused])?;
    assert_eq!(explained.code, Some(0), "{explained:#?}");
    assert!(
        explained.stdout.starts_with("refused with no_company\n"),
        "{explained:#?}"
    );
    for (guest, words) in [
        (Guest::Trap, "trap: "),
        (Guest::Loop, "timeout: more than 50 ms"),
        (Guest::Fail("the moon"), "error: the moon"),
        (Guest::Invalid, "invalid: "),
    ] {
        let policy = file(&usher, "policy.wasm", &guest.component()?)?;
        for command in ["explain", "bench"] {
            let failed = usher.run(&["policy", command, "--policy", &policy, &refused])?;
            assert_eq!(failed.code, Some(1), "{failed:#?}");
            for part in ["error: the policy failed: ", words, "\n  fix:   "] {
                assert!(
                    failed.stderr.contains(part),
                    "{command} {part}: {failed:#?}"
                );
            }
        }
    }
    Ok(())
}

#[test]
fn a_policy_is_measured() -> anyhow::Result<()> {
    let usher = Installation::new(USHER);
    let measured = json_of(&usher, &["policy", "bench", "--decisions", "50"])?;
    for part in ["instantiate", "decide", "whole"] {
        let median = measured[part]["median_us"].as_f64().context("a median")?;
        let p99 = measured[part]["p99_us"].as_f64().context("a p99")?;
        assert!(0.0 < median && median <= p99, "{measured}");
    }
    let us = |part: &str| measured[part]["median_us"].as_f64().unwrap_or_default();
    assert!(us("instantiate") < us("decide"), "{measured}");
    assert!(measured["per_second"].as_u64() > Some(0), "{measured}");
    let inspected = json_of(&usher, &["policy", "inspect"])?;
    assert_eq!(measured["policy"]["sha256"], inspected["sha256"]);

    let refuses = Guest::Refuse("no_company", "nobody").component()?;
    let policy = file(&usher, "policy.wasm", &refuses)?;
    let table = usher.must(&["policy", "bench", "--decisions", "1", "--policy", &policy])?;
    assert!(table.contains("decide in a fresh sandbox"), "{table}");
    for wrong in ["0", "-1", "many", "1000001"] {
        misused(
            &usher,
            &["policy", "bench", &format!("--decisions={wrong}")],
            &["--decisions"],
        )?;
    }
    misused(
        &usher,
        &["policy", "bench", "/nowhere.json"],
        &["/nowhere.json"],
    )
}

#[test]
fn a_check_tries_the_cases_beside_the_component() -> anyhow::Result<()> {
    let usher = Installation::new(USHER);
    let policy = file(
        &usher,
        "mine/policy.wasm",
        &Guest::Admit("acme").component()?,
    )?;
    let check = ["policy", "check", &policy];
    let alone = usher.run(&check)?;
    assert_eq!(alone.code, Some(0), "{alone:#?}");
    assert!(alone.stderr.contains("no cases beside it"), "{alone:#?}");

    let expects = |company: &str| json!({"expect": {"admit": {"company": company}}}).to_string();
    file(&usher, "mine/cases/a.json", expects("acme").as_bytes())?;
    assert!(usher.run(&check)?.stderr.contains("1 passed, 0 failed"));
    let wrong = json!({"expect": {"admit": {"company": "acme", "groups": {"add": ["A", "B"]}}}});
    let wrong = file(&usher, "mine/cases/b.json", wrong.to_string().as_bytes())?;
    let failed = usher.run(&check)?;
    assert_eq!(failed.code, Some(1), "{failed:#?}");
    let lines = format!(
        "FAIL {wrong}\n     groups: expected {{\"add\":[\"A\",\"B\"]}}, got \"leave\"\n       - \"A\"\n       - \"B\"\n"
    );
    assert!(failed.stdout.contains(&lines), "{failed:#?}");
    let checked = usher.run(&["policy", "check", &policy, "--json"])?;
    let checked: Value = serde_json::from_str(&checked.stdout)?;
    assert_eq!(checked["cases"]["passed"], 1);
    assert_eq!(checked["cases"]["failed"][0]["case"], wrong.as_str());
    file(&usher, "mine/cases/c.json", b"{")?;
    misused(&usher, &check, &["c.json", "fix:"])
}

#[test]
fn groups_that_differ_are_shown_one_by_one() -> anyhow::Result<()> {
    let usher = Installation::new(USHER);
    let case = case(
        &usher,
        &json!({
            "settings": {"default_company": "acme", "groups": {"enabled": true}},
            "claims": {"access_token": {"groups": ["A", "B"]}},
            "directory": {"companies": {"acme": ["A", "B"]}},
            "expect": {"admit": {"company": "acme", "admin": "leave", "groups": {"replace": ["B", "C"]}}}
        }),
    )?;
    let tested = usher.run(&["policy", "test", &case])?;
    assert_eq!(tested.code, Some(1), "{tested:#?}");
    assert!(
        tested
            .stdout
            .ends_with("\n       - \"C\"\n       + \"A\"\n"),
        "{tested:#?}"
    );
    Ok(())
}

/// Counts the kernel calls of `usher policy bench` with so many decisions of each kind.
fn traced(usher: &Installation, decisions: usize) -> anyhow::Result<Vec<String>> {
    let trace = usher.path("trace");
    let status = Command::new("strace")
        .args(["-f", "-qq", "-e", "trace=mprotect,madvise,ioctl", "-o"])
        .arg(&trace)
        .args([
            USHER,
            "policy",
            "bench",
            "--decisions",
            &decisions.to_string(),
        ])
        .stdout(std::process::Stdio::null())
        .status()?;
    anyhow::ensure!(status.success(), "strace: {status}");
    let trace = std::fs::read_to_string(trace)?;
    Ok(trace.lines().map(str::to_owned).collect())
}

#[test]
fn a_decision_takes_no_mprotect_and_at_most_one_other_call_for_memory() -> anyhow::Result<()> {
    // Containers may have the program and not the right to look at another.
    let mut probe = Command::new("strace");
    probe.args(["-qq", "-o", "/dev/null", "true"]);
    if !probe.status().is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: strace is missing or may not trace; apt-get install strace");
        return Ok(());
    }
    let usher = Installation::new(USHER);
    // What a process does once is in both, and falls out of the difference.
    let (few, many) = (traced(&usher, 500)?, traced(&usher, 1_500)?);
    // Wiping an instance's memory is one call: it counts instances, wherever they run. When the
    // process ends its allocator gives everything back, by `madvise`.
    let wiping = |trace: &[String]| -> Vec<usize> {
        let is_wiping = |line: &str| line.contains("ioctl(");
        let numbered = trace.iter().enumerate();
        numbered
            .filter(|(_, line)| is_wiping(line))
            .map(|(number, _)| number)
            .collect()
    };
    let instances = 4 * 1_000;
    let (before, after) = (wiping(&few), wiping(&many));
    let more = after.len() - before.len();
    assert!(more <= instances + 20, "{more} for {instances} instances");
    if after.len() < instances {
        println!("this kernel has no PAGEMAP_SCAN: memory is wiped without a call");
        return Ok(());
    }
    // Alone come 200 and 1,500 instances, then 200 and 1,500 decisions: 1,000 of these.
    let (first, last) = (after[2_100], after[3_100]);
    let window = &many[first..last];
    let mprotect: Vec<_> = window
        .iter()
        .filter(|line| line.contains("mprotect("))
        .collect();
    println!(
        "1,000 decisions: {} calls for memory, {} mprotect",
        window.len(),
        mprotect.len()
    );
    assert!(mprotect.len() <= 2, "{mprotect:?}");
    // Other threads of the process may have a call among them.
    assert!(window.len() <= 1_010, "{}", window.len());
    Ok(())
}
