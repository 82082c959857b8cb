//! What every command has in common: help, suggestions, streams, colours.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use usher_tests::provider::Provider;
use usher_tests::server::Installation;

use super::misused;
use crate::USHER;

const COMMANDS: [&str; 14] = [
    "serve",
    "dev",
    "company",
    "group",
    "invite",
    "domain",
    "user",
    "directory",
    "audit",
    "admin",
    "policy",
    "completions",
    "man",
    "openapi",
];

#[test]
fn help_begins_with_examples_of_the_command() -> anyhow::Result<()> {
    let usher = Installation::new(USHER);
    let mut all = vec![vec!["--help"]];
    all.extend(COMMANDS.map(|command| vec![command, "--help"]));
    all.push(vec!["group", "member", "add", "--help"]);
    for arguments in all {
        let answer = usher.run(&arguments)?;
        assert_eq!(answer.code, Some(0), "{arguments:?}: {answer:#?}");
        assert_eq!(answer.stderr, "", "{arguments:?}");
        let [command @ .., _] = &arguments[..] else {
            continue;
        };
        let example = format!("usher {}", command.join(" "));
        let mut lines = answer.stdout.lines();
        assert_eq!(lines.next(), Some("Examples:"), "{arguments:?}");
        let second = lines.next().unwrap_or_default();
        assert!(second.contains(example.trim()), "{arguments:?}: {second}");
    }
    let version = usher.must(&["--version"])?;
    assert!(version.contains(env!("CARGO_PKG_VERSION")), "{version}");
    Ok(())
}

#[test]
fn what_is_misspelt_gets_the_nearest_known_name() -> anyhow::Result<()> {
    let usher = Installation::new(USHER);
    for (arguments, nearest) in [
        (&["compny", "list"][..], "'company'"),
        (&["company", "crate"], "'create'"),
        (&["polcy"], "'policy'"),
        (&["policy", "tst"], "'test'"),
        (&["company", "list", "--jsn"], "'--json'"),
    ] {
        misused(&usher, arguments, &["similar", nearest])?;
    }
    for arguments in [
        &[][..],
        &["company"],
        &["company", "delete"],
        &["company", "list", "--json", "--format", "table"],
        &["company", "list", "--format", "xml"],
        &[
            "invite",
            "add",
            "--company",
            "a",
            "--email",
            "a@b.c",
            "--role",
            "root",
        ],
        &["completions", "tcsh"],
    ] {
        misused(&usher, arguments, &["--"])?;
    }
    assert!(!usher.path("usher.db").exists(), "nothing was touched");
    Ok(())
}

#[test]
fn completions_are_scripts_that_the_shells_take() -> anyhow::Result<()> {
    let usher = Installation::new(USHER);
    for shell in ["bash", "zsh", "fish"] {
        let script = usher.must(&["completions", shell])?;
        for command in COMMANDS {
            assert!(script.contains(command), "{shell}: {command}");
        }
        let file = usher.path(shell);
        std::fs::write(&file, &script)?;
        let parsed = Command::new(shell)
            .arg("-n")
            .arg(&file)
            .stdin(Stdio::null())
            .output();
        // Bash is everywhere; the others where they are.
        match parsed {
            Ok(parsed) => assert!(parsed.status.success(), "{shell}: {parsed:?}"),
            Err(error) => assert!(shell != "bash", "{error}"),
        }
    }
    Ok(())
}

#[tokio::test]
async fn nothing_is_coloured_away_from_a_terminal() -> anyhow::Result<()> {
    for no_color in [None, Some("1")] {
        let mut usher = Installation::new(USHER)
            .with("TERM", "xterm-256color")
            .with("CLICOLOR", "1");
        if let Some(value) = no_color {
            usher.set("NO_COLOR", value);
        }
        for arguments in [
            &["--help"][..],
            &["compny"],
            &[
                "company",
                "create",
                "--id",
                "acme",
                "--name",
                "A\u{1b}[31mred",
            ],
            &["company", "create", "--id", "acme", "--name", "Acme"],
            &["company", "list"],
            &["company", "delete", "--id", "ghost"],
            &["user", "show", "\u{1b}[31mred"],
            &["user", "disable", "\u{1b}]0;title\u{7}"],
            &["policy", "check"],
            &["serve"],
        ] {
            let answer = usher.run(arguments)?;
            let said = format!("{}{}", answer.stdout, answer.stderr);
            assert!(!said.is_empty(), "{arguments:?}");
            assert!(!said.contains('\u{1b}'), "{arguments:?}: {said:?}");
        }
    }
    Ok(())
}

#[test]
fn a_log_on_a_terminal_is_coloured_unless_no_color_is_set() -> anyhow::Result<()> {
    const SCRIPT: &str = "#!/bin/sh
exec script -qec \"timeout -s TERM 3 $USHER serve\" /dev/null
";
    let provider = Provider::start();
    let folder = Installation::new(USHER);
    let wrapper = folder.path("on-a-terminal");
    std::fs::write(&wrapper, SCRIPT)?;
    std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o700))?;
    if Command::new("script").arg("--version").output().is_err() {
        eprintln!("no `script` here: not tried on a terminal");
        return Ok(());
    }
    for (no_color, coloured) in [("", true), ("1", false)] {
        let usher = Installation::new(&wrapper)
            .with_all(provider.settings("main"))
            .with("USHER", USHER)
            .with("TERM", "xterm-256color")
            .with("NO_COLOR", no_color);
        let answer = usher.run(&[])?;
        assert!(answer.stdout.contains("ready"), "{answer:#?}");
        let escapes = answer.stdout.contains('\u{1b}');
        assert_eq!(escapes, coloured, "NO_COLOR={no_color}: {answer:#?}");
    }
    Ok(())
}

#[test]
fn a_reader_that_leaves_early_is_no_error() -> anyhow::Result<()> {
    let usher = Installation::new(USHER);
    let line = format!("{USHER} completions bash | head -n 1; exit ${{PIPESTATUS[0]}}");
    let ran = Command::new("bash")
        .args(["-c", &line])
        .current_dir(usher.path("."))
        .output()?;
    let stderr = String::from_utf8_lossy(&ran.stderr);
    assert!(
        !stderr.contains("panicked") && !stderr.contains("error"),
        "{stderr}"
    );
    assert_eq!(ran.status.code(), Some(0), "{ran:?}");
    Ok(())
}
