//! Bytes that no HTTP library would send, and connections that hang.

use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use usher_tests::provider::Person;

use super::INTO_ACME;
use crate::acme::Acme;

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    head: String,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let (head, _) = text.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let head = head.to_owned();
        Some(Self { status, head })
    }

    /// A header by its name in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut found = lines.filter(|(known, _)| known.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value)
    }
}

async fn connect(site: &Acme) -> anyhow::Result<TcpStream> {
    let address = site.server.origin.trim_start_matches("http://");
    Ok(TcpStream::connect(address).await?)
}

/// Sends these bytes, as far as they are taken, and reads until the connection is closed: 30
/// seconds at most. `None` if it is closed without an answer.
pub(super) async fn say(site: &Acme, bytes: &[u8]) -> anyhow::Result<Option<Answer>> {
    let (mut from, mut to) = connect(site).await?.into_split();
    let bytes = bytes.to_owned();
    let sending = tokio::spawn(async move {
        // Whoever says too much is not heard out.
        let _cut_off = to.write_all(&bytes).await;
        to
    });
    let mut answer = Vec::new();
    let read = timeout(Duration::from_secs(30), from.read_to_end(&mut answer));
    let _reset = read.await.context("the connection stays open")?;
    sending.abort();
    Ok(Answer::parse(&answer))
}

/// Rows: hole 43
#[tokio::test]
async fn what_is_too_large_is_cut_off_and_the_service_lives_on() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME]).await?;
    let own = &site.server.origin;
    let form = "Content-Type: application/x-www-form-urlencoded";
    let body = vec![b'x'; 10 << 20];
    for path in [
        "/logout",
        "/callback_main",
        "/backchannel_logout_main",
        "/ghost",
    ] {
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nOrigin: {own}\r\n{form}\r\n");
        let sized = format!("{head}Content-Length: {}\r\n\r\n", body.len());
        let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\na00000\r\n");
        for head in [sized, chunked] {
            let bytes = [head.as_bytes(), &body].concat();
            // Or the connection is gone before the answer is read.
            if let Some(answer) = say(&site, &bytes).await? {
                assert!(
                    [400, 404, 413].contains(&answer.status),
                    "{path}: {answer:?}"
                );
            }
        }
    }
    let get = "GET /login?choose=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    let line = format!("{get}X: {}\r\n\r\n", "a".repeat(100 * 1024));
    let answer = say(&site, line.as_bytes()).await?.context("an answer")?;
    assert_eq!(answer.status, 431);
    let line = format!("{get}X: {}\r\n\r\n", "a".repeat(10 << 20));
    if let Some(answer) = say(&site, line.as_bytes()).await? {
        assert_eq!(answer.status, 431);
    }
    let many: String = (0..10_000).map(|i| format!("X-{i}: y\r\n")).collect();
    if let Some(answer) = say(&site, format!("{get}{many}\r\n").as_bytes()).await? {
        assert_eq!(answer.status, 431);
    }
    for nonsense in [
        &b"\0\0\0\0\r\n\r\n"[..],
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET  /\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST /logout HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST /logout HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ] {
        if let Some(answer) = say(&site, nonsense).await? {
            assert!((400..600).contains(&answer.status), "{answer:?}");
        }
    }
    site.admitted(Person::new("ann")).await?;
    Ok(())
}

/// Says the beginning, then one piece more every half second: how long that is put up with.
async fn drip(mut stream: TcpStream, begin: &str, piece: &str) -> anyhow::Result<Duration> {
    let since = Instant::now();
    stream.write_all(begin.as_bytes()).await?;
    let mut buffer = [0; 1024];
    loop {
        ensure!(
            since.elapsed() < Duration::from_secs(90),
            "it goes on for ever"
        );
        match timeout(Duration::from_millis(500), stream.read(&mut buffer)).await {
            Ok(Ok(0) | Err(_)) => return Ok(since.elapsed()),
            // An answer: what follows is the end.
            Ok(Ok(_)) => {}
            Err(_) if stream.write_all(piece.as_bytes()).await.is_err() => {
                return Ok(since.elapsed());
            }
            Err(_) => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sends_byte_by_byte_is_cut_off_and_holds_nobody_up() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME]).await?;
    let mut slow = JoinSet::new();
    for _ in 0..50 {
        let head = "GET /login HTTP/1.1\r\nHost: x\r\n";
        slow.spawn(drip(connect(&site).await?, head, "x: y\r\n"));
        slow.spawn(drip(connect(&site).await?, "", ""));
        slow.spawn(drip(connect(&site).await?, "G", ""));
    }
    sleep(Duration::from_secs(2)).await;
    let since = Instant::now();
    site.admitted(Person::new("ann")).await?;
    assert!(since.elapsed() < Duration::from_secs(10), "held up");
    while let Some(slow) = slow.join_next().await {
        let time = slow??;
        assert!(
            time > Duration::from_secs(10),
            "who is slow for a moment: {time:?}"
        );
        assert!(time < Duration::from_secs(30), "{time:?}");
    }
    Ok(())
}

#[tokio::test]
async fn who_sends_a_body_byte_by_byte_is_cut_off() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME]).await?;
    let head = "POST /callback_main HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n";
    let time = drip(connect(&site).await?, head, "x").await?;
    assert!(time < Duration::from_secs(85), "{time:?}");
    Ok(())
}
