//! A programmable OpenID provider on loopback: Keycloak-shaped, signs everybody in at once as
//! the chosen person, and does wrong whatever a test asks for, while it runs.
//!
//! ```no_run
//! # use usher_tests::provider::{Person, Provider, edit};
//! let provider = Provider::start();
//! provider.sign_in_as(Person::new("ann").groups(["research"]));
//! provider.faults().id_claims = edit(|claims| claims["aud"] = "somebody-else".into());
//! // … sign in at a service that was started with `provider.settings("keycloak")` …
//! assert_eq!(provider.requests(usher_tests::provider::Endpoint::Userinfo).len(), 0);
//! ```
//!
//! It is strict with its client: a wrong secret, redirect URI, code or PKCE verifier is
//! answered as a real provider would.

mod authorize;
mod endpoints;
mod faults;
mod logout;
mod person;
mod signer;
mod token;
mod unending;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

pub use self::faults::{Edit, Faults, Iss, Says, Signature, edit, without};
pub use self::logout::LogoutToken;
pub use self::person::Person;
pub use self::signer::Algorithm;

use self::signer::Signer;
use self::token::Grant;

use crate::server::variable_of;

/// The client that is registered, with characters that must be encoded on the way (K33).
pub const CLIENT_ID: &str = "usher:test/%41";
/// Its secret.
pub const CLIENT_SECRET: &str = "s3cret: of 32 bytes/or+more=%20&";

const REALM: &str = "/realms/acme";
/// Where the endpoints are, below the origin.
const PROTOCOL: &str = "/realms/acme/protocol/openid-connect";

/// A provider that runs until it is dropped, on a thread of its own.
#[derive(Debug)]
pub struct Provider {
    address: SocketAddr,
    shared: Arc<Shared>,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

/// What a request was sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Endpoint {
    /// `/.well-known/openid-configuration`.
    Discovery,
    /// The browser's way in.
    Authorize,
    /// The code's way to tokens.
    Token,
    /// The key set.
    Keys,
    /// Userinfo.
    Userinfo,
    /// The browser's way out.
    EndSession,
}

/// The parameters of one request, of query and form together; the header `authorization` too,
/// under that name.
pub type Asked = BTreeMap<String, String>;

#[derive(Debug)]
struct Shared {
    origin: String,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    faults: Faults,
    person: Person,
    signers: Vec<Signer>,
    rotations: u32,
    grants: BTreeMap<String, Grant>,
    /// Subjects by access token, for userinfo.
    issued: BTreeMap<String, Person>,
    requests: BTreeMap<Endpoint, Vec<Asked>>,
    /// The `sid` of the latest sign-in.
    latest_session: String,
}

impl Provider {
    /// Starts on a port of the kernel's choice, with one person called `ann`.
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a port");
        let address = listener.local_addr().expect("it is bound");
        let shared = Arc::new(Shared {
            origin: format!("http://{address}"),
            state: Mutex::new(State {
                faults: Faults::default(),
                person: Person::new("ann"),
                signers: vec![Signer::new("key-0", Algorithm::Rs256)],
                rotations: 0,
                grants: BTreeMap::new(),
                issued: BTreeMap::new(),
                requests: BTreeMap::new(),
                latest_session: String::new(),
            }),
        });
        let running = Some(run(listener, &shared));
        Self {
            address,
            shared,
            running,
        }
    }

    /// The issuer, which is the `base_url` to configure.
    pub fn issuer(&self) -> String {
        format!("{}{REALM}", self.shared.origin)
    }

    /// The variables that connect a service with it under this provider name.
    pub fn settings(&self, name: &str) -> Vec<(String, String)> {
        [
            ("services", "base_url", self.issuer().as_str()),
            ("secure", "client_id", CLIENT_ID),
            ("secure", "client_secret", CLIENT_SECRET),
        ]
        .map(|(place, key, value)| (variable_of(name, place, key), value.to_owned()))
        .into()
    }

    /// Whom the next authorization request signs in.
    pub fn sign_in_as(&self, person: Person) {
        self.shared.state().person = person;
    }

    /// What it does wrong from now on. Keep the guard for no longer than a statement: while
    /// it lives, the provider answers nobody.
    pub fn faults(&self) -> impl std::ops::DerefMut<Target = Faults> + '_ {
        FaultsGuard(self.shared.state())
    }

    /// Does nothing wrong any more.
    pub fn behave(&self) {
        self.shared.state().faults = Faults::default();
    }

    /// Signs with a new key from now on, and publishes no other.
    pub fn rotate_keys(&self) {
        self.sign_with(Algorithm::Rs256);
    }

    /// Signs with a new key of this algorithm from now on, and publishes no other.
    pub fn sign_with(&self, algorithm: Algorithm) {
        let mut state = self.shared.state();
        state.rotations += 1;
        let kid = format!("key-{}", state.rotations);
        state.signers = vec![Signer::new(&kid, algorithm)];
    }

    /// Publishes one more key that signs nothing.
    pub fn publish_another_key(&self) {
        self.publish("another", Algorithm::Rs256);
    }

    /// Publishes one more key, which signs what [`Signature::With`] its algorithm says.
    pub fn publish(&self, kid: &str, algorithm: Algorithm) {
        let signer = Signer::new(kid, algorithm);
        self.shared.state().signers.push(signer);
    }

    /// What was asked of an endpoint so far, oldest first.
    pub fn requests(&self, endpoint: Endpoint) -> Vec<Asked> {
        let state = self.shared.state();
        state.requests.get(&endpoint).cloned().unwrap_or_default()
    }

    /// How often an endpoint was asked so far.
    pub fn calls(&self, endpoint: Endpoint) -> usize {
        self.requests(endpoint).len()
    }

    /// Stops listening and drops every connection, as if the machine were gone.
    pub fn go_down(&mut self) {
        if let Some(running) = self.running.take() {
            // Nobody listens if the thread has ended by itself.
            let _ended = running.stop.send(());
            let _panicked = running.thread.join();
        }
    }

    /// Is there again, at the same address.
    pub fn come_back(&mut self) {
        if self.running.is_none() {
            let listener = TcpListener::bind(self.address).expect("nobody took the port");
            self.running = Some(run(listener, &self.shared));
        }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.go_down();
    }
}

/// Serves on a runtime of its own: when that is dropped, so are its connections.
fn run(listener: TcpListener, shared: &Arc<Shared>) -> Running {
    let (stop, stopped) = oneshot::channel();
    let router = endpoints::router(Arc::clone(shared));
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime can be built");
        runtime.block_on(async {
            listener
                .set_nonblocking(true)
                .expect("a socket can do that");
            let listener = tokio::net::TcpListener::from_std(listener).expect("it listens");
            tokio::select! {
                served = axum::serve(listener, router) => served.expect("it goes on for ever"),
                _ = stopped => {}
            }
        });
    });
    Running { stop, thread }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn issuer(&self) -> String {
        format!("{}{REALM}", self.origin)
    }
}

impl State {
    /// The key that signs.
    fn signer(&self, how: Signature) -> &Signer {
        let Signature::With(algorithm) = how else {
            return &self.signers[0];
        };
        let mut signers = self.signers.iter();
        let signer = signers.find(|signer| signer.algorithm == algorithm);
        signer.expect("a published key of this algorithm")
    }
}

struct FaultsGuard<'a>(MutexGuard<'a, State>);

impl std::ops::Deref for FaultsGuard<'_> {
    type Target = Faults;

    fn deref(&self) -> &Faults {
        &self.0.faults
    }
}

impl std::ops::DerefMut for FaultsGuard<'_> {
    fn deref_mut(&mut self) -> &mut Faults {
        &mut self.0.faults
    }
}
