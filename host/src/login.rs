//! The use case. A sign-in is [`Login::begin`], the provider, then [`Login::complete`].

mod draft;
mod error;
mod exit;
mod provider_logout;
mod refusals;
mod tested;

use std::sync::Arc;

use jiff::Timestamp;
use tracing::Instrument;
use url::Url;

pub use self::draft::Draft;
pub use self::error::{Failed, LoginError, StateFault};
pub use self::exit::{Departure, Parted};
pub use self::provider_logout::LogoutError;
pub use self::refusals::Refusals;
pub use self::tested::{Answered, Change, Tested};

use crate::audit;
use crate::directory::{self, Applied, DirectoryLookups, Entry, Standing, View};
use crate::domain::{
    Admission, Code, CompanyId, Entropy, Provider, ProviderName, Question, RecordSettings,
    Reference, Request, ReturnTo, Secret, UserId, VerifiedIdentity,
};
use crate::oidc::{self, AuthorizationResponse, Handshake, OidcError, RelyingParty};
use crate::policy::ActivePolicy;
use crate::seal::Vault;
use crate::sessions::{self, Attempt, BrowserHash, NewSession, Taken, attempts};
use crate::store::Store;

/// Everything a sign-in needs, built once.
pub struct Login {
    /// The configured providers, in configuration order.
    pub connections: Vec<Connection>,
    /// Directory, sessions and audit.
    pub store: Store,
    /// Seals what lies in the store.
    pub vault: Vault,
    /// What decision records keep.
    pub records: RecordSettings,
    /// Randomness.
    pub entropy: Entropy,
    /// Where browsers come back to after they left the provider.
    pub signed_out_url: Url,
    /// Which refused logout tokens were recorded lately.
    pub refusals: Refusals,
}

/// One provider with its relying party and its policy; cheap to clone.
#[derive(Clone)]
pub struct Connection {
    /// Its settings.
    pub provider: Arc<Provider>,
    /// Speaks OpenID Connect to it.
    pub relying_party: RelyingParty,
    /// Decides about its people; swapped while they sign in.
    pub policy: ActivePolicy,
}

/// What a browser asks for at `/login/start`.
#[derive(Debug)]
pub struct Ask {
    /// The company of `/login/<company>`.
    pub company: Option<CompanyId>,
    /// Where to go afterwards.
    pub return_to: ReturnTo,
    /// The operator who tries a sign-in out: nothing will come of it.
    pub tester: Option<UserId>,
    /// Whether the provider is to ask who it is, even if it knows.
    pub afresh: bool,
    /// Who is about to sign in, for the provider's form: what a third party said.
    pub login_hint: Option<String>,
}

/// An attempt that has begun.
#[derive(Debug)]
pub struct Begun {
    /// The provider's authorization endpoint with our request.
    pub location: Url,
    /// The attempt, by which the browser's cookie is named.
    pub state: String,
    /// What the browser must show on return.
    pub browser: Secret,
}

/// What arrives at the callback.
#[derive(Debug)]
pub struct Arrival<'a> {
    /// Whose callback was hit.
    pub provider: &'a ProviderName,
    /// The provider's answer.
    pub response: AuthorizationResponse,
    /// The value of the cookie that belongs to the state in the answer.
    pub browser: Option<Secret>,
    /// The session that this browser has until now, which the new one replaces.
    pub session: Option<Secret>,
}

/// A sign-in that succeeded.
#[derive(Debug)]
pub struct SignedIn {
    /// The value of the session cookie.
    pub session: Secret,
    /// Where to go.
    pub return_to: ReturnTo,
    /// The user.
    pub user: UserId,
    /// The audit record.
    pub reference: Reference,
}

/// How an attempt ended that nothing stopped.
#[derive(Debug)]
pub enum Completed {
    /// Somebody is signed in.
    SignedIn(SignedIn),
    /// Somebody would be, had it not been a test: everything was undone.
    Tried(Change),
}

impl Login {
    /// Begins an attempt: the provider's URL, and what the browser must bring back.
    ///
    /// # Errors
    /// The provider cannot be used, or the store is down.
    pub async fn begin(
        &self,
        connection: &Connection,
        ask: Ask,
        now: Timestamp,
    ) -> Result<Begun, LoginError> {
        let handshake = Handshake::draw(&self.entropy, now);
        let hint = ask.login_hint.as_deref();
        let relying_party = &connection.relying_party;
        let mut location = relying_party.authorize_as(hint, &handshake, now).await?;
        if ask.afresh {
            location = tested::afresh(&location);
        }
        let browser = Secret::new(self.entropy.token());
        let attempt = Attempt {
            provider: connection.provider.name.clone(),
            state: Secret::new(&*handshake.state),
            nonce: Secret::new(handshake.nonce),
            verifier: handshake.verifier,
            browser: BrowserHash::of(browser.expose()),
            company: ask.company,
            return_to: ask.return_to,
            tester: ask.tester,
            begun_at: handshake.begun_at,
        };
        attempts::remember(&self.store, &attempt, &self.vault, now).await?;
        Ok(Begun {
            location,
            state: handshake.state,
            browser,
        })
    }

    /// Answers a callback: completes the attempt, or writes down why it failed.
    ///
    /// # Errors
    /// Whatever ended the attempt without a session; one audit record says why.
    pub async fn answer(
        &self,
        arrival: Arrival<'_>,
        now: Timestamp,
    ) -> Result<Answered, Box<Failed>> {
        let mut draft = Draft::new(arrival.provider, &self.entropy, now);
        let span = tracing::info_span!("login.complete", provider = %arrival.provider, reference = %draft.record.reference);
        match self
            .complete(arrival, &mut draft, now)
            .instrument(span)
            .await
        {
            Ok(Completed::SignedIn(signed_in)) => Ok(Answered::SignedIn(signed_in)),
            Ok(Completed::Tried(change)) => self.show(Ok(change), draft, now).await,
            Err(error) if draft.is_test() => self.show(Err(error), draft, now).await,
            Err(error) => Err(Box::new(self.refuse(error, draft, now).await)),
        }
    }

    /// This is the sign-in: the provider's answer becomes tokens, the tokens a verified
    /// identity; the policy decides; the decision is applied, a session opened and the audit
    /// record written, all three or none.
    ///
    /// # Errors
    /// Whatever ends it without a session.
    pub async fn complete(
        &self,
        arrival: Arrival<'_>,
        draft: &mut Draft,
        now: Timestamp,
    ) -> Result<Completed, LoginError> {
        let (connection, attempt) = self.attempt(&arrival, now).await?;
        let handshake = handshake(&attempt);
        draft.began(&attempt);
        let Connection {
            provider,
            relying_party: rp,
            policy,
        } = connection;

        // 1 The code becomes tokens.
        let tokens = rp.redeem(&arrival.response, &handshake, now).await?;
        draft.lap("redeem");

        // 2 The tokens become a verified identity.
        let keys = rp.keys(&tokens, now).await?;
        let expected = rp.expected(&handshake);
        let verified = oidc::verify(tokens, &keys, &expected, now)?;
        if draft.is_test() {
            draft.also_saw(rp.look_around(&verified, &keys, &expected, now).await);
        }
        let userinfo = rp.userinfo(&verified, &keys, now).await?;
        let identity = oidc::collect(verified, userinfo, &provider)?;
        draft.identified(&identity, &self.vault);

        // 3 The policy decides, about somebody who may be asked about.
        let view = directory::view(&self.store, &identity).await?;
        may_be_asked_about(&view.standing)?;
        let question = question(&provider, &identity, view, attempt.company.clone(), now);
        let lookups = Arc::new(DirectoryLookups::new(self.store.clone()));
        let decision = draft.decided(policy.decide(question, lookups).await)?;

        // 4 A refusal ends here.
        let admission = decision.admission()?;

        // 5 Directory, session and audit record, in one transaction.
        let mut tx = self.store.begin().await?;
        if sessions::logout::came_since(&mut tx, &identity, now).await? {
            return Err(OidcError::ended_meanwhile().into());
        }
        let entry = Entry {
            asked_company: attempt.company,
            may_move: provider.policy.may_move,
        };
        let applied =
            directory::apply(&mut tx, &identity, &admission, &entry, now, &self.entropy).await?;
        if draft.is_test() {
            tx.rollback().await?;
            draft.admitted(&applied);
            return Ok(Completed::Tried(Change::of(&admission, applied)));
        }
        let session = new_session(
            &provider,
            &identity,
            &admission,
            &applied,
            draft.reference(),
        );
        let session = sessions::open(&mut tx, session, &self.vault, &self.entropy, now).await?;
        if let Some(replaced) = &arrival.session {
            sessions::end_within(&mut tx, replaced.expose()).await?;
        }
        let record = draft.admitted(&applied);
        audit::record(
            &mut tx,
            record,
            Some(&identity.claims),
            &self.vault,
            &self.records,
        )
        .await?;
        tx.commit().await?;
        Ok(Completed::SignedIn(SignedIn {
            session: session.0,
            return_to: attempt.return_to,
            user: applied.user,
            reference: draft.reference().clone(),
        }))
    }

    /// The attempt that this answer belongs to; whatever happens next, it is used up (K2 to K5).
    async fn attempt(
        &self,
        arrival: &Arrival<'_>,
        now: Timestamp,
    ) -> Result<(Connection, Attempt), LoginError> {
        let state = arrival
            .response
            .state
            .as_deref()
            .ok_or(StateFault::Missing)?;
        let attempt = match attempts::take(&self.store, state, &self.vault, now).await? {
            Taken::Attempt(attempt) => *attempt,
            Taken::Expired => return Err(StateFault::Expired.into()),
            Taken::Unknown => return Err(StateFault::Unknown.into()),
        };
        if attempt.provider != *arrival.provider {
            return Err(StateFault::OtherProvider.into());
        }
        let is_this = |browser: &Secret| attempt.browser.is(browser.expose());
        if !arrival.browser.as_ref().is_some_and(is_this) {
            return Err(StateFault::Foreign.into());
        }
        let connection = self.connection(arrival.provider).cloned();
        Ok((connection.ok_or(StateFault::OtherProvider)?, attempt))
    }
}

/// The secrets that the attempt was begun with.
fn handshake(attempt: &Attempt) -> Handshake {
    Handshake {
        state: attempt.state.expose().to_owned(),
        nonce: attempt.nonce.expose().to_owned(),
        verifier: attempt.verifier.clone(),
        begun_at: attempt.begun_at,
    }
}

/// The host's own word about somebody, before a policy is asked (`spec.md` §4.2, §4.3).
fn may_be_asked_about(standing: &Standing) -> Result<(), LoginError> {
    match standing {
        Standing::New | Standing::Active(_) => Ok(()),
        Standing::Disabled => Err(LoginError::Refused(Code::Disabled)),
        Standing::EmailTaken => Err(LoginError::Refused(Code::AccountExists)),
    }
}

fn new_session(
    provider: &Provider,
    identity: &VerifiedIdentity,
    admission: &Admission,
    applied: &Applied,
    reference: &Reference,
) -> NewSession {
    NewSession {
        user: applied.user.clone(),
        provider: provider.name.clone(),
        issuer: identity.issuer.clone(),
        subject: identity.subject.clone(),
        provider_session: identity.provider_session.clone(),
        id_token: identity.raw_id_token.clone(),
        attributes: admission.grant().attributes.clone(),
        reference: reference.clone(),
    }
}

/// What the policy may ask about.
fn question(
    provider: &Provider,
    identity: &VerifiedIdentity,
    view: View,
    company: Option<CompanyId>,
    now: Timestamp,
) -> Question {
    Question {
        request: Request {
            provider: provider.name.to_string(),
            issuer: identity.issuer.clone(),
            client_id: provider.client_id.clone(),
            subject: identity.subject.clone(),
            email: identity.email.clone(),
            company,
            time: u64::try_from(now.as_second()).unwrap_or_default(),
        },
        claims: identity.claims.clone(),
        settings: provider.policy_document(),
        known: view.known,
        invitations: view.invitations,
        domain_company: view.domain_company,
    }
}
