//! Writes down what a decision rests on while it is made.

use serde_json::Value;

use super::failure::{FailureKind, Stop};
use super::limits::{EVIDENCE_BYTES, LOG_CHARS, LOG_LINES, LOOKUPS, READS};
use super::value;
use crate::domain::{Call, Level, LogLine, Lookup, Read, Reading, Source};

/// Reads, look-ups and log lines so far, within their budgets.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    pub(super) reads: Vec<Read>,
    pub(super) lookups: Vec<Lookup>,
    pub(super) logs: Vec<LogLine>,
    asked: usize,
    bytes: usize,
}

impl Recorder {
    /// A claim that was read. The same one again is the same line.
    ///
    /// # Errors
    /// `budget`.
    pub(super) fn read(
        &mut self,
        source: Source,
        pointer: &str,
        found: Option<&Value>,
    ) -> Result<(), Stop> {
        let same = |read: &Read| read.source == source && read.pointer == pointer;
        if self.reads.iter().any(same) {
            return Ok(());
        }
        if self.reads.len() == READS {
            return Err(budget(format!("more than {READS} different claims read")));
        }
        self.keep(pointer.len() + found.map_or(0, value::size))?;
        let found = match found {
            Some(value) => Reading::Value {
                value: value.clone(),
            },
            None => Reading::Absent {},
        };
        let pointer = pointer.to_owned();
        self.reads.push(Read {
            source,
            pointer,
            found,
        });
        Ok(())
    }

    /// Counts a look-up, and gives the answer if the same was asked before: within one
    /// decision the directory does not change.
    ///
    /// # Errors
    /// `budget`.
    pub(super) fn ask<T>(&mut self, known: impl Fn(&Call) -> Option<T>) -> Result<Option<T>, Stop> {
        if self.asked == LOOKUPS {
            return Err(budget(format!("more than {LOOKUPS} look-ups")));
        }
        self.asked += 1;
        Ok(self.lookups.iter().find_map(|lookup| known(&lookup.call)))
    }

    /// A look-up that was answered; `bytes` is what question and answer take.
    ///
    /// # Errors
    /// `budget`.
    pub(super) fn answered(&mut self, call: Call, bytes: usize) -> Result<(), Stop> {
        self.keep(bytes)?;
        self.lookups.push(Lookup { call });
        Ok(())
    }

    /// A line of the guest's log, without what could steer a terminal, and cut.
    ///
    /// # Errors
    /// `budget`.
    pub(super) fn log(&mut self, level: Level, message: String) -> Result<(), Stop> {
        if self.logs.len() == LOG_LINES {
            return Err(budget(format!("more than {LOG_LINES} log lines")));
        }
        let message = plain(message, LOG_CHARS);
        self.logs.push(LogLine { level, message });
        Ok(())
    }

    fn keep(&mut self, bytes: usize) -> Result<(), Stop> {
        self.bytes += bytes;
        if self.bytes > EVIDENCE_BYTES {
            let words = format!("more than {EVIDENCE_BYTES} bytes of claims and look-ups");
            return Err(budget(words));
        }
        Ok(())
    }
}

/// Text for a record: at most `most` characters, control characters replaced except line
/// breaks and tabs. Nearly all text is plain already, and is not copied.
pub(super) fn plain(text: String, most: usize) -> String {
    let printable = |byte: &u8| matches!(byte, b' '..=b'~');
    match text.len() <= most && text.as_bytes().iter().all(printable) {
        true => text,
        false => cut_and_cleaned(&text, most),
    }
}

fn cut_and_cleaned(text: &str, most: usize) -> String {
    let plain = |c: char| match c {
        '\n' | '\t' => c,
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    let mut kept: String = text.chars().take(most).map(plain).collect();
    if text.chars().nth(most).is_some() {
        kept.push('…');
    }
    kept
}

fn budget(words: String) -> Stop {
    Stop::new(FailureKind::Budget, words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_claim_that_is_read_twice_is_recorded_once() {
        let mut recorder = Recorder::default();
        let groups = json!(["a"]);
        for _ in 0..2 {
            recorder
                .read(Source::IdToken, "/groups", Some(&groups))
                .unwrap();
            recorder.read(Source::IdToken, "/roles", None).unwrap();
        }
        recorder.read(Source::Userinfo, "/groups", None).unwrap();
        assert_eq!(
            serde_json::to_value(&recorder.reads).unwrap(),
            json!([
                {"source": "id_token", "pointer": "/groups", "value": ["a"]},
                {"source": "id_token", "pointer": "/roles"},
                {"source": "userinfo", "pointer": "/groups"},
            ])
        );
    }

    #[test]
    fn evidence_is_bounded() {
        let mut recorder = Recorder::default();
        let big = Value::from("x".repeat(EVIDENCE_BYTES / 2));
        recorder.read(Source::IdToken, "/a", Some(&big)).unwrap();
        let stop = recorder
            .read(Source::IdToken, "/b", Some(&big))
            .unwrap_err();
        assert_eq!(stop.kind, FailureKind::Budget);

        let mut recorder = Recorder::default();
        for number in 0..READS {
            let pointer = format!("/{number}");
            recorder.read(Source::IdToken, &pointer, None).unwrap();
        }
        assert!(recorder.read(Source::IdToken, "/0", None).is_ok());
        assert!(recorder.read(Source::IdToken, "/one-more", None).is_err());
    }

    #[test]
    fn log_lines_are_cut_and_cannot_steer_a_terminal() {
        let mut recorder = Recorder::default();
        recorder.log(Level::Info, "a\u{1b}[2Jb\nc".into()).unwrap();
        recorder
            .log(Level::Info, "ä".repeat(LOG_CHARS + 1))
            .unwrap();
        assert_eq!(recorder.logs[0].message, "a\u{fffd}[2Jb\nc");
        assert_eq!(recorder.logs[1].message.chars().count(), LOG_CHARS + 1);
        assert!(recorder.logs[1].message.ends_with("ä…"));
    }
}
