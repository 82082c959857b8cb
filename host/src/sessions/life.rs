//! When a session ends. The settings are applied at look-up, so that a shorter life acts on
//! sessions that are open already.

use jiff::{SignedDuration, Timestamp};

use crate::domain::SessionLife;

/// Use is noted once in this time.
const TOUCH: SignedDuration = SignedDuration::from_mins(1);

/// Sessions opened and last seen after these two times are alive.
pub(super) fn alive_after(life: &SessionLife, now: Timestamp) -> (Timestamp, Timestamp) {
    (back(now, life.absolute), back(now, life.idle))
}

/// When a session ends without a further request.
pub(super) fn expiry(created: Timestamp, seen: Timestamp, life: &SessionLife) -> Timestamp {
    let plus = |time: Timestamp, life| time.saturating_add(life).unwrap_or(Timestamp::MAX);
    plus(created, life.absolute).min(plus(seen, life.idle))
}

/// A session last seen since then need not be touched. With a short idle time use is noted
/// more often, or a session would end while it is used.
pub(super) fn noted_since(life: &SessionLife, now: Timestamp) -> Timestamp {
    back(now, TOUCH.min(life.idle / 4))
}

fn back(time: Timestamp, duration: SignedDuration) -> Timestamp {
    time.saturating_sub(duration).unwrap_or(Timestamp::MIN)
}
