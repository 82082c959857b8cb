//! `usher company`, `group`, `domain` and `invite`. Records do not name invited people: they are
//! kept for longer than what they say about anybody.

use super::{Administration, Change};
use crate::directory::{DirectoryError, companies, domains, groups, invitations};
use crate::domain::{CompanyId, Role};

impl Administration {
    /// Creates a company: see [`companies::create`].
    ///
    /// # Errors
    /// What the directory refuses.
    pub async fn create_company(&self, id: &CompanyId, name: &str) -> Result<(), DirectoryError> {
        self.change(async |tx| {
            companies::create(tx, id, name, self.now).await?;
            Ok(((), Some(Change::of_company("company created", id))))
        })
        .await
    }

    /// Deletes a company: see [`companies::delete`].
    ///
    /// # Errors
    /// What the directory refuses.
    pub async fn delete_company(&self, id: &CompanyId, force: bool) -> Result<(), DirectoryError> {
        self.change(async |tx| {
            companies::delete(tx, id, force).await?;
            Ok(((), Some(Change::of_company("company deleted", id))))
        })
        .await
    }

    /// Creates a group: see [`groups::create`].
    ///
    /// # Errors
    /// What the directory refuses.
    pub async fn create_group(
        &self,
        company: &CompanyId,
        name: &str,
    ) -> Result<(), DirectoryError> {
        self.change(async |tx| {
            groups::create(tx, company, name, self.now).await?;
            let what = format!("group {name} created");
            Ok(((), Some(Change::of_company(what, company))))
        })
        .await
    }

    /// Deletes a group: see [`groups::delete`].
    ///
    /// # Errors
    /// What the directory refuses.
    pub async fn delete_group(
        &self,
        company: &CompanyId,
        name: &str,
    ) -> Result<(), DirectoryError> {
        self.change(async |tx| {
            groups::delete(tx, company, name).await?;
            let what = format!("group {name} deleted");
            Ok(((), Some(Change::of_company(what, company))))
        })
        .await
    }

    /// Gives a domain to a company: see [`domains::add`].
    ///
    /// # Errors
    /// What the directory refuses.
    pub async fn add_domain(
        &self,
        company: &CompanyId,
        domain: &str,
    ) -> Result<String, DirectoryError> {
        self.change(async |tx| {
            let domain = domains::add(tx, company, domain, self.now).await?;
            let what = format!("domain {domain} added");
            Ok((domain, Some(Change::of_company(what, company))))
        })
        .await
    }

    /// Takes a domain from a company: see [`domains::remove`].
    ///
    /// # Errors
    /// What the directory refuses.
    pub async fn remove_domain(
        &self,
        company: &CompanyId,
        domain: &str,
    ) -> Result<String, DirectoryError> {
        self.change(async |tx| {
            let domain = domains::remove(tx, company, domain).await?;
            let what = format!("domain {domain} removed");
            Ok((domain, Some(Change::of_company(what, company))))
        })
        .await
    }

    /// Invites somebody: see [`invitations::add`].
    ///
    /// # Errors
    /// What the directory refuses.
    pub async fn invite(
        &self,
        company: &CompanyId,
        email: &str,
        role: Role,
    ) -> Result<String, DirectoryError> {
        self.change(async |tx| {
            let email = invitations::add(tx, company, email, role, self.now).await?;
            let what = format!("somebody invited as {}", role.as_str());
            Ok((email, Some(Change::of_company(what, company))))
        })
        .await
    }

    /// Takes an invitation back: see [`invitations::remove`].
    ///
    /// # Errors
    /// What the directory refuses.
    pub async fn uninvite(
        &self,
        company: &CompanyId,
        email: &str,
    ) -> Result<String, DirectoryError> {
        self.change(async |tx| {
            let email = invitations::remove(tx, company, email).await?;
            Ok((
                email,
                Some(Change::of_company("an invitation taken back", company)),
            ))
        })
        .await
    }
}
