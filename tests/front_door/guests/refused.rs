//! Guests that are not loaded: the command and the service say at which step and why, in a few
//! words that a terminal can be shown.

use std::path::Path;
use std::time::Duration;

use usher::clock::Stopwatch;
use usher_tests::guests;
use usher_tests::server::{Answer, Installation};

use super::site::folder;
use crate::USHER;

/// One test for each guest: the step that refuses it, and what is said.
macro_rules! refused {
    ($($guest:ident: $step:literal $what:literal,)*) => {
        $(
            #[test]
            pub(super) fn $guest() -> anyhow::Result<()> {
                is_refused(stringify!($guest), $step, $what)
            }
        )*
    };
}

refused! {
    compile_bomb: "compile" "compiling it takes more than",
    data_beyond_memory: "trial" "out of bounds memory access",
    deep_nesting: "parse" "type nesting is too deep",
    endless_start: "trial" "timeout: more than 50 ms in the policy",
    hostile_names: "parse" "it is damaged",
    huge_memory: "compile" "minimum byte size of 4294967296",
    huge_table: "compile" "minimum element size of 10000000",
    import_flood: "imports" "site:flood/interface-0@1.0.0",
    large_table: "trial" "memory: more than 10000 table elements",
    many_functions: "compile" "compiling it takes more than",
    missing_function: "link" "shout",
    nested_components: "parse" "modules and components count exceeds limit of 1000",
    nested_types: "parse" "component type nesting is too deep",
    several_memories: "parse" "multiple memories",
    sixty_four_instances: "trial" "memory: ",
    start_that_asks: "trial" "trap: ",
    start_that_traps: "trial" "trap: ",
    threads: "parse" "shared",
    unknown_import: "imports" "wasi:cli/environment@0.2.6",
    wrong_type: "link" "expected `result` found `u32`",
    wrong_contract: "contract" "usher:policy@0.2.0",
}

#[test]
pub(super) fn data_16_mib() -> anyhow::Result<()> {
    is_refused("data_16_mib", "size", "at most 4 MiB")?;
    let Some(file) = guests::component("data-16-mib")? else {
        return Ok(());
    };
    // Where an interpreter may have as much, it is as good as any other.
    let file = file.display().to_string();
    let usher = Installation::new(USHER);
    let case = usher.path("case.json");
    std::fs::write(&case, "{}")?;
    let case = case.display().to_string();
    let said = usher.must(&[
        "policy",
        "run",
        &case,
        "--policy",
        &file,
        "--limits",
        "interpreter",
        "--json",
    ])?;
    let decided: serde_json::Value = serde_json::from_str(&said)?;
    assert_eq!(decided["decision"]["trace"][0]["saw"], "7", "{said}");
    Ok(())
}

#[test]
pub(super) fn truncated() -> anyhow::Result<()> {
    is_refused("truncated", "parse", "unexpected end")
}

#[test]
pub(super) fn bit_flipped() -> anyhow::Result<()> {
    is_refused("bit_flipped", "parse", "it is damaged")
}

#[test]
fn a_file_without_an_end_is_read_no_further_than_a_policy_may_be() -> anyhow::Result<()> {
    let usher = Installation::new(USHER);
    let checked = usher.run(&["policy", "check", "/dev/zero"])?;
    assert_eq!(checked.code, Some(1), "{checked:#?}");
    says("zeros", &checked, &["/dev/zero", "(size)", "at most 4 MiB"]);
    let inspected = usher.run(&["policy", "inspect", "/dev/zero"])?;
    assert_eq!(inspected.code, Some(1), "{inspected:#?}");
    Ok(())
}

#[tokio::test]
async fn no_command_pays_for_what_a_compiler_cannot_stand() -> anyhow::Result<()> {
    const MIB: u64 = 1 << 20;
    let Some(bomb) = guests::component("compile-bomb")? else {
        return Ok(());
    };
    let bomb = bomb.display().to_string();
    let usher = Installation::new(USHER);
    let case = usher.path("case.json");
    std::fs::write(&case, "{}")?;
    let case = case.display().to_string();
    for command in [
        &["policy", "check", &bomb][..],
        &["policy", "bench", &case, "--policy", &bomb],
    ] {
        let mut running = usher.spawn(command)?;
        let (mut peak, since) = (0, Stopwatch::start());
        let code = loop {
            peak = peak.max(peak_memory(running.id()));
            match tokio::time::timeout(Duration::from_millis(5), running.ended()).await {
                Ok(code) => break code?,
                Err(_) => assert!(since.elapsed() < Duration::from_secs(45), "{command:?}"),
            }
        };
        let said = running.stderr();
        assert_eq!(code, Some(1), "{command:?}: {said}");
        assert!(
            said.contains("(compile): compiling it takes more than"),
            "{command:?}: {said}"
        );
        assert!(
            (MIB..200 * MIB).contains(&peak),
            "{command:?}: {peak} bytes"
        );
    }
    Ok(())
}

/// Of the process alone, in bytes; its children have their own.
fn peak_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"));
    let status = status.unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or_default() << 10
}

fn is_refused(name: &str, step: &str, what: &str) -> anyhow::Result<()> {
    let Some(file) = guests::component(&folder(name))? else {
        return Ok(());
    };
    let usher = with_policy(&file);
    let file = file.display().to_string();
    let checked = usher.run(&["policy", "check", &file])?;
    assert_eq!(checked.code, Some(1), "{name}: {checked:#?}");
    let started = usher.run(&["serve"])?;
    assert_eq!(started.code, Some(2), "{name}: {started:#?}");
    for answer in [checked, started] {
        says(name, &answer, &[&file, &format!("({step})"), what]);
    }
    Ok(())
}

fn with_policy(file: &Path) -> Installation {
    const PROVIDER: &str = "login__sso__oauth_client__keycloak__";
    let set = |usher: Installation, place: &str, key: &str, value: &str| {
        usher.with(format!("CLEARML__{place}__{PROVIDER}{key}"), value)
    };
    let file = file.display().to_string();
    let usher = Installation::new(USHER);
    let usher = set(usher, "services", "base_url", "https://kc.example/realms/r");
    let usher = set(usher, "secure", "client_id", "clearml");
    let usher = set(usher, "secure", "client_secret", "of no importance");
    set(usher, "services", "policy__module", &file)
}

/// One error of three lines, of a length that somebody reads, with nothing that moves a cursor.
fn says(name: &str, answer: &Answer, words: &[&str]) {
    let said = &answer.stderr;
    assert_eq!(answer.stdout, "", "{name}");
    for word in words {
        assert!(said.contains(word), "{name}: no {word:?}: {said}");
    }
    let mut errors = said.lines().filter(|line| line.starts_with("error: "));
    assert!(
        errors.next().is_some_and(|line| line.len() < 1_000),
        "{name}: {said}"
    );
    assert_eq!(errors.next(), None, "{name}: {said}");
    assert!(said.len() < 2_500, "{name}: {} bytes", said.len());
    let moves = |c: char| c.is_control() && c != '\n';
    assert!(!said.contains(moves), "{name}: {said:?}");
}
