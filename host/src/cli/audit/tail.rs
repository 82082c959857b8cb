use std::io;
use std::time::Duration;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::{Only, kind as name_of, outcome};
use crate::audit::Tail;
use crate::cli::console::{Console, Format, Listed, printable, when};
use crate::cli::failure::Failure;
use crate::domain::Record;
use crate::store::StoreError;

/// How often the log is looked at.
const PAUSE: Duration = Duration::from_millis(250);

/// Why nobody is followed any more.
pub(super) enum End {
    /// The database does not answer.
    Store(StoreError),
    /// Nobody reads what is printed.
    Output(io::Error),
}

impl End {
    pub(super) fn into_failure(self, place: &str) -> Failure {
        match self {
            Self::Store(error) => Failure::broken(&error.into(), place),
            Self::Output(error) => error.into(),
        }
    }
}

/// Prints what is written from now on, after some earlier records, until Ctrl-C.
pub(super) async fn follow(
    tail: &mut Tail<'_>,
    earlier: u32,
    only: Option<Only>,
    listed: Listed,
    console: &mut Console<'_>,
) -> Result<(), End> {
    let is_asked_for = |record: &Record| only.is_none_or(|only| only.is(record.kind));
    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    let mut left = std::pin::pin!(no_longer_read());
    // Among the newest there may be none of the kind: as many as asked for are looked for.
    let mut records = tail
        .earlier(earlier, is_asked_for)
        .await
        .map_err(End::Store)?;
    loop {
        for record in records.iter().filter(|record| is_asked_for(record)) {
            let line = match listed.format() {
                Format::Json => serde_json::to_string(record).map_err(io::Error::from),
                Format::Table => Ok(line(record)),
            };
            let printed = line.and_then(|line| console.data(line));
            printed.map_err(End::Output)?;
        }
        tokio::select! {
            _ = &mut interrupted => return Ok(()),
            () = &mut left => return Ok(()),
            () = tokio::time::sleep(PAUSE) => {}
        }
        records = tail.news().await.map_err(End::Store)?;
    }
}

/// Resolves when whoever read standard output has left, as `head` does, before there is anything
/// to write to them. Where that cannot be known, as with a file, it never does.
async fn no_longer_read() {
    #[expect(
        deprecated,
        reason = "what replaces it is unsafe; standard output stays open as long as we run"
    )]
    let output = AsyncFd::with_interest(io::stdout(), Interest::ERROR);
    let Ok(output) = output else {
        return std::future::pending().await;
    };
    while let Ok(mut ready) = output.ready(Interest::ERROR).await {
        if ready.ready().is_error() {
            return;
        }
        ready.clear_ready();
    }
    std::future::pending().await
}

/// What happened, in one line; what is absent is left out.
fn line(record: &Record) -> String {
    let mut line = format!(
        "{}  {}  {}  {}",
        when(record.time),
        record.reference,
        name_of(record.kind),
        outcome(record.outcome)
    );
    let labelled = [
        ("", record.code.clone()),
        ("", record.detail.clone()),
        (
            "provider=",
            record.provider.as_ref().map(ToString::to_string),
        ),
        ("company=", record.company.as_ref().map(ToString::to_string)),
        ("user=", record.user.as_ref().map(ToString::to_string)),
    ];
    for (label, value) in labelled {
        if let Some(value) = value {
            line.push_str(&format!("  {label}{}", printable(&value)));
        }
    }
    line
}
