//! The binary under test in a folder of its own: the service, restarted as often as a test
//! likes on the same database, and the commands beside it.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::parts;
use crate::tied::{self, Tied};
use crate::visitor::Visitor;

const START_LIMIT: Duration = Duration::from_secs(30);

/// A folder with a configuration and, once something has run, a database.
#[derive(Debug)]
pub struct Installation {
    binary: PathBuf,
    folder: TempDir,
    environment: BTreeMap<String, String>,
    origin: String,
    starts: AtomicU32,
}

/// A running service. Dropped, it is killed.
#[derive(Debug)]
pub struct Server {
    /// Where it can be visited.
    pub origin: String,
    process: Tied,
    stdout: PathBuf,
    stderr: PathBuf,
}

/// What a command printed and how it ended.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// Data.
    pub stdout: String,
    /// Talk.
    pub stderr: String,
}

impl Installation {
    /// An empty installation for `env!("CARGO_BIN_EXE_usher-under-test")`, on a free port
    /// of loopback, with a database in its own folder and nothing else configured.
    pub fn new(binary: impl Into<PathBuf>) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("usher-test-")
            .tempdir_in(parts::output());
        let address = format!("127.0.0.1:{}", parts::free_port());
        let installation = Self {
            binary: binary.into(),
            folder: folder.expect("target can be written to"),
            environment: BTreeMap::new(),
            origin: format!("http://{address}"),
            starts: AtomicU32::new(0),
        };
        let database = format!("sqlite://{}", installation.path("usher.db").display());
        let origin = installation.origin.clone();
        installation
            .with("USHER__LISTEN", address)
            .with("USHER__PUBLIC_URL", origin)
            .with("USHER__DATABASE_URL", database)
    }

    /// The same with one more variable, or another value of it.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }

    /// The same with many variables.
    #[must_use]
    pub fn with_all(mut self, settings: impl IntoIterator<Item = (String, String)>) -> Self {
        self.environment.extend(settings);
        self
    }

    /// Sets a variable for what starts from now on.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.environment.insert(name.into(), value.into());
    }

    /// Takes a variable away.
    pub fn unset(&mut self, name: &str) {
        self.environment.remove(name);
    }

    /// What a variable is set to.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.environment.get(name).cloned()
    }

    /// Where the service can be visited once it runs: its `USHER__PUBLIC_URL`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// A file in the installation's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command with the same configuration.
    ///
    /// # Errors
    /// It cannot be started. A command that fails is an [`Answer`] like any other.
    pub fn run(&self, arguments: &[&str]) -> anyhow::Result<Answer> {
        self.answer(&self.binary, arguments)
    }

    /// Runs a line of shell in the installation's folder, with the same configuration; `PATH`
    /// is a variable like any other.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn shell(&self, line: &str) -> anyhow::Result<Answer> {
        self.answer(Path::new("/bin/sh"), &["-ec", line])
    }

    fn answer(&self, program: &Path, arguments: &[&str]) -> anyhow::Result<Answer> {
        let mut command = Command::new(program);
        self.prepare(&mut command, arguments);
        let output = command
            .output()
            .with_context(|| format!("run {}", program.display()))?;
        Ok(Answer {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout)?,
            stderr: String::from_utf8(output.stderr)?,
        })
    }

    /// Runs a command that must succeed, and gives what it wrote to standard output.
    ///
    /// # Errors
    /// It fails: with what it said.
    pub fn must(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let answer = self.run(arguments)?;
        ensure!(
            answer.code == Some(0),
            "usher {}: {answer:#?}",
            arguments.join(" ")
        );
        Ok(answer.stdout)
    }

    /// All audit records, newest first.
    ///
    /// # Errors
    /// `usher audit list --json` fails or prints something else than an array.
    pub fn audit(&self) -> anyhow::Result<Vec<Value>> {
        let printed = self.must(&["audit", "list", "--json"])?;
        serde_json::from_str(&printed).with_context(|| format!("not an array: {printed}"))
    }

    /// Starts `usher serve` and waits until it answers.
    ///
    /// # Errors
    /// It ends, or does not answer within 30 seconds: with what it said.
    pub async fn serve(&self) -> anyhow::Result<Server> {
        let mut server = self.spawn(&["serve"])?;
        server.origin.clone_from(&self.origin);
        server.wait_until_alive().await?;
        Ok(server)
    }

    /// Starts `usher dev` and waits until it answers where its first line says.
    ///
    /// # Errors
    /// It ends, or does not answer within 30 seconds: with what it said.
    pub async fn dev(&self, arguments: &[&str]) -> anyhow::Result<Server> {
        let mut server = self.spawn(&[&["dev"], arguments].concat())?;
        server.origin = server.first_line().await?;
        server.wait_until_alive().await?;
        Ok(server)
    }

    /// Starts any command that goes on running, and waits for nothing.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn spawn(&self, arguments: &[&str]) -> anyhow::Result<Server> {
        let start = self.starts.fetch_add(1, Ordering::Relaxed);
        let (stdout, stderr) = (
            self.path(&format!("stdout-{start}")),
            self.path(&format!("stderr-{start}")),
        );
        let mut command = tied::command(&self.binary);
        self.prepare(&mut command, arguments);
        command
            .stdout(File::create(&stdout)?)
            .stderr(File::create(&stderr)?);
        let process =
            Tied::spawn(command).with_context(|| format!("start {}", self.binary.display()))?;
        Ok(Server {
            origin: String::new(),
            process,
            stdout,
            stderr,
        })
    }

    /// Nothing of the surrounding environment reaches the program, except where to find
    /// programs and temporary files.
    fn prepare(&self, command: &mut Command, arguments: &[&str]) {
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", self.folder.path())
            .env("TMPDIR", self.folder.path())
            .env("RUST_BACKTRACE", "1")
            .envs(&self.environment);
    }
}

impl Server {
    /// An address of the service.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// The process id of the program.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// `kill -9`. Another `serve` of the same installation then has the same database.
    ///
    /// # Errors
    /// The operating system could not do it.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.process.kill()?;
        Ok(())
    }

    /// Asks it to end, and gives its exit code.
    ///
    /// # Errors
    /// The operating system could not do it.
    pub fn stop(mut self) -> anyhow::Result<Option<i32>> {
        Ok(self.process.stop()?.code())
    }

    /// Waits until it has ended by itself: 30 seconds at most.
    ///
    /// # Errors
    /// It has not.
    pub async fn ended(&mut self) -> anyhow::Result<Option<i32>> {
        let deadline = Instant::now() + START_LIMIT;
        loop {
            if let Some(status) = self.process.ended()? {
                return Ok(status.code());
            }
            ensure!(Instant::now() < deadline, "still running:\n{}", self.said());
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// What it has written to standard output so far.
    pub fn stdout(&self) -> String {
        read(&self.stdout)
    }

    /// What it has written to standard error so far: its log.
    pub fn stderr(&self) -> String {
        read(&self.stderr)
    }

    async fn first_line(&mut self) -> anyhow::Result<String> {
        let deadline = Instant::now() + START_LIMIT;
        loop {
            if let Some((line, _)) = self.stdout().split_once('\n') {
                return Ok(line.trim().trim_end_matches('/').to_owned());
            }
            self.go_on_waiting(deadline).await?;
        }
    }

    async fn wait_until_alive(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        let mut visitor = Visitor::new();
        loop {
            // Health may be on a listener of its own; any answer is one of the service.
            let answer = visitor.get(self.url("/livez")).await;
            if answer.is_ok_and(|page| page.status == 200 || page.status == 404) {
                return Ok(());
            }
            self.go_on_waiting(deadline).await?;
        }
    }

    async fn go_on_waiting(&mut self, deadline: Instant) -> anyhow::Result<()> {
        if let Some(status) = self.process.ended()? {
            bail!("ended with {status}:\n{}", self.said());
        }
        ensure!(
            Instant::now() < deadline,
            "does not answer:\n{}",
            self.said()
        );
        sleep(Duration::from_millis(20)).await;
        Ok(())
    }

    fn said(&self) -> String {
        format!("{}{}", self.stdout(), self.stderr())
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// The full name of a provider's setting: `variable_of("main", "services", "idp_logout")`.
pub fn variable_of(provider: &str, place: &str, key: &str) -> String {
    format!("CLEARML__{place}__login__sso__oauth_client__{provider}__{key}")
}
