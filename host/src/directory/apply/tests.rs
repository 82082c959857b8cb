//! Each sentence of `spec.md` §4.2 to §4.4 that the host keeps.

use super::*;
use crate::directory::users::{GroupMembership, Status, UserDetails};
use crate::directory::{Standing, companies, domains, groups, invitations, users, view};
use crate::domain::{Decision, Grant, Outcome, Placement};
use crate::store::Store;
use crate::store::fixture::{Fixture, Who, at, entropy, write};

mod company;
mod grants;
mod person;

const IDP: Origin = Origin::Idp;
const MANUAL: Origin = Origin::Manual;

/// A sign-in whose decision is already made.
struct Attempt {
    who: Who,
    grant: Grant,
    entry: Entry,
}

fn attempt(who: Who, company: &str) -> Attempt {
    Attempt {
        who,
        grant: Grant {
            placement: Placement {
                company: company.into(),
                admin: AdminChange::Leave,
                groups: GroupChange::Leave,
            },
            display_name: None,
            attributes: Vec::new(),
        },
        entry: Entry {
            asked_company: None,
            may_move: false,
        },
    }
}

impl Attempt {
    fn admin(mut self, change: AdminChange) -> Self {
        self.grant.placement.admin = change;
        self
    }

    fn groups(mut self, names: &[&str]) -> Self {
        self.grant.placement.groups = GroupChange::Replace(texts(names));
        self
    }

    fn adds(mut self, names: &[&str]) -> Self {
        self.grant.placement.groups = GroupChange::Add(texts(names));
        self
    }

    fn asked(mut self, company: &str) -> Self {
        self.entry.asked_company = Some(company.parse().unwrap());
        self
    }

    fn may_move(mut self) -> Self {
        self.entry.may_move = true;
        self
    }

    /// Applies and commits, or drops the transaction as a login does.
    async fn signs_in(self, store: &Store) -> Result<Applied, Code> {
        let decision = Decision {
            outcome: Outcome::Admit(self.grant),
            trace: Vec::new(),
        };
        let admission = decision.admission().unwrap();
        let identity = self.who.identity();
        let mut tx = store.begin().await.unwrap();
        let now = at(60);
        match apply(&mut tx, &identity, &admission, &self.entry, now, &entropy()).await {
            Ok(applied) => {
                tx.commit().await.unwrap();
                Ok(applied)
            }
            Err(ApplyError::Refused(code)) => Err(code),
            Err(ApplyError::Store(error)) => panic!("{error:?}"),
        }
    }
}

/// Two companies, acme with the groups Dev and Ops, globex with Dev.
async fn directory() -> Fixture {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    for (id, names) in [("acme", &["Dev", "Ops"][..]), ("globex", &["Dev"][..])] {
        let id = id.parse().unwrap();
        write(store, async |tx| {
            companies::create(tx, &id, "A company", at(0)).await
        })
        .await
        .unwrap();
        for name in names {
            write(store, async |tx| groups::create(tx, &id, name, at(0)).await)
                .await
                .unwrap();
        }
    }
    fixture
}

async fn invite(store: &Store, company: &str, email: &str, role: Role) {
    let company = company.parse().unwrap();
    write(store, async |tx| {
        invitations::add(tx, &company, email, role, at(0)).await
    })
    .await
    .unwrap();
}

async fn details(store: &Store, user: &UserId) -> UserDetails {
    users::show(store, user.as_str()).await.unwrap()
}

async fn everything(store: &Store) -> String {
    let users = users::list(store, None).await.unwrap();
    let invited = invitations::list(store, None).await.unwrap();
    let groups = groups::list(store, None).await.unwrap();
    format!("{users:?} {invited:?} {groups:?}")
}

fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn memberships(expected: &[(&str, &[Origin])]) -> Vec<GroupMembership> {
    let membership = |(name, origins): &(&str, &[Origin])| GroupMembership {
        name: (*name).into(),
        origins: origins.to_vec(),
    };
    expected.iter().map(membership).collect()
}
