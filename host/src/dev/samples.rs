//! Sample people and their companies: who they are, and what each should show under the
//! default policy and the settings of `usher dev`.

use std::fmt;

use anyhow::Context;
use jiff::Timestamp;

use super::provider::{Shows, User};
use crate::directory::{companies, domains, groups, invitations};
use crate::domain::{Code, CompanyId, Role};
use crate::store::{Store, Tx};

/// A group whose members are administrators (`groups__admins`); no company has it.
pub const ADMIN_GROUP: &str = "platform-admins";

/// A role that makes an administrator, Usher's own default.
pub const ADMIN_ROLE: &str = "admin";

/// A company of the sample directory.
#[derive(Debug)]
pub struct SampleCompany {
    /// Its id.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its user groups.
    pub groups: &'static [&'static str],
    /// E-mail domains that belong to it.
    pub domains: &'static [&'static str],
    /// Open invitations: address and role.
    pub invitations: &'static [(&'static str, Role)],
}

/// The sample directory.
pub const COMPANIES: [SampleCompany; 2] = [
    SampleCompany {
        id: "acme",
        name: "Acme Robotics",
        groups: &["engineering", "support"],
        domains: &["acme.example"],
        invitations: &[],
    },
    SampleCompany {
        id: "globex",
        name: "Globex",
        groups: &["sales"],
        domains: &["globex.example"],
        invitations: &[("ivo@acme.example", Role::Admin)],
    },
];

/// What should come of a first sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// They get in.
    Admitted {
        /// The id of the company they land in.
        company: &'static str,
        /// Their groups there.
        groups: &'static [&'static str],
        /// Whether they are an administrator.
        admin: bool,
    },
    /// They do not.
    Refused(Code),
}

/// Somebody who can sign in.
#[derive(Debug)]
pub struct Sample {
    /// What the sign-in form sends.
    pub username: &'static str,
    /// The subject at the provider.
    pub subject: &'static str,
    /// First and last name.
    pub name: (&'static str, &'static str),
    /// E-mail address.
    pub email: &'static str,
    /// Whether the provider vouches for it.
    pub email_verified: bool,
    /// Groups at the provider.
    pub groups: &'static [&'static str],
    /// Roles of the realm beyond those that everybody has.
    pub roles: &'static [&'static str],
    /// Who this is an example of.
    pub role: &'static str,
    /// What should come of it.
    pub expected: Expected,
    /// Why.
    pub because: &'static str,
}

/// The sample people, in the order of the sign-in page.
pub const SAMPLES: [Sample; 6] = [
    Sample {
        username: "ada",
        subject: "0b1e6a52-6f0e-4c37-9a51-1f7d2c4e8a01",
        name: ("Ada", "Adler"),
        email: "ada@acme.example",
        email_verified: true,
        groups: &[ADMIN_GROUP, "engineering"],
        roles: &[],
        role: "Administrator by group",
        expected: Expected::Admitted {
            company: "acme",
            groups: &["engineering"],
            admin: true,
        },
        because: "The e-mail domain belongs to Acme Robotics, and the group platform-admins \
                  makes administrators.",
    },
    Sample {
        username: "rico",
        subject: "3c9d0f7e-8f43-4e0b-b6a5-52a7c1d90e02",
        name: ("Rico", "Reyes"),
        email: "rico@acme.example",
        email_verified: true,
        groups: &["support"],
        roles: &[ADMIN_ROLE],
        role: "Administrator by role",
        expected: Expected::Admitted {
            company: "acme",
            groups: &["support"],
            admin: true,
        },
        because: "The e-mail domain belongs to Acme Robotics, and the role admin makes \
                  administrators.",
    },
    Sample {
        username: "mia",
        subject: "58a4e2c1-27d6-4b8f-8c19-9d3b60f17a03",
        name: ("Mia", "Meyer"),
        email: "mia@acme.example",
        email_verified: true,
        groups: &["engineering", "chess-club"],
        roles: &[],
        role: "Member",
        expected: Expected::Admitted {
            company: "acme",
            groups: &["engineering"],
            admin: false,
        },
        because: "The e-mail domain belongs to Acme Robotics. It has the group engineering; \
                  it has no chess-club, so that one is ignored and recorded.",
    },
    Sample {
        username: "noa",
        subject: "7e21b9d4-5c0a-4f62-a3e8-04c8f5b62d04",
        name: ("Noa", "Novak"),
        email: "noa@acme.example",
        email_verified: true,
        groups: &[],
        roles: &[],
        role: "Without a group",
        expected: Expected::Refused(Code::GroupRequired),
        because: "Everybody needs at least one group of their company; this account has none.",
    },
    Sample {
        username: "uma",
        subject: "9f60c3ab-1d78-4a95-b2c4-c6e1d8047f05",
        name: ("Uma", "Unger"),
        email: "uma@acme.example",
        email_verified: false,
        groups: &["engineering"],
        roles: &[],
        role: "E-mail not verified",
        expected: Expected::Refused(Code::EmailUnverified),
        because: "Only a verified address can tell the company; this one is not.",
    },
    Sample {
        username: "ivo",
        subject: "c4d7a816-90be-4d13-8e5f-7b2a3f91e606",
        name: ("Ivo", "Ivanov"),
        email: "ivo@acme.example",
        email_verified: true,
        groups: &["sales"],
        roles: &[],
        role: "Invited to another company",
        expected: Expected::Admitted {
            company: "globex",
            groups: &["sales"],
            admin: true,
        },
        because: "An open invitation counts before the e-mail domain, and its role is given \
                  by hand: no claim takes it away.",
    },
];

/// The sample people as the provider knows them.
pub fn users() -> Vec<User> {
    SAMPLES.iter().map(Sample::user).collect()
}

impl Sample {
    fn user(&self) -> User {
        User {
            subject: self.subject.to_owned(),
            username: self.username.to_owned(),
            given_name: self.name.0.to_owned(),
            family_name: self.name.1.to_owned(),
            email: Some(self.email.to_owned()),
            email_verified: self.email_verified,
            groups: owned(self.groups),
            realm_roles: owned(self.roles),
            client_roles: Vec::new(),
            shows: Shows {
                role: self.role.to_owned(),
                admitted: matches!(self.expected, Expected::Admitted { .. }),
                result: match self.expected {
                    Expected::Refused(code) => code.as_str().to_owned(),
                    Expected::Admitted { .. } => self.expected.to_string(),
                },
                because: self.because.to_owned(),
            },
        }
    }
}

/// Writes the sample directory into an empty store.
///
/// # Errors
/// The store is unavailable, or some of it is there already.
pub async fn seed(store: &Store, now: Timestamp) -> anyhow::Result<()> {
    let mut tx = store.begin().await?;
    for company in &COMPANIES {
        seed_company(&mut tx, company, now)
            .await
            .with_context(|| format!("the sample company {} could not be made", company.id))?;
    }
    Ok(tx.commit().await?)
}

async fn seed_company(tx: &mut Tx, company: &SampleCompany, now: Timestamp) -> anyhow::Result<()> {
    let id: CompanyId = company.id.parse()?;
    companies::create(tx, &id, company.name, now).await?;
    for group in company.groups {
        groups::create(tx, &id, group, now).await?;
    }
    for domain in company.domains {
        domains::add(tx, &id, domain, now).await?;
    }
    for (email, role) in company.invitations {
        invitations::add(tx, &id, email, *role, now).await?;
    }
    Ok(())
}

impl fmt::Display for Expected {
    /// `Administrator of Acme Robotics, in engineering` or `Refused: group_required`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Refused(code) => write!(f, "Refused: {}", code.as_str()),
            Self::Admitted {
                company,
                groups,
                admin,
            } => {
                let known = COMPANIES.iter().find(|known| known.id == company);
                let name = known.map_or(company, |known| known.name);
                let standing = if admin { "Administrator" } else { "Member" };
                write!(f, "{standing} of {name}, in {}", groups.join(", "))
            }
        }
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::DatabaseUrl;

    #[test]
    fn every_admitted_person_has_a_group_that_counts() {
        for sample in &SAMPLES {
            let Expected::Admitted {
                company, groups, ..
            } = sample.expected
            else {
                continue;
            };
            let company = COMPANIES.iter().find(|c| c.id == company).unwrap();
            let claimed: BTreeSet<_> = sample.groups.iter().collect();
            let there: BTreeSet<_> = company.groups.iter().collect();
            let kept: BTreeSet<_> = claimed.intersection(&there).copied().collect();
            assert_eq!(kept, groups.iter().collect(), "{}", sample.username);
            assert!(!kept.is_empty() || sample.groups.contains(&ADMIN_GROUP));
        }
    }

    #[tokio::test]
    async fn the_sample_directory_is_what_the_table_says() {
        let folder = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::Sqlite(folder.path().join("usher.db"));
        let store = Store::open(&url).await.unwrap();
        seed(&store, Timestamp::UNIX_EPOCH).await.unwrap();
        let there = companies::list(&store).await.unwrap();
        assert_eq!(there.len(), COMPANIES.len());
        for company in &COMPANIES {
            let id: CompanyId = company.id.parse().unwrap();
            let found = groups::list(&store, Some(&id)).await.unwrap();
            let found: Vec<_> = found.iter().map(|group| group.name.as_str()).collect();
            assert_eq!(found, company.groups);
            let found = domains::list(&store, Some(&id)).await.unwrap();
            assert_eq!(found.len(), company.domains.len());
            let found = invitations::list(&store, Some(&id)).await.unwrap();
            let found: Vec<_> = found.iter().map(|i| (i.email.as_str(), i.role)).collect();
            assert_eq!(found, company.invitations);
        }
        assert!(seed(&store, Timestamp::UNIX_EPOCH).await.is_err());
    }

    #[test]
    fn names_subjects_and_addresses_are_distinct() {
        for facet in [
            |s: &Sample| s.username,
            |s: &Sample| s.subject,
            |s: &Sample| s.email,
        ] {
            let seen: BTreeSet<_> = SAMPLES.iter().map(facet).collect();
            assert_eq!(seen.len(), SAMPLES.len());
        }
    }
}
