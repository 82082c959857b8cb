//! What a directory file lists and the directory does not have: `usher directory apply`.

use jiff::Timestamp;
use serde::Serialize;

use super::domains::normalised;
use super::invitations::address;
use super::{DirectoryError, checked_name};
use crate::domain::{CompanyId, DirectoryFile, Listed, ListedCompany, Role};
use crate::store::{StoreError, Tx};

/// What became of a directory file.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Completed {
    /// What was missing, and is there now.
    pub created: Vec<Created>,
    /// What is there and different: it is kept.
    pub kept: Vec<Kept>,
}

/// Something that was created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Created {
    /// In which company.
    pub company: CompanyId,
    /// What.
    pub what: What,
    /// Its name, domain or address.
    pub name: String,
}

/// What can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum What {
    Company,
    Group,
    Domain,
    Invitation,
}

impl What {
    /// In one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Group => "group",
            Self::Domain => "domain",
            Self::Invitation => "invitation",
        }
    }
}

/// Something that the file has otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// What, in words.
    pub what: String,
    /// Where in the file.
    pub place: String,
}

/// Why a directory file cannot be applied; the transaction must be dropped.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// Everything that does not fit, with its place in the file.
    #[error("the directory file does not fit the directory")]
    Entries(Vec<(String, DirectoryError)>),
    /// The store is unavailable.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Creates what is listed and missing; changes and deletes nothing.
///
/// # Errors
/// Everything that does not fit, such as a domain that belongs to another company.
pub async fn create_missing(
    tx: &mut Tx,
    file: &DirectoryFile,
    now: Timestamp,
) -> Result<Completed, Unfit> {
    let mut work = Work {
        tx,
        now,
        done: Completed::default(),
        unfit: Vec::new(),
    };
    for company in &file.companies {
        work.company(company).await?;
    }
    match work.unfit.is_empty() {
        true => Ok(work.done),
        false => Err(Unfit::Entries(work.unfit)),
    }
}

struct Work<'a> {
    tx: &'a mut Tx,
    now: Timestamp,
    done: Completed,
    unfit: Vec<(String, DirectoryError)>,
}

impl Work<'_> {
    async fn company(&mut self, listed: &ListedCompany) -> Result<(), StoreError> {
        let (id, name) = (&listed.id, &listed.name.value);
        if let Err(error) = checked_name("company", name) {
            self.unfit(&listed.name, error);
        } else if let Some(known) = self.tx.company_name(id).await? {
            if known != *name {
                let what = format!("company {id} is called \"{known}\", and not \"{name}\"");
                self.kept(&listed.name, what);
            }
        } else {
            self.tx.insert_company(id, name, self.now).await?;
            self.created(id, What::Company, name);
        }
        // What is below a company that cannot be made is looked at all the same, to say
        // everything at once; nothing of it can be written down.
        let exists = self.tx.company_exists(id).await?;
        for group in &listed.groups {
            self.group(id, group, exists).await?;
        }
        for domain in &listed.domains {
            self.domain(id, domain, exists).await?;
        }
        for invitation in &listed.invitations {
            self.invitation(id, invitation, exists).await?;
        }
        Ok(())
    }

    async fn group(
        &mut self,
        id: &CompanyId,
        listed: &Listed<String>,
        exists: bool,
    ) -> Result<(), StoreError> {
        let name = &listed.value;
        if let Err(error) = checked_name("group", name) {
            self.unfit(listed, error);
        } else if exists && self.tx.insert_group(id, name, self.now).await? {
            self.created(id, What::Group, name);
        }
        Ok(())
    }

    async fn domain(
        &mut self,
        id: &CompanyId,
        listed: &Listed<String>,
        exists: bool,
    ) -> Result<(), StoreError> {
        let domain = match normalised(&listed.value) {
            Ok(domain) => domain,
            Err(error) => {
                self.unfit(listed, error);
                return Ok(());
            }
        };
        match self.tx.domain_owner(&domain).await? {
            Some(owner) if owner == *id => {}
            Some(owner) if self.is_new(&owner, What::Domain, &domain) => {
                let twice = DirectoryError::ListedTwice {
                    what: domain,
                    owner,
                };
                self.unfit(listed, twice);
            }
            Some(owner) => self.unfit(listed, DirectoryError::DomainTaken { domain, owner }),
            None if exists => {
                self.tx.insert_domain(&domain, id, self.now).await?;
                self.created(id, What::Domain, &domain);
            }
            None => {}
        }
        Ok(())
    }

    async fn invitation(
        &mut self,
        id: &CompanyId,
        listed: &Listed<(String, Role)>,
        exists: bool,
    ) -> Result<(), StoreError> {
        let (email, role) = &listed.value;
        let email = match address(email) {
            Ok(email) => email,
            Err(error) => {
                self.unfit(listed, error);
                return Ok(());
            }
        };
        // One that was accepted is not missing.
        if let Some(known) = self.tx.invited_as(&email, id).await? {
            if known != *role {
                let (known, role) = (known.as_str(), role.as_str());
                let what = format!("{email} is invited as {known}, and not as {role}");
                self.kept(listed, what);
            }
            return Ok(());
        }
        match self.tx.open_invitation(&email).await? {
            Some(owner) if self.is_new(&owner, What::Invitation, &email) => {
                let twice = DirectoryError::ListedTwice { what: email, owner };
                self.unfit(listed, twice);
            }
            Some(company) => {
                self.unfit(listed, DirectoryError::AlreadyInvited { email, company });
            }
            None if exists => {
                self.tx
                    .insert_invitation(&email, id, *role, self.now)
                    .await?;
                self.created(id, What::Invitation, &email);
            }
            None => {}
        }
        Ok(())
    }

    fn is_new(&self, company: &CompanyId, what: What, name: &str) -> bool {
        let mut created = self.done.created.iter();
        created.any(|c| c.company == *company && c.what == what && c.name == name)
    }

    fn created(&mut self, company: &CompanyId, what: What, name: &str) {
        self.done.created.push(Created {
            company: company.clone(),
            what,
            name: name.to_owned(),
        });
    }

    fn kept<T>(&mut self, listed: &Listed<T>, what: String) {
        let place = listed.place.clone();
        self.done.kept.push(Kept { what, place });
    }

    fn unfit<T>(&mut self, listed: &Listed<T>, error: DirectoryError) {
        self.unfit.push((listed.place.clone(), error));
    }
}
