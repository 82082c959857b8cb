//! Child processes that cannot outlive the test process.
//!
//! A static is never dropped and a killed test process runs no code at all, so the child
//! itself watches: it gets its own process group and a pipe, and a watcher in that group
//! kills the whole group as soon as the pipe's other end, which only this process holds,
//! is closed. (`PR_SET_PDEATHSIG` would not do: it fires when the *thread* that spawned
//! ends, and it does not reach the children's children.)

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

/// Descriptor 9 because `kc.sh` uses 3 itself.
const WATCH_THEN_BECOME: &str = r#"exec 9<&0 </dev/null
( read -r _ <&9; kill -KILL 0 ) >/dev/null 2>&1 &
exec "$@" 9<&-"#;

/// A running program that dies with this process, with all its children.
#[derive(Debug)]
pub struct Tied {
    child: Child,
    lifeline: Option<ChildStdin>,
}

/// A command that runs `program`, to be completed and given to [`Tied::spawn`].
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", WATCH_THEN_BECOME, "sh"]).arg(program);
    command
}

impl Tied {
    /// Starts a command made by [`command`]. Its standard input is empty.
    ///
    /// # Errors
    /// The operating system could not start it.
    pub fn spawn(mut command: Command) -> io::Result<Self> {
        let mut child = command.stdin(Stdio::piped()).process_group(0).spawn()?;
        let lifeline = child.stdin.take();
        Ok(Self { child, lifeline })
    }

    /// The process id of the program.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How the program ended, or none while it runs.
    ///
    /// # Errors
    /// The operating system could not say.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// `kill -9` of the program alone, then waits until it is gone.
    ///
    /// # Errors
    /// The operating system could not do it.
    pub fn kill(&mut self) -> io::Result<ExitStatus> {
        self.child.kill()?;
        self.child.wait()
    }

    /// Asks the program to end (SIGTERM), then waits until it has.
    ///
    /// # Errors
    /// The operating system could not do it.
    pub fn stop(&mut self) -> io::Result<ExitStatus> {
        Command::new("kill")
            .args(["-TERM", &self.id().to_string()])
            .status()?;
        self.child.wait()
    }
}

impl Drop for Tied {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        let _gone = self.child.wait();
    }
}
