//! A body that never ends.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Bytes;
use http_body::{Body, Frame};
use tokio::time::{Interval, MissedTickBehavior, interval};

/// The same bytes again and again.
pub(super) struct Unending {
    again: &'static [u8],
    beat: Option<Interval>,
}

impl Unending {
    /// With a pause between any two; without one, as fast as they are taken.
    pub(super) fn new(pause: Duration, again: &'static [u8]) -> Self {
        let beat = (!pause.is_zero()).then(|| {
            let mut beat = interval(pause);
            beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
            beat
        });
        Self { again, beat }
    }
}

impl Body for Unending {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(beat) = &mut self.beat {
            ready!(beat.poll_tick(context));
        }
        let bytes = Bytes::from_static(self.again);
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }
}
