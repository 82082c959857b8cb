use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::domain::ProviderName;

/// A refusal of this kind is recorded once in this time.
const PAUSE: SignedDuration = SignedDuration::from_mins(10);

/// Which refusals of what anybody may send were recorded lately: one record for each provider
/// and check tells the engineer what is wrong, and a flood writes no more than that.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<BTreeMap<(ProviderName, &'static str), Recorded>>);

#[derive(Debug)]
struct Recorded {
    at: Timestamp,
    /// How many like it came since.
    since: u64,
}

impl Refusals {
    /// Whether this one is to be recorded; then, how many like it came since the last record.
    pub(super) fn note(
        &self,
        provider: &ProviderName,
        check: &'static str,
        now: Timestamp,
    ) -> Option<u64> {
        // Nothing in here can be left half-written by a panic.
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(recorded) = all.get_mut(&(provider.clone(), check)) else {
            let first = Recorded { at: now, since: 0 };
            all.insert((provider.clone(), check), first);
            return Some(0);
        };
        if now.duration_since(recorded.at) < PAUSE {
            recorded.since += 1;
            return None;
        }
        recorded.at = now;
        Some(std::mem::take(&mut recorded.since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_recorded_once_in_ten_minutes_and_counted() {
        let at = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
        let (one, other) = ("keycloak".parse().unwrap(), "okta".parse().unwrap());
        let refusals = Refusals::default();
        assert_eq!(refusals.note(&one, "aud", at(0)), Some(0));
        for second in 0..600 {
            assert_eq!(refusals.note(&one, "aud", at(second)), None);
        }
        assert_eq!(refusals.note(&one, "iss", at(1)), Some(0));
        assert_eq!(refusals.note(&other, "aud", at(1)), Some(0));
        assert_eq!(refusals.note(&one, "aud", at(600)), Some(600));
        assert_eq!(refusals.note(&one, "aud", at(601)), None);
        assert_eq!(refusals.note(&one, "aud", at(1200)), Some(1));
    }
}
