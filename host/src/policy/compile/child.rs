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
    compile_within(LONGEST, usher, bytes)
}

fn compile_within(longest: Duration, usher: &Path, bytes: &[u8]) -> Result<Vec<u8>, LoadError> {
    let mut child = start(usher).map_err(|error| {
        LoadError::new(
            LoadStep::Compile,
            format!("no process could be started to compile it in: {error}"),
            "let the service start processes of its own program (limits of processes, seccomp)",
        )
    })?;
    let ended = converse(&mut child, bytes, longest);
    // Nothing is left behind, whatever went wrong; one that has ended is only waited for.
    let _ = child.kill();
    let _ = child.wait();
    let Ended { status, out, talk } = ended
        .map_err(|error| refused(&format!("the compiling process did not answer: {error}")))?;
    let Some(status) = status else {
        return Err(too_much(&format!("more than {} s", longest.as_secs())));
    };
    let talk = talk.trim().replace('\n', " ");
    match status.code() {
        Some(0) => whole(out),
        Some(1 | 2) => Err(refused(&talk)),
        Some(_) => Err(refused(&format!(
            "the compiling process broke down ({status}): {talk}"
        ))),
        None => Err(too_much(&format!(
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
        // Address space is limited: mimalloc would reserve all of it (in KiB), and every arena of
        // glibc's allocator, which C code still uses, 64 MiB.
        .env("MIMALLOC_ARENA_RESERVE", "65536")
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
fn converse(child: &mut Child, bytes: &[u8], longest: Duration) -> io::Result<Ended> {
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
        while status.is_none() && since.elapsed() < longest {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a program that does this to `compile_within`.
    fn told_by(folder: &Path, script: &str) -> Result<Vec<u8>, LoadError> {
        let program = folder.join("usher");
        // Written by another process: no thread of this one holds it open while it is started.
        let write = r#"printf '#!/bin/sh\n%s\n' "$1" > "$2" && chmod 700 "$2""#;
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", write, "sh", script]).arg(&program);
        assert!(shell.status().unwrap().success());
        compile_within(Duration::from_secs(2), &program, &[0; 1 << 20])
    }

    #[test]
    fn a_compiler_that_hangs_crashes_or_babbles_is_an_error_in_time() {
        let folder = tempfile::tempdir().unwrap();
        let since = Stopwatch::start();
        for (script, words) in [
            ("exec /bin/sleep 100", "more than 2 s"),
            ("exec 1>&- 2>&-; exec /bin/sleep 100", "more than 2 s"),
            ("kill -SEGV $$", "1 GiB"),
            ("kill -KILL $$", "1 GiB"),
            ("echo no native code", "gave no native code"),
            ("exit 0", "gave no native code"),
            (
                "cat > /dev/null; echo no such type >&2; exit 1",
                "no such type",
            ),
            ("echo oh >&2; exit 101", "broke down"),
        ] {
            let error = told_by(folder.path(), script).unwrap_err();
            assert_eq!(error.step, LoadStep::Compile, "{script}");
            assert!(error.message.contains(words), "{script}: {error}");
        }
        assert!(since.elapsed() < Duration::from_secs(60));
        let missing = compile_within(LONGEST, &folder.path().join("missing"), b"").unwrap_err();
        assert!(missing.message.contains("no process could be started"));
    }

    #[test]
    fn no_secret_of_the_environment_goes_along() {
        let folder = tempfile::tempdir().unwrap();
        let error = told_by(folder.path(), "env >&2; exit 1").unwrap_err();
        assert!(error.message.contains("MALLOC_ARENA_MAX=2"), "{error}");
        assert!(!error.message.contains("CARGO"), "{error}");
    }
}
