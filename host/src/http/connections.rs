//! Connections that nobody can hold open for nothing: who sends a request's head byte by byte,
//! or nothing at all, or does not read what is answered, is cut off.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, Sleep, sleep_until};
use tower::Service;

/// How long a request's head may take from its first byte, and the first byte on a new
/// connection.
const HEAD: Duration = Duration::from_secs(15);
/// How long a connection may lie idle: longer than proxies keep theirs, which would otherwise
/// send a request into one that is being closed.
const IDLE: Duration = Duration::from_secs(75);

/// Accepts connections that end in time.
pub(super) struct Timed(pub(super) TcpListener);

impl Listener for Timed {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (stream, peer) = Listener::accept(&mut self.0).await;
        let phase = Phase::Head(Instant::now() + HEAD);
        let connection = Connection {
            stream,
            phase: Arc::new(Mutex::new(phase)),
            alarm: None,
        };
        (connection, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// What a connection waits for, and until when.
#[derive(Debug, Clone, Copy)]
enum Phase {
    Idle(Instant),
    Head(Instant),
    /// A handler is at work, which has a time limit of its own.
    Answering,
}

type Shared = Arc<Mutex<Phase>>;

fn enter(shared: &Shared, phase: Phase) {
    *shared.lock().unwrap_or_else(PoisonError::into_inner) = phase;
}

/// A connection that fails when its time is over.
pub(super) struct Connection {
    stream: TcpStream,
    phase: Shared,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Connection {
    /// A byte that arrives while nothing is answered belongs to the next head.
    fn heard(&self) {
        let mut phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        if let Phase::Idle(_) = *phase {
            *phase = Phase::Head(Instant::now() + HEAD);
        }
    }

    /// Whether the time is over; if not, the task is woken when it will be.
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        let phase = *self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        let (Phase::Idle(until) | Phase::Head(until)) = phase else {
            return false;
        };
        let alarm = self
            .alarm
            .get_or_insert_with(|| Box::pin(sleep_until(until)));
        if alarm.deadline() != until {
            alarm.as_mut().reset(until);
        }
        alarm.as_mut().poll(cx).is_ready()
    }

    fn unless_over<T>(
        &mut self,
        cx: &mut Context<'_>,
        outcome: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if outcome.is_pending() && self.is_over(cx) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        outcome
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.heard();
        }
        self.unless_over(cx, outcome)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.unless_over(cx, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.unless_over(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Gives each connection the router.
#[derive(Clone)]
pub(super) struct PerConnection(pub(super) Router);

impl Service<IncomingStream<'_, Timed>> for PerConnection {
    type Response = OfConnection;
    type Error = Infallible;
    type Future = Ready<Result<OfConnection, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, stream: IncomingStream<'_, Timed>) -> Self::Future {
        ready(Ok(OfConnection {
            router: self.0.clone(),
            phase: stream.io().phase.clone(),
            peer: *stream.remote_addr(),
        }))
    }
}

/// The router as one connection sees it.
#[derive(Clone)]
pub(super) struct OfConnection {
    router: Router,
    phase: Shared,
    peer: SocketAddr,
}

impl Service<Request> for OfConnection {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request>::poll_ready(&mut self.router, cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        // The head is complete.
        enter(&self.phase, Phase::Answering);
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let (answer, phase) = (self.router.call(request), self.phase.clone());
        Box::pin(async move {
            let response = answer.await;
            enter(&phase, Phase::Idle(Instant::now() + IDLE));
            response
        })
    }
}
