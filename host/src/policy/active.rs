use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;

use super::{Decided, Policy};
use crate::domain::{Lookups, Question, RefusedPolicy};

/// The policy that decides now: it can be swapped while people sign in. A clone is another
/// handle on the same one.
///
/// A decision takes the policy when it begins and keeps it until it ends, so that a swap
/// neither waits for decisions nor ends any.
#[derive(Clone)]
pub struct ActivePolicy(Arc<RwLock<Arc<Held>>>);

/// What is active, and what was to take its place and could not.
struct Held {
    policy: Policy,
    since: Timestamp,
    refused: Option<RefusedPolicy>,
}

impl ActivePolicy {
    /// A handle on a policy that decides since then.
    pub fn new(policy: Policy, since: Timestamp, refused: Option<RefusedPolicy>) -> Self {
        let held = Held {
            policy,
            since,
            refused,
        };
        Self(Arc::new(RwLock::new(Arc::new(held))))
    }

    /// The policy that decides what begins now.
    pub fn now(&self) -> Policy {
        self.held().policy.clone()
    }

    /// Since when it decides.
    pub fn since(&self) -> Timestamp {
        self.held().since
    }

    /// What was to take its place since then and could not.
    pub fn refused(&self) -> Option<RefusedPolicy> {
        self.held().refused.clone()
    }

    /// Asks the policy that is active now. See [`Policy::decide`].
    ///
    /// # Panics
    /// Outside of a tokio runtime: look-ups wait there.
    pub async fn decide(&self, question: Question, lookups: Arc<dyn Lookups>) -> Decided {
        self.now().decide(question, lookups).await
    }

    /// Lets another policy decide from now on; what was refused before is forgotten.
    pub fn swap(&self, policy: Policy, since: Timestamp) {
        self.put(Held {
            policy,
            since,
            refused: None,
        });
    }

    /// Notes what could not take its place, or that nothing wants to any more.
    pub fn note_refused(&self, refused: Option<RefusedPolicy>) {
        let before = self.held();
        self.put(Held {
            policy: before.policy.clone(),
            since: before.since,
            refused,
        });
    }

    /// Whether nobody else has a handle any more.
    pub fn is_forgotten(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }

    fn held(&self) -> Arc<Held> {
        // A panic cannot leave an `Arc` half written.
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&held)
    }

    fn put(&self, held: Held) {
        let held = Arc::new(held);
        let mut place = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *place, held);
        drop(place);
        // Unmaps the old component's code where no decision uses it any more: not under the
        // lock that every sign-in takes.
        drop(before);
    }
}

impl fmt::Debug for ActivePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.held();
        f.debug_struct("ActivePolicy")
            .field("policy", &held.policy)
            .field("since", &held.since)
            .field("refused", &held.refused)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::clock::Stopwatch;
    use crate::policy::case::Case;
    use crate::policy::tests::guest;

    fn refused() -> RefusedPolicy {
        RefusedPolicy {
            time: Timestamp::UNIX_EPOCH,
            step: "parse".to_owned(),
            message: "it is damaged".to_owned(),
            sha256: None,
        }
    }

    #[tokio::test]
    async fn a_decision_under_way_ends_on_the_policy_it_began_with() {
        let (one, other) = (guest("", ""), guest("(global i32 (i32.const 1))", ""));
        assert_ne!(one.id(), other.id());
        let active = ActivePolicy::new(one.clone(), Timestamp::UNIX_EPOCH, None);
        let (question, nothing) = Case::default().question_and_directory();
        let before = active.now();
        active.swap(other.clone(), Timestamp::MAX);
        let decided = before.decide(question.clone(), Arc::new(nothing)).await;
        assert_eq!(decided.evidence.policy, *one.id());
        let (question, nothing) = Case::default().question_and_directory();
        let decided = active.decide(question, Arc::new(nothing)).await;
        assert_eq!(decided.evidence.policy, *other.id());
        assert_eq!(active.since(), Timestamp::MAX);
    }

    #[test]
    fn a_refusal_changes_nothing_and_a_swap_forgets_it() {
        let one = guest("", "");
        let active = ActivePolicy::new(one.clone(), Timestamp::UNIX_EPOCH, None);
        active.note_refused(Some(refused()));
        assert_eq!(active.now().id(), one.id());
        assert_eq!(active.refused(), Some(refused()));
        active.swap(one, Timestamp::MAX);
        assert_eq!(active.refused(), None);
        assert!(active.is_forgotten() && !active.clone().is_forgotten());
    }

    #[test]
    fn whoever_asks_while_it_is_swapped_waits_less_than_a_millisecond() {
        let (one, other) = (guest("", ""), guest("(global i32 (i32.const 1))", ""));
        let active = ActivePolicy::new(one.clone(), Timestamp::UNIX_EPOCH, None);
        let over = AtomicBool::new(false);
        let mut waits = std::thread::scope(|scope| {
            let asking = scope.spawn(|| {
                let mut waits = Vec::new();
                while !over.load(Ordering::Relaxed) {
                    let asked = Stopwatch::start();
                    let _ = active.now();
                    waits.push(asked.elapsed());
                }
                waits
            });
            for number in 0..300 {
                let next = if number % 2 == 0 { &other } else { &one };
                active.swap(next.clone(), Timestamp::UNIX_EPOCH);
                std::thread::sleep(Duration::from_micros(200));
            }
            over.store(true, Ordering::Relaxed);
            asking.join().unwrap()
        });
        // The kernel may take the core away from anybody: hence not the very slowest.
        waits.sort_unstable();
        let slow = waits[waits.len() * 999 / 1000];
        assert!(
            slow < Duration::from_millis(1),
            "{slow:?} of {}",
            waits.len()
        );
    }
}
