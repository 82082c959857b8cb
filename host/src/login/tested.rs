//! A sign-in that an operator tries out: the whole way, with nothing left of it but what it
//! shows, and one audit record that says who looked.

use std::collections::BTreeMap;

use jiff::Timestamp;
use url::Url;

use super::draft::Draft;
use super::{Failed, Login, LoginError, SignedIn, StateFault};
use crate::directory::users::{self, Status, UserDetails};
use crate::directory::{Applied, DirectoryError};
use crate::domain::{AdminEffect, Admission, AuditOutcome, Claims, Effect, Kind, Record, UserId};
use crate::oidc::Seen;
use crate::store::StoreError;

/// What an answer of the provider led to.
#[derive(Debug)]
pub enum Answered {
    /// Somebody is signed in.
    SignedIn(SignedIn),
    /// An operator sees what would have been.
    Tested(Box<Tested>),
}

/// What a sign-in would do, and what it would rest on.
#[derive(Debug)]
pub struct Tested {
    /// The record that a sign-in would have left.
    pub record: Record,
    /// All claims, once the tokens held.
    pub claims: Option<Claims>,
    /// Claims of the sources that the site takes none from.
    pub also_seen: Vec<Seen>,
    /// What would change, or why nobody would be signed in.
    pub outcome: Result<Change, LoginError>,
    /// Who it is about, if the directory knows them.
    pub known: Option<UserDetails>,
}

/// What a decision would change.
#[derive(Debug)]
pub struct Change {
    /// What applying it did, before it was undone.
    pub applied: Applied,
    /// The name that the policy gives.
    pub name: Option<String>,
    /// What the policy hands to the API server.
    pub attributes: Vec<(String, String)>,
}

impl Change {
    pub(super) fn of(admission: &Admission, applied: Applied) -> Self {
        let grant = admission.grant();
        Self {
            applied,
            name: grant.display_name.clone(),
            attributes: grant.attributes.clone(),
        }
    }
}

/// The same request, but the provider asks who it is, even if it knows.
pub(super) fn afresh(asked: &Url) -> Url {
    let others = |(name, _): &(_, _)| name != "prompt";
    let mut location = asked.clone();
    location
        .query_pairs_mut()
        .clear()
        .extend_pairs(asked.query_pairs().filter(others))
        .append_pair("prompt", "login");
    location
}

impl Login {
    /// Shows an operator what came of a test; nobody else, whatever they were when it began.
    pub(super) async fn show(
        &self,
        outcome: Result<Change, LoginError>,
        mut draft: Draft,
        now: Timestamp,
    ) -> Result<Answered, Box<Failed>> {
        if let Err(error) = &outcome {
            draft.ended(error);
        }
        let about = outcome
            .as_ref()
            .ok()
            .map(|change| change.applied.user.clone());
        let seen = async {
            let tester = self.operator(draft.aside.tester.as_ref()).await?;
            let known = match about {
                Some(user) => known(&self.store, &user).await?,
                None => None,
            };
            self.note(&draft, tester, now).await?;
            Ok(known)
        };
        match seen.await {
            Ok(known) => Ok(Answered::Tested(Box::new(Tested {
                record: draft.record,
                claims: draft.claims,
                also_seen: draft.aside.also_seen,
                outcome,
                known,
            }))),
            Err(error) => Err(Box::new(self.refuse(error, draft, now).await)),
        }
    }

    /// The tester, who must be an operator still.
    async fn operator(&self, tester: Option<&UserId>) -> Result<UserId, LoginError> {
        let foreign = LoginError::State(StateFault::Foreign);
        let tester = tester.ok_or(foreign)?;
        match known(&self.store, tester).await? {
            Some(details) if details.user.operator && details.user.status == Status::Active => {
                Ok(tester.clone())
            }
            _ => Err(LoginError::State(StateFault::Foreign)),
        }
    }

    /// Who looked at whose claims is recorded; the claims are not.
    async fn note(&self, draft: &Draft, tester: UserId, now: Timestamp) -> Result<(), StoreError> {
        let outcome = match draft.record.outcome {
            AuditOutcome::Admitted => "would be admitted",
            AuditOutcome::Refused => "would be refused",
            AuditOutcome::Failed => "failed",
        };
        let detail = match &draft.record.detail {
            Some(detail) => format!("test sign-in, {outcome}: {detail}"),
            None => format!("test sign-in, {outcome}"),
        };
        let record = Record {
            time: now,
            kind: Kind::Admin,
            detail: Some(detail),
            company: None,
            user: Some(tester),
            groups: Effect::default(),
            admin: AdminEffect::default(),
            reads: Vec::new(),
            lookups: Vec::new(),
            trace: Vec::new(),
            logs: Vec::new(),
            durations_us: BTreeMap::new(),
            ..draft.record.clone()
        };
        self.keep(&record, None).await
    }
}

async fn known(
    store: &crate::store::Store,
    user: &UserId,
) -> Result<Option<UserDetails>, StoreError> {
    match users::show(store, user.as_str()).await {
        Ok(details) => Ok(Some(details)),
        Err(DirectoryError::Store(error)) => Err(error),
        Err(_) => Ok(None),
    }
}
