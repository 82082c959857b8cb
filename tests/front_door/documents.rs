//! Every command in README and docs is run, every setting in them is loaded, every link leads
//! somewhere.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use usher_tests::parts;
use usher_tests::provider::{Person, Provider};
use usher_tests::server::Installation;
use usher_tests::visitor::Visitor;

use crate::USHER;

/// What the documents show instead of what only a running service knows.
const SAMPLE_REFERENCE: &str = "7KQ2-M4XD-0ZPA";
const SAMPLE_ORIGIN: &str = "http://127.0.0.1:8080";

#[tokio::test]
async fn every_command_in_the_documents_works() -> anyhow::Result<()> {
    let provider = Provider::start();
    provider.sign_in_as(Person::new("ada").email("ada@first.example", true));
    let installation = Installation::new(USHER).with_all(provider.settings("keycloak"));
    installation.must(&["company", "create", "--id", "first", "--name", "First"])?;
    installation.must(&["domain", "add", "--company", "first", "first.example"])?;
    let server = installation.serve().await?;
    let mut visitor = Visitor::new();
    let page = visitor.get(server.url("/login")).await?;
    visitor.settle(page).await?;
    let records = installation.audit()?;
    let reference = records[0]["ref"].as_str().context("no record")?;
    let session = visitor.cookies.value("usher").context("no session")?;

    let mut ran = 0;
    for (document, text) in documents()? {
        for command in blocks(&text, "console")
            .iter()
            .flat_map(|block| block.lines())
        {
            let Some(command) = command.strip_prefix("$ ") else {
                continue;
            };
            let command = command
                .replace(SAMPLE_REFERENCE, reference)
                .replace(SAMPLE_ORIGIN, &server.origin)
                .replace("$SESSION", session);
            run(&installation, &command).with_context(|| format!("{document}: {command}"))?;
            ran += 1;
        }
    }
    assert!(ran > 10, "only {ran} commands were found");
    Ok(())
}

fn run(installation: &Installation, command: &str) -> anyhow::Result<()> {
    let words = words(command);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["usher", arguments @ ..] => {
            let placed: Vec<String> = arguments.iter().map(|word| placed(word)).collect();
            let placed: Vec<&str> = placed.iter().map(String::as_str).collect();
            installation.must(&placed).map(drop)
        }
        ["curl", arguments @ ..] => {
            let output = std::process::Command::new("curl")
                .arg("--fail")
                .args(arguments)
                .output()?;
            ensure!(output.status.success(), "{output:?}");
            Ok(())
        }
        // `dev` by itself is tested at length; here that the words mean it.
        ["cargo", "run", "--release", "--", "dev"] => {
            let manifest = std::fs::read_to_string(root().join("host/Cargo.toml"))?;
            ensure!(manifest.contains(r#"default-run = "usher""#));
            installation.must(&["dev", "--help"]).map(drop)
        }
        // It is what runs this test.
        ["cargo", "xtask", "test"] => Ok(()),
        // `cargo xtask test` builds these first, with the same words.
        ["cargo", "xtask", "policy", "build", folder] => {
            ensure!(root().join(folder).join("Cargo.toml").is_file());
            Ok(())
        }
        _ => bail!("nobody knows how to try this"),
    }
}

/// Where a file of the documents is in the test: policies are built by `cargo xtask test`.
fn placed(word: &str) -> String {
    if let Some(policy) = word.strip_prefix("target/policies/") {
        return parts::policies().join(policy).display().to_string();
    }
    match word.strip_prefix("policy-guest/") {
        Some(_) => root().join(word).display().to_string(),
        None => word.to_owned(),
    }
}

/// Splits at blanks outside double quotes.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for character in command.chars() {
        match character {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            _ => words
                .last_mut()
                .into_iter()
                .for_each(|word| word.push(character)),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn every_setting_in_the_documents_is_one() -> anyhow::Result<()> {
    for (document, text) in documents()? {
        for block in blocks(&text, "yaml") {
            let mut variables: Vec<(String, String)> = block.lines().filter_map(setting).collect();
            for (name, value) in &mut variables {
                // Files that only the deployment has.
                if name.ends_with("_file") {
                    *name = name.trim_end_matches("_file").to_owned();
                } else if name.ends_with("policy__module") {
                    *value = root()
                        .join("policy-guest/usher-default-policy.wasm")
                        .display()
                        .to_string();
                }
            }
            let wants = |name: &str| variables.iter().all(|(given, _)| !given.ends_with(name));
            let prefix = "CLEARML__services__login__sso__oauth_client__keycloak__";
            let mut more = Vec::new();
            for (name, value) in [
                (format!("{prefix}base_url"), "https://kc.example/realms/r"),
                (format!("{prefix}client_id"), "c"),
                (format!("{prefix}client_secret"), "a-secret"),
                ("USHER__PUBLIC_URL".to_owned(), "https://login.example.com"),
            ] {
                let key = name.rsplit("__").next().unwrap_or_default();
                if wants(key) {
                    more.push((name, value.to_owned()));
                }
            }
            let environment = variables.into_iter().chain(more).collect();
            let loaded = usher::config::load(&environment, None);
            loaded.map_err(|errors| anyhow::anyhow!("{document}: {errors}"))?;
        }
    }
    Ok(())
}

/// A line `NAME: "value"`.
fn setting(line: &str) -> Option<(String, String)> {
    let (name, value) = line.trim().split_once(": ")?;
    let known = name.starts_with("USHER__") || name.starts_with("CLEARML__");
    let value = value.trim().trim_matches('"').replace("\\\"", "\"");
    known.then(|| (name.to_owned(), value))
}

#[test]
fn every_link_leads_somewhere_and_the_readme_is_short() -> anyhow::Result<()> {
    for (document, text) in documents()? {
        let path = root().join(&document);
        let folder = path.parent().context("a folder")?;
        for part in text.split("](").skip(1) {
            let target = part.split(')').next().unwrap_or_default();
            let file = target.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            ensure!(
                folder.join(file).exists(),
                "{document}: {target} is nowhere"
            );
        }
    }
    let lines = std::fs::read_to_string(root().join("README.md"))?
        .lines()
        .count();
    ensure!(lines <= 150, "README.md has {lines} lines");
    Ok(())
}

/// README and everything below docs: the path from the root, and the text.
fn documents() -> anyhow::Result<Vec<(String, String)>> {
    let mut found = vec!["README.md".to_owned()];
    let mut folders = vec!["docs".to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root().join(&folder))? {
            let entry = entry?;
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if path.ends_with(".md") {
                found.push(path);
            }
        }
    }
    found.sort();
    let read = |path: String| Ok((path.clone(), std::fs::read_to_string(root().join(path))?));
    found.into_iter().map(read).collect()
}

/// The fenced blocks of one language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let begun = text.split(&fence).skip(1);
    begun
        .filter_map(|rest| rest.split("```").next())
        .map(str::to_owned)
        .collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
