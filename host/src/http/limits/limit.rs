use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// So many keys are remembered; an address book of the whole network is not kept.
const MOST_KEYS: usize = 50_000;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// How often each key may come: a burst of as many as a minute allows, then evenly (the
/// generic cell rate algorithm).
#[derive(Debug)]
pub(super) struct Limit<K> {
    interval: SignedDuration,
    burst: SignedDuration,
    keys: Mutex<HashMap<K, Account>>,
}

/// Two points in time for each key.
#[derive(Debug, Clone, Copy)]
struct Account {
    /// When nothing will be held against the key any more.
    clear_at: Timestamp,
    /// The next turn that is given to one who is told to wait.
    turn: Timestamp,
}

impl<K: Hash + Eq + Clone> Limit<K> {
    pub(super) fn per_minute(times: i32) -> Self {
        let interval = MINUTE / times;
        Self {
            interval,
            burst: MINUTE - interval,
            keys: Mutex::default(),
        }
    }

    /// Notes that a key came.
    ///
    /// # Errors
    /// It came too often; in so many seconds it may come again. Coming sooner costs nothing
    /// more. Each who is told to wait is given a turn of their own, at most a minute away, so
    /// that the many behind one address come back one after the other.
    pub(super) fn note(&self, key: K, now: Timestamp) -> Result<(), u64> {
        self.note_if(key, now, || Ok(()))
    }

    /// The same, but what another limit refuses is not held against this one.
    pub(super) fn note_if(
        &self,
        key: K,
        now: Timestamp,
        other: impl FnOnce() -> Result<(), u64>,
    ) -> Result<(), u64> {
        // Nothing in here can be left half-written by a panic.
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let mut account = keys.get(&key).copied().unwrap_or(Account {
            clear_at: now,
            turn: now,
        });
        // A clock that was set back holds nobody up for longer than a minute.
        let latest = now.saturating_add(MINUTE).unwrap_or(now);
        account.clear_at = account.clear_at.clamp(now, latest);
        if account.clear_at.duration_since(now) > self.burst {
            let wait = self.give_turn(&mut account, now, latest);
            keys.insert(key, account);
            return Err(wait);
        }
        other()?;
        account.clear_at = later(account.clear_at, self.interval);
        if keys.len() >= MOST_KEYS && !keys.contains_key(&key) {
            forget(&mut keys, now);
        }
        keys.insert(key, account);
        Ok(())
    }

    /// Takes one time back.
    pub(super) fn forgive(&self, key: &K) {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(account) = keys.get_mut(key) {
            let before = account.clear_at.saturating_sub(self.interval);
            account.clear_at = before.unwrap_or(account.clear_at);
        }
    }

    /// Seconds until the next free turn, which is taken then.
    fn give_turn(&self, account: &mut Account, now: Timestamp, latest: Timestamp) -> u64 {
        let free = account.clear_at.saturating_sub(self.burst).unwrap_or(now);
        let turn = account.turn.max(free).min(latest);
        account.turn = later(turn, self.interval);
        let begun = turn.duration_since(now) + SignedDuration::from_millis(999);
        u64::try_from(begun.as_secs()).unwrap_or_default().max(1)
    }
}

fn later(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.saturating_add(by).unwrap_or(time)
}

/// Forgets the keys with nothing held against them, and if that is not enough, those with the
/// least: whoever floods from many addresses does not make room for one that floods.
fn forget<K: Hash + Eq + Clone>(keys: &mut HashMap<K, Account>, now: Timestamp) {
    keys.retain(|_, account| account.clear_at > now);
    if keys.len() < MOST_KEYS {
        return;
    }
    let mut times: Vec<Timestamp> = keys.values().map(|account| account.clear_at).collect();
    let middle = times.len() / 2;
    let (_, median, _) = times.select_nth_unstable(middle);
    let median = *median;
    keys.retain(|_, account| account.clear_at > median);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + millis).unwrap()
    }

    #[test]
    fn a_burst_of_a_minutes_worth_is_let_through_and_then_one_at_a_time() {
        let limit = Limit::per_minute(60);
        for _ in 0..60 {
            assert_eq!(limit.note("a", at(0)), Ok(()));
        }
        assert_eq!(limit.note("a", at(0)), Err(1));
        assert!(limit.note("a", at(999)).is_err());
        assert_eq!(limit.note("b", at(0)), Ok(()), "others are not held up");
        assert_eq!(
            limit.note("a", at(1000)),
            Ok(()),
            "coming sooner cost nothing"
        );
        assert!(limit.note("a", at(1000)).is_err());
        assert_eq!(limit.note("a", at(90_000)), Ok(()));
        assert!(limit.note("a", at(-1_000_000)).is_err());
        assert_eq!(
            limit.note("a", at(-939_000)),
            Ok(()),
            "a clock that was set back holds nobody up for longer than a minute"
        );
    }

    #[test]
    fn what_is_forgiven_is_not_held_against_anybody() {
        let limit = Limit::per_minute(60);
        for _ in 0..1_000 {
            assert_eq!(limit.note("office", at(0)), Ok(()));
            limit.forgive(&"office");
        }
        limit.forgive(&"nobody");
        // Nor does it give more than there was.
        let let_in = (0..200).filter(|_| limit.note("office", at(5_000)).is_ok());
        assert_eq!(let_in.count(), 60);
    }

    #[test]
    fn two_hundred_colleagues_behind_one_address_are_all_in_within_three_minutes() {
        let limit = Limit::per_minute(60);
        let mut waiting: Vec<i64> = (0..200).map(|colleague| colleague * 5).collect();
        let (mut requests, mut last) = (0, 0);
        while !waiting.is_empty() {
            waiting.sort_unstable();
            let now = waiting.remove(0);
            requests += 1;
            match limit.note("office", at(now)) {
                Ok(()) => last = now,
                Err(seconds) => waiting.push(now + 1000 * i64::try_from(seconds).unwrap()),
            }
        }
        assert!(last < 180_000, "the last is in after {last} ms");
        assert!(
            requests < 1000,
            "nobody is sent round and round: {requests}"
        );
    }

    #[test]
    fn who_waits_is_never_sent_away_for_longer_than_a_minute() {
        let limit = Limit::per_minute(10);
        let waits: Vec<u64> = (0..100)
            .filter_map(|_| limit.note("a", at(0)).err())
            .collect();
        assert_eq!(waits.len(), 90);
        assert_eq!(waits[..4], [6, 12, 18, 24]);
        assert!(waits.iter().all(|wait| (1..=60).contains(wait)));
    }

    #[test]
    fn what_another_limit_refuses_is_not_held_against_this_one() {
        let limit = Limit::per_minute(60);
        for _ in 0..100 {
            assert_eq!(limit.note_if("a", at(0), || Err(7)), Err(7));
        }
        for _ in 0..60 {
            assert_eq!(limit.note("a", at(0)), Ok(()));
        }
    }

    /// Rows: S9
    #[test]
    fn memory_is_bounded_and_who_floods_is_remembered() {
        let limit = Limit::per_minute(10);
        for _ in 0..11 {
            let _ = limit.note(u32::MAX, at(0));
        }
        for key in 0..1_000_000 {
            assert_eq!(limit.note(key, at(1)), Ok(()));
        }
        let keys = limit.keys.lock().unwrap();
        assert!(keys.len() <= MOST_KEYS, "{}", keys.len());
        drop(keys);
        assert!(limit.note(u32::MAX, at(2)).is_err());
    }
}
