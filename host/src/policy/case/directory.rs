//! A directory in memory.

use std::collections::BTreeMap;
use std::future::ready;

use serde::Deserialize;

use super::Companies;
use crate::domain::{
    CompanyId, Email, Found, Invitation, Known, Lookups, Matching, Membership, Pending, Role,
    UserId,
};
use crate::policy::revision::sha256;

/// What the installation knows.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CaseDirectory {
    /// The user of this (issuer, subject).
    pub known: Option<KnownUser>,
    /// Company id → names of its groups.
    pub companies: Companies,
    /// Domain → company id.
    pub domains: BTreeMap<String, CompanyId>,
    /// Open invitations.
    pub invitations: Vec<Invited>,
}

/// A user of the directory.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KnownUser {
    /// A user id, or any text that stands for one.
    pub id: String,
    /// Companies of the user.
    pub memberships: Vec<CaseMembership>,
}

/// A user's place in a company.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseMembership {
    /// The company.
    pub company: CompanyId,
    /// The role there.
    #[serde(default = "user")]
    pub role: Role,
}

/// An open invitation, with whom it is for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invited {
    /// The address invited; compared in lower case.
    pub email: String,
    /// The company that invites.
    pub company: CompanyId,
    /// The role that acceptance gives.
    #[serde(default = "user")]
    pub role: Role,
}

fn user() -> Role {
    Role::User
}

impl Default for KnownUser {
    fn default() -> Self {
        Self {
            id: "user-1".into(),
            memberships: Vec::new(),
        }
    }
}

impl KnownUser {
    pub(super) fn known(&self) -> Known {
        let memberships = self.memberships.iter().map(|membership| Membership {
            company: membership.company.clone(),
            role: membership.role,
        });
        Known {
            id: self.user_id(),
            memberships: memberships.collect(),
        }
    }

    /// The id, or a UUID made of the text that stands for it.
    fn user_id(&self) -> UserId {
        let made = || {
            let mut bytes = [0; 16];
            bytes.copy_from_slice(&sha256(self.id.as_bytes()).as_ref()[..16]);
            let uuid = uuid::Builder::from_custom_bytes(bytes).into_uuid();
            uuid.to_string().parse()
        };
        let id = self.id.parse().or_else(|_| made());
        id.unwrap_or_else(|error| unreachable!("a UUID is a user id: {error}"))
    }
}

impl CaseDirectory {
    pub(super) fn invitations_of(&self, verified: Option<&Email>) -> Vec<Invitation> {
        let for_them = |invited: &&Invited| {
            let email = invited.email.to_lowercase();
            verified.is_some_and(|verified| verified.address() == email)
        };
        let open = self.invitations.iter().filter(for_them);
        let open = open.map(|invited| Invitation {
            company: invited.company.clone(),
            role: invited.role,
        });
        open.collect()
    }

    pub(super) fn company_of_domain(&self, verified: Option<&Email>) -> Option<CompanyId> {
        let domain = verified?.domain();
        let mut owned = self.domains.iter();
        let owner = owned.find(|(owned, _)| owned.to_lowercase() == domain);
        owner.map(|(_, company)| company.clone())
    }

    pub(super) fn lookups(&self) -> InMemory {
        InMemory {
            companies: self.companies.clone(),
        }
    }
}

/// Answers look-ups from a case.
#[derive(Debug, Default)]
pub struct InMemory {
    companies: Companies,
}

impl Lookups for InMemory {
    fn company_exists<'a>(&'a self, company: &'a str) -> Pending<'a, bool> {
        Box::pin(ready(Ok(self.companies.contains_key(company))))
    }

    fn find_groups<'a>(
        &'a self,
        company: &'a str,
        names: &'a [String],
        matching: Matching,
    ) -> Pending<'a, Vec<Found>> {
        let groups = self.companies.get(company);
        let mut found: Vec<Found> = Vec::new();
        for asked in names {
            for name in groups.into_iter().flatten() {
                let same = |found: &Found| found.asked == *asked && found.name == *name;
                if matching.same(asked, name) && !found.iter().any(same) {
                    found.push(Found {
                        asked: asked.clone(),
                        name: name.clone(),
                    });
                }
            }
        }
        Box::pin(ready(Ok(found)))
    }
}
