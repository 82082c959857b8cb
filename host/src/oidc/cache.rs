//! What a provider said, kept for a while.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::OidcError;
use crate::clock::Stopwatch;

/// Until then it is not asked for again.
const FRESH: SignedDuration = SignedDuration::from_hours(1);
/// Until then it is better than nothing, should the provider be down.
const USABLE: SignedDuration = SignedDuration::from_hours(24);
/// How long a failure is remembered, so that a dead provider is not hammered: briefly if
/// sign-ins wait for the answer, longer if an older answer serves them.
const RETRY: SignedDuration = SignedDuration::from_secs(5);
const RETRY_AT_EASE: SignedDuration = SignedDuration::from_mins(1);
/// How often somebody may insist on a newer answer (hole 44).
const INSIST: SignedDuration = SignedDuration::from_mins(1);

/// One answer, fetched when it is first needed. Concurrent callers share one fetch.
#[derive(Debug)]
pub(super) struct Cached<T> {
    /// Which failures mean that the older answer must not be used either.
    void: fn(&OidcError) -> bool,
    // Held while fetching: whoever waits finds the outcome.
    state: Mutex<State<T>>,
}

#[derive(Debug)]
struct State<T> {
    answer: Option<(Arc<T>, Timestamp)>,
    failure: Option<(OidcError, Timestamp)>,
    insisted: Option<Timestamp>,
}

impl<T> Cached<T> {
    pub(super) fn new(void: fn(&OidcError) -> bool) -> Self {
        let state = State {
            answer: None,
            failure: None,
            insisted: None,
        };
        Self {
            void,
            state: Mutex::new(state),
        }
    }

    /// The answer at hand, or a new one if it is older than an hour or not `fitting`.
    pub(super) async fn load(
        &self,
        now: Timestamp,
        fitting: impl Fn(&T) -> bool,
        fetch: impl Future<Output = Result<T, OidcError>>,
    ) -> Result<Arc<T>, OidcError> {
        let mut state = self.state.lock().await;
        state.answer.take_if(|(answer, _)| !fitting(answer));
        if let Some(answer) = state.younger_than(FRESH, now) {
            return Ok(answer);
        }
        if let Some(failure) = state.recent_failure(now) {
            return state.younger_than(USABLE, now).ok_or(failure);
        }
        state.fetch(now, self.void, fetch).await
    }

    /// A newer answer than `seen`, once in a minute at most; until then `seen` again.
    pub(super) async fn reload(
        &self,
        seen: &Arc<T>,
        now: Timestamp,
        fetch: impl Future<Output = Result<T, OidcError>>,
    ) -> Result<Arc<T>, OidcError> {
        let mut state = self.state.lock().await;
        if let Some((answer, _)) = &state.answer
            && !Arc::ptr_eq(answer, seen)
        {
            return Ok(Arc::clone(answer));
        }
        if state
            .insisted
            .is_some_and(|then| now.duration_since(then) < INSIST)
        {
            return Ok(Arc::clone(seen));
        }
        state.insisted = Some(now);
        state.fetch(now, self.void, fetch).await
    }
}

impl<T> State<T> {
    async fn fetch(
        &mut self,
        now: Timestamp,
        void: fn(&OidcError) -> bool,
        fetch: impl Future<Output = Result<T, OidcError>>,
    ) -> Result<Arc<T>, OidcError> {
        let watch = Stopwatch::start();
        let fetched = fetch.await;
        let then = now.saturating_add(watch.elapsed()).unwrap_or(now);
        match fetched {
            Ok(answer) => {
                let answer = Arc::new(answer);
                self.answer = Some((Arc::clone(&answer), then));
                self.failure = None;
                Ok(answer)
            }
            Err(failure) => {
                self.failure = Some((failure.clone(), then));
                self.answer.take_if(|_| void(&failure));
                self.younger_than(USABLE, now).ok_or(failure)
            }
        }
    }

    fn younger_than(&self, age: SignedDuration, now: Timestamp) -> Option<Arc<T>> {
        let (answer, then) = self.answer.as_ref()?;
        (now.duration_since(*then) < age).then(|| Arc::clone(answer))
    }

    fn recent_failure(&self, now: Timestamp) -> Option<OidcError> {
        let (failure, then) = self.failure.as_ref()?;
        let at_ease = self.younger_than(USABLE, now).is_some();
        let pause = if at_ease { RETRY_AT_EASE } else { RETRY };
        (now.duration_since(*then) < pause).then(|| failure.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// A provider that counts how often it is asked.
    #[derive(Default)]
    struct Source {
        asked: AtomicU32,
        down: std::sync::atomic::AtomicBool,
    }

    impl Source {
        async fn ask(&self) -> Result<u32, OidcError> {
            let answer = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
            tokio::task::yield_now().await;
            if self.down.load(Ordering::SeqCst) {
                return Err(OidcError::provider("down", ""));
            }
            Ok(answer)
        }

        fn set_down(&self, down: bool) {
            self.down.store(down, Ordering::SeqCst);
        }

        fn asked(&self) -> u32 {
            self.asked.load(Ordering::SeqCst)
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    async fn load(cached: &Cached<u32>, source: &Source, seconds: i64) -> Result<u32, OidcError> {
        let answer = cached.load(at(seconds), |_| true, source.ask()).await;
        answer.map(|answer| *answer)
    }

    #[tokio::test]
    async fn concurrent_callers_share_one_fetch_good_or_bad() {
        for down in [false, true] {
            let (cached, source) = (Cached::new(|_| false), Source::default());
            source.set_down(down);
            let callers = (0..3).map(|_| load(&cached, &source, 0));
            let [a, b, c]: [_; 3] = callers.collect::<Vec<_>>().try_into().ok().unwrap();
            let (a, b, c) = tokio::join!(a, b, c);
            assert_eq!((&a, &b), (&b, &c));
            assert_eq!((a.is_err(), source.asked()), (down, 1));
        }
    }

    #[tokio::test]
    async fn a_dead_source_is_asked_every_five_seconds_and_recovers_by_itself() {
        let (cached, source) = (Cached::new(|_| false), Source::default());
        source.set_down(true);
        for seconds in 0..5 {
            assert!(load(&cached, &source, seconds).await.is_err());
        }
        assert_eq!(source.asked(), 1);
        source.set_down(false);
        assert_eq!(load(&cached, &source, 6).await, Ok(2));
    }

    #[tokio::test]
    async fn an_old_answer_serves_for_a_day_while_the_source_is_down() {
        let (cached, source) = (Cached::new(|_| false), Source::default());
        assert_eq!(load(&cached, &source, 0).await, Ok(1));
        assert_eq!(load(&cached, &source, 3599).await, Ok(1));
        assert_eq!(load(&cached, &source, 3601).await, Ok(2));
        source.set_down(true);
        assert_eq!(load(&cached, &source, 7300).await, Ok(2));
        assert_eq!(load(&cached, &source, 7330).await, Ok(2));
        assert_eq!(source.asked(), 3);
        assert!(load(&cached, &source, 100_000).await.is_err());
    }

    #[tokio::test]
    async fn an_old_answer_is_void_when_the_new_one_is_a_refusal() {
        let (cached, source) = (Cached::new(|_| true), Source::default());
        load(&cached, &source, 0).await.unwrap();
        source.set_down(true);
        assert!(load(&cached, &source, 3700).await.is_err());
    }

    #[tokio::test]
    async fn hole44_a_flood_of_unknown_keys_causes_one_fetch_a_minute() {
        let (cached, source) = (Cached::new(|_| false), Source::default());
        let seen = cached.load(at(0), |_| true, source.ask()).await.unwrap();
        let mut answer = seen;
        for i in 0..1000 {
            answer = cached
                .reload(&answer, at(1 + i / 20), source.ask())
                .await
                .unwrap();
        }
        assert_eq!((*answer, source.asked()), (2, 2));
        source.set_down(true);
        let again = cached.reload(&answer, at(62), source.ask()).await.unwrap();
        assert_eq!((*again, source.asked()), (2, 3));
        cached.reload(&answer, at(63), source.ask()).await.unwrap();
        assert_eq!(source.asked(), 3, "a failed fetch uses the minute up too");
    }

    #[tokio::test]
    async fn whoever_insists_after_somebody_else_did_gets_the_newer_answer() {
        let (cached, source) = (Cached::new(|_| false), Source::default());
        let seen = cached.load(at(0), |_| true, source.ask()).await.unwrap();
        let (a, b) = tokio::join!(
            cached.reload(&seen, at(1), source.ask()),
            cached.reload(&seen, at(1), source.ask())
        );
        assert_eq!((*a.unwrap(), *b.unwrap(), source.asked()), (2, 2, 2));
    }
}
