//! Numbered steps with durations; plain lines, so that a log reads like a terminal.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::policy::workspace::Workspace;

/// Silence longer than this looks like a hang.
const STILL_THERE: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(50);
const LINES_OF_A_FAILURE: usize = 30;

/// The steps of one run.
pub(crate) struct Steps {
    step: Step,
    total: usize,
    done: usize,
    started: Instant,
}

/// What a running step can do.
pub(crate) struct Step {
    logs: PathBuf,
}

impl Steps {
    pub(crate) fn new(workspace: &Workspace, total: usize) -> Self {
        Self {
            step: Step::of(workspace),
            total,
            done: 0,
            started: now(),
        }
    }

    /// Runs one step and says how long it took, or that it failed.
    pub(crate) fn run<T>(
        &mut self,
        name: &str,
        work: impl FnOnce(&Step) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        self.done += 1;
        let label = format!("[{}/{}] {name}", self.done, self.total);
        eprintln!("{label} …");
        let started = now();
        let result = work(&self.step);
        let (how, seconds) = (
            if result.is_ok() { "done" } else { "FAILED" },
            started.elapsed(),
        );
        eprintln!("{label}: {how} after {:.1} s", seconds.as_secs_f64());
        result.with_context(|| format!("step \"{name}\""))
    }

    /// Says how far it came and how long everything took.
    pub(crate) fn finish(&self) {
        let seconds = self.started.elapsed().as_secs_f64();
        eprintln!("{} of {} steps in {seconds:.0} s", self.done, self.total);
    }
}

impl Step {
    /// One that is no part of a longer run.
    pub(crate) fn of(workspace: &Workspace) -> Self {
        let logs = workspace.target.join("test-output");
        Self { logs }
    }

    /// Runs a command that shows its own progress.
    pub(crate) fn show(&self, mut command: Command) -> anyhow::Result<()> {
        let line = said(&command);
        eprintln!("      {line}");
        let status = command
            .stdin(Stdio::null())
            .status()
            .with_context(|| line.clone())?;
        anyhow::ensure!(status.success(), "{line}: {status}");
        Ok(())
    }

    /// Runs a command into a log file, with a sign of life now and then; a failure shows the
    /// end of the log.
    pub(crate) fn quiet(&self, mut command: Command) -> anyhow::Result<()> {
        let line = said(&command);
        std::fs::create_dir_all(&self.logs)?;
        let name = Path::new(command.get_program())
            .file_name()
            .unwrap_or_default();
        let log = self
            .logs
            .join(format!("fetch-{}.log", name.to_string_lossy()));
        let output = File::create(&log).with_context(|| log.display().to_string())?;
        let mut child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| line.clone())?;
        let (started, mut spoken) = (now(), Duration::ZERO);
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            if started.elapsed() >= spoken + STILL_THERE {
                spoken = started.elapsed();
                eprintln!("      {line}: {:.0} s so far", spoken.as_secs_f64());
            }
            std::thread::sleep(POLL);
        };
        let said = std::fs::read(&log).unwrap_or_default();
        anyhow::ensure!(status.success(), "{line}: {status}\n{}", end_of(&said));
        Ok(())
    }
}

fn end_of(log: &[u8]) -> String {
    let text = String::from_utf8_lossy(log);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES_OF_A_FAILURE)..].join("\n")
}

/// A command as one would type it, without its folder.
fn said(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or_default();
    let arguments = command
        .get_args()
        .map(|argument| argument.to_string_lossy());
    let words: Vec<_> = std::iter::once(program.to_string_lossy())
        .chain(arguments)
        .collect();
    words.join(" ")
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place of xtask that measures durations"
)]
fn now() -> Instant {
    Instant::now()
}
