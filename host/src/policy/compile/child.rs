//! The child process that compiles: it is given a component and gives native code back.

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use super::super::revision::{LoadError, LoadStep, sha256_hex};
use super::{DIGEST, refused};
use crate::clock::Stopwatch;

/// How long it may take.
const LONGEST: Duration = Duration::from_secs(30);
/// Bytes of native code that are taken.
const MOST: u64 = 512 << 20;
/// Bytes of talk that are listened to.
const TALK: u64 = 16 << 10;
/// Every thread costs address space, of which the child has little.
const THREADS: usize = 4;

/// Has a component compiled.
pub(super) fn compile(usher: &Path, bytes: &[u8]) -> Result<Vec<u8>, LoadError> {
    let mut child = start(usher).map_err(|error| {
        LoadError::new(
            LoadStep::Compile,
            format!("no process could be started to compile it in: {error}"),
            "let the service start processes of its own program (limits of processes, seccomp)",
        )
    })?;
    let ended = converse(&mut child, bytes);
    // Nothing is left behind, whatever went wrong; one that has ended is only waited for.
    let _ = child.kill();
    let _ = child.wait();
    let Ended { status, out, talk } = ended
        .map_err(|error| refused(&format!("the compiling process did not answer: {error}")))?;
    let Some(status) = status else {
        return Err(too_much(&format!("more than {} s", LONGEST.as_secs())));
    };
    match status.code() {
        Some(0) => whole(out),
        Some(1 | 2) => Err(refused(&talk.trim().replace('\n', " "))),
        _ => Err(too_much(&format!(
            "more than 1 GiB, or more than the compiler stands ({status})"
        ))),
    }
}

/// Nothing of this process's environment, which has secrets, goes along.
fn start(usher: &Path) -> io::Result<Child> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    Command::new(usher)
        .args(["policy", "compile"])
        .env_clear()
        .env("RAYON_NUM_THREADS", cores.min(THREADS).to_string())
        .env("TOKIO_WORKER_THREADS", "1")
        // Every arena of glibc's allocator reserves 64 MiB.
        .env("MALLOC_ARENA_MAX", "2")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

struct Ended {
    /// None if it had to be stopped.
    status: Option<ExitStatus>,
    out: Vec<u8>,
    talk: String,
}

/// Writes, listens and waits at once: a child that does not read must not stop us from seeing
/// that its time is over.
fn converse(child: &mut Child, bytes: &[u8]) -> io::Result<Ended> {
    let missing = || io::Error::other("it has no streams");
    let mut stdin = child.stdin.take().ok_or_else(missing)?;
    let stdout = child.stdout.take().ok_or_else(missing)?;
    let stderr = child.stderr.take().ok_or_else(missing)?;
    let since = Stopwatch::start();
    thread::scope(|scope| {
        // A child that ends early does not read to the end: its status says why.
        scope.spawn(move || stdin.write_all(bytes));
        let out = scope.spawn(move || take(stdout, MOST));
        let talk = scope.spawn(move || take(stderr, TALK));
        let mut status = None;
        while status.is_none() && since.elapsed() < LONGEST {
            // Its streams close when it ends.
            if out.is_finished() && talk.is_finished() {
                status = child.try_wait()?;
            }
            thread::sleep(Duration::from_millis(2));
        }
        if status.is_none() {
            child.kill()?;
        }
        let lost = |_| io::Error::other("a thread that listened to it panicked");
        Ok(Ended {
            status,
            out: out.join().map_err(lost)??,
            talk: String::from_utf8_lossy(&talk.join().map_err(lost)??).into_owned(),
        })
    })
}

fn take(stream: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The code without the digest behind it, which shows that nothing is missing.
fn whole(mut out: Vec<u8>) -> Result<Vec<u8>, LoadError> {
    let code = out.len().saturating_sub(DIGEST);
    let digest = out.split_off(code);
    if sha256_hex(&out).as_bytes() != digest {
        return Err(refused("the compiling process gave no native code"));
    }
    Ok(out)
}

fn too_much(what: &str) -> LoadError {
    LoadError::new(
        LoadStep::Compile,
        format!("compiling it takes {what}"),
        "make it smaller: leave out what the policy does not use, and split huge functions",
    )
}
