//! `usher user` and `usher group member`.

use super::{Administration, Change, counted};
use crate::directory::DirectoryError;
use crate::directory::groups::{self, Left};
use crate::directory::users::{self, AdminSet, Unlinked};
use crate::domain::{AdminEffect, CompanyId, UserId};
use crate::sessions;

impl Administration {
    /// Disables a user and ends their sessions: see [`users::disable`].
    ///
    /// # Errors
    /// What the directory refuses.
    pub async fn disable(&self, user: &UserId) -> Result<Option<u64>, DirectoryError> {
        self.change(async |tx| {
            let ended = users::disable(tx, user).await?;
            let what = |ended| format!("user disabled, {} ended", counted(ended, "session"));
            Ok((ended, ended.map(|ended| Change::of_user(what(ended), user))))
        })
        .await
    }

    /// Lets a disabled user in again: see [`users::enable`].
    ///
    /// # Errors
    /// What the directory refuses.
    pub async fn enable(&self, user: &UserId) -> Result<bool, DirectoryError> {
        self.change(async |tx| {
            let changed = users::enable(tx, user).await?;
            Ok((
                changed,
                changed.then(|| Change::of_user("user enabled", user)),
            ))
        })
        .await
    }

    /// Deletes a user and ends their sessions: see [`users::delete`].
    ///
    /// # Errors
    /// What the directory refuses.
    pub async fn delete(&self, user: &UserId) -> Result<u64, DirectoryError> {
        self.change(async |tx| {
            let ended = users::delete(tx, user, self.now).await?;
            let what = format!("user deleted, {} ended", counted(ended, "session"));
            Ok((ended, Some(Change::of_user(what, user))))
        })
        .await
    }

    /// Gives or takes the administrator role of origin `manual`: see [`users::set_admin`].
    ///
    /// # Errors
    /// What the directory refuses.
    pub async fn set_admin(&self, user: &UserId, admin: bool) -> Result<AdminSet, DirectoryError> {
        self.change(async |tx| {
            let set = users::set_admin(tx, user, admin, self.now).await?;
            let (what, effect) = match admin {
                true => ("administrator role given", AdminEffect::Granted),
                false => ("administrator role taken", AdminEffect::Revoked),
            };
            let change = set.changed.then(|| Change {
                company: Some(set.company.clone()),
                admin: effect,
                ..Change::of_user(what, user)
            });
            Ok((set, change))
        })
        .await
    }

    /// Makes somebody an operator, or takes that away: see [`users::set_operator`].
    ///
    /// # Errors
    /// What the directory refuses.
    pub async fn set_operator(&self, user: &UserId, on: bool) -> Result<bool, DirectoryError> {
        self.change(async |tx| {
            let changed = users::set_operator(tx, user, on).await?;
            let what = match on {
                true => "operator role given",
                false => "operator role taken",
            };
            Ok((changed, changed.then(|| Change::of_user(what, user))))
        })
        .await
    }

    /// Ends all sessions of a user: says how many.
    ///
    /// # Errors
    /// The store is unavailable.
    pub async fn sign_out(&self, user: &UserId) -> Result<u64, DirectoryError> {
        self.change(async |tx| {
            let ended = sessions::end_all_within(tx, user).await?;
            let what = format!("user signed out, {} ended", counted(ended, "session"));
            Ok((ended, (ended > 0).then(|| Change::of_user(what, user))))
        })
        .await
    }

    /// Adds an identity to a user: see [`users::link`].
    ///
    /// # Errors
    /// What the directory refuses.
    pub async fn link(
        &self,
        user: &UserId,
        issuer: &str,
        subject: &str,
    ) -> Result<bool, DirectoryError> {
        self.change(async |tx| {
            let new = users::link(tx, user, issuer, subject, self.now).await?;
            let what = format!("identity of {issuer} linked");
            Ok((new, new.then(|| Change::of_user(what, user))))
        })
        .await
    }

    /// Takes an identity from a user: see [`users::unlink`].
    ///
    /// # Errors
    /// What the directory refuses.
    pub async fn unlink(
        &self,
        user: &UserId,
        issuer: &str,
        subject: &str,
    ) -> Result<Unlinked, DirectoryError> {
        self.change(async |tx| {
            let unlinked = users::unlink(tx, user, issuer, subject).await?;
            let ended = counted(unlinked.ended, "session");
            let what = format!("identity of {issuer} unlinked, {ended} ended");
            Ok((unlinked, Some(Change::of_user(what, user))))
        })
        .await
    }

    /// Puts a user into a group: see [`groups::add_member`].
    ///
    /// # Errors
    /// What the directory refuses.
    pub async fn add_member(
        &self,
        company: &CompanyId,
        group: &str,
        user: &UserId,
    ) -> Result<bool, DirectoryError> {
        self.change(async |tx| {
            let new = groups::add_member(tx, company, group, user, self.now).await?;
            let change = new.then(|| Change {
                company: Some(company.clone()),
                added: vec![group.to_owned()],
                ..Change::of_user("user put into a group", user)
            });
            Ok((new, change))
        })
        .await
    }

    /// Takes a user out of a group: see [`groups::remove_member`].
    ///
    /// # Errors
    /// What the directory refuses.
    pub async fn remove_member(
        &self,
        company: &CompanyId,
        group: &str,
        user: &UserId,
    ) -> Result<Left, DirectoryError> {
        self.change(async |tx| {
            let left = groups::remove_member(tx, company, group, user).await?;
            let change = left.was.then(|| Change {
                company: Some(company.clone()),
                removed: vec![group.to_owned()],
                ..Change::of_user("user taken out of a group", user)
            });
            Ok((left, change))
        })
        .await
    }
}
