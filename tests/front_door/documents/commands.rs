//! A sandbox in which every command of the documents is run.

use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail, ensure};
use usher_tests::provider::{Person, Provider};
use usher_tests::server::{Installation, Server};
use usher_tests::visitor::Visitor;
use usher_tests::{guests, parts};

use super::{componentizers, documents, root};
use crate::USHER;

/// What the documents show instead of what only a running service knows.
const SAMPLE_REFERENCE: &str = "7KQ2-M4XD-0ZPA";
const SAMPLE_ADDRESS: &str = "ada@acme.example";
const SAMPLE_ORIGIN: &str = "http://127.0.0.1:8080";

#[tokio::test]
async fn every_command_in_the_documents_works() -> anyhow::Result<()> {
    let sandbox = Sandbox::open().await?;
    let mut ran = 0;
    for document in documents()? {
        for language in ["sh", "bash", "shell"] {
            let blocks = document.blocks(language);
            ensure!(blocks.is_empty(), "{}: use console", document.path);
        }
        for block in document.blocks("console") {
            for command in block.lines().filter_map(|line| line.strip_prefix("$ ")) {
                let place = || format!("{}: {command}", document.path);
                sandbox.run(command).await.with_context(place)?;
                ran += 1;
            }
        }
    }
    ensure!(ran > 10, "only {ran} commands were found");
    Ok(())
}

/// Who has signed in.
const ADA: &str = "ada@first.example";

/// A folder with `usher`, the policies and a configuration; a running service with one
/// sign-in; an empty company directory but for that.
struct Sandbox {
    installation: Installation,
    server: Server,
    reference: String,
    _provider: Provider,
}

impl Sandbox {
    async fn open() -> anyhow::Result<Self> {
        let provider = Provider::start();
        provider.sign_in_as(Person::new("ada").email(ADA, true));
        let mut installation = Installation::new(USHER).with_all(provider.settings("keycloak"));
        installation.must(&["company", "create", "--id", "first", "--name", "First"])?;
        installation.must(&["domain", "add", "--company", "first", "first.example"])?;
        furnish(&mut installation)?;
        let server = installation.serve().await?;
        let mut visitor = Visitor::new();
        let page = visitor.get(server.url("/login")).await?;
        visitor.settle(page).await?;
        let session = visitor.cookies.value("usher").context("no session")?;
        installation.set("SESSION", session);
        let records = installation.audit()?;
        let reference = records[0]["ref"].as_str().context("no record")?.to_owned();
        Ok(Self {
            installation,
            server,
            reference,
            _provider: provider,
        })
    }

    async fn run(&self, command: &str) -> anyhow::Result<()> {
        let words: Vec<&str> = command.split(' ').collect();
        match words.as_slice() {
            ["cargo", "run", "--release", "--", arguments @ ..] => self.cargo_run(arguments).await,
            // A short storm is a test of its own.
            ["cargo", "run", "--release", "--example", "storm"] => {
                ensure!(root().join("tests/examples/storm/main.rs").is_file());
                Ok(())
            }
            ["cargo", "xtask", arguments @ ..] => cargo_xtask(arguments),
            ["npm" | "pip", "install", package] => componentizers::is_ours(package),
            ["cargo", ..] => bail!("nobody knows how to try this"),
            _ if command.contains("python.wasm") => {
                let _compiling = guests::COMPILING.lock().await;
                self.shell(command)
            }
            _ => self.shell(command),
        }
    }

    /// As a person would type it, but for what only the running service knows.
    fn shell(&self, command: &str) -> anyhow::Result<()> {
        if let Some(policy) = unbuilt(command) {
            parts::skipped(&format!("{policy} (cargo xtask policy build)"));
            return Ok(());
        }
        if !componentizers::placed(&self.installation, command)? {
            return Ok(());
        }
        let line = command
            .replace(SAMPLE_REFERENCE, &self.reference)
            .replace(SAMPLE_ADDRESS, ADA)
            .replace(SAMPLE_ORIGIN, &self.server.origin);
        let answer = self.installation.shell(&line)?;
        ensure!(answer.code == Some(0), "{answer:#?}");
        Ok(())
    }

    /// Not a release build, but the binary under test with the same arguments, once it is
    /// certain that the words mean it.
    async fn cargo_run(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let workspace = std::fs::read_to_string(root().join("Cargo.toml"))?;
        let members = workspace
            .lines()
            .find(|line| line.starts_with("default-members"));
        ensure!(members.is_some_and(|line| line.contains("\"host\"")));
        let host = std::fs::read_to_string(root().join("host/Cargo.toml"))?;
        ensure!(host.contains("\ndefault-run = \"usher\"\n"));
        ensure!(arguments == ["dev"], "nobody knows how to try this");
        // Somebody may be using this machine's port.
        let free = TcpListener::bind("127.0.0.1:8080").is_ok();
        if !free {
            self.installation.dev(&["--listen", "127.0.0.1:0"]).await?;
            return Ok(());
        }
        let server = self.installation.dev(&[]).await?;
        ensure!(server.origin == SAMPLE_ORIGIN, "{}", server.origin);
        ensure!(server.stop()? == Some(0));
        Ok(())
    }
}

/// `usher` on the path, and what the commands name by a path of the repository.
fn furnish(installation: &mut Installation) -> anyhow::Result<()> {
    for folder in ["bin", "target"] {
        std::fs::create_dir(installation.path(folder))?;
    }
    symlink(USHER, installation.path("bin/usher"))?;
    for folder in ["policy-guest", "deploy", "wit"] {
        symlink(
            root().join(folder).canonicalize()?,
            installation.path(folder),
        )?;
    }
    symlink(parts::policies(), installation.path("target/policies"))?;
    for document in documents()? {
        let lists = |block: &&str| block.contains("[[company]]");
        if let Some(block) = document.blocks("toml").into_iter().find(lists) {
            std::fs::write(installation.path("directory.toml"), block)?;
        }
    }
    // An answer of 401 would be no error otherwise.
    std::fs::write(installation.path(".curlrc"), "fail\nshow-error\n")?;
    let bin = installation.path("bin");
    installation.set(
        "PATH",
        format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display()),
    );
    Ok(())
}

/// A policy that the command needs and nobody has built yet.
fn unbuilt(command: &str) -> Option<&str> {
    let mut named = command
        .split(' ')
        .filter_map(|word| word.strip_prefix("target/policies/"));
    named.find(|policy| !parts::policies().join(policy).is_file())
}

/// The program that runs this test, if it is the one; testing means its help here.
fn cargo_xtask(arguments: &[&str]) -> anyhow::Result<()> {
    let alias = std::fs::read_to_string(root().join(".cargo/config.toml"))?;
    ensure!(alias.contains("xtask = \"run ") && alias.contains("--bin xtask --\""));
    let Some(xtask) = parts::xtask() else {
        return Ok(());
    };
    match arguments {
        ["test"] => must(&xtask, &["test", "--help"]),
        // The tests are there because it ran.
        ["policy", "build-guests"] => must(&xtask, &["policy", "build-guests", "--help"]),
        ["policy", "build", folder] => {
            let name = folder.strip_prefix("policy-guest/examples/");
            let in_rust = root().join(folder).join("Cargo.toml").is_file();
            if !in_rust && guests::example(name.context("an example")?)?.is_none() {
                return Ok(());
            }
            must(&xtask, arguments)?;
            let name = Path::new(folder).file_name().context("a folder")?;
            let built = parts::policies().join(name).with_extension("wasm");
            ensure!(built.is_file(), "{} is not there", built.display());
            Ok(())
        }
        _ => bail!("nobody knows how to try this"),
    }
}

fn must(program: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    let output = command
        .env("CARGO_MANIFEST_DIR", root().join("xtask"))
        .output()?;
    ensure!(output.status.success(), "{output:?}");
    Ok(())
}
