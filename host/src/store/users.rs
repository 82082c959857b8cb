//! Users and their identities.

mod listing;
mod standpoint;

use jiff::Timestamp;

pub(crate) use self::listing::UserRow;

use super::columns::At;
use super::{StoreError, Tx};
use crate::domain::{CompanyId, UserId};

/// The user behind an identity.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) id: UserId,
    pub(crate) disabled: bool,
    pub(crate) deleted: bool,
    pub(crate) operator: bool,
    pub(crate) company: Option<CompanyId>,
}

impl Tx {
    pub(crate) async fn person(
        &mut self,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<Person>, StoreError> {
        let row = sqlx::query_as(
            "SELECT u.id, u.disabled, u.deleted_at IS NOT NULL, u.operator, m.company_id
             FROM identities i JOIN users u ON u.id = i.user_id
             LEFT JOIN memberships m ON m.user_id = u.id
             WHERE i.issuer = $1 AND i.subject = $2",
        )
        .bind(issuer)
        .bind(subject)
        .fetch_optional(self.conn())
        .await?;
        Ok(row.map(person))
    }

    pub(crate) async fn user(&mut self, id: &UserId) -> Result<Option<Person>, StoreError> {
        let row = sqlx::query_as(
            "SELECT u.id, u.disabled, u.deleted_at IS NOT NULL, u.operator, m.company_id
             FROM users u LEFT JOIN memberships m ON m.user_id = u.id WHERE u.id = $1",
        )
        .bind(id)
        .fetch_optional(self.conn())
        .await?;
        Ok(row.map(person))
    }

    /// The user, deleted ones aside, who has this e-mail address.
    pub(crate) async fn email_owner(&mut self, email: &str) -> Result<Option<UserId>, StoreError> {
        Ok(
            sqlx::query_scalar("SELECT id FROM users WHERE email = $1 AND deleted_at IS NULL")
                .bind(email)
                .fetch_optional(self.conn())
                .await?,
        )
    }

    pub(crate) async fn insert_user(
        &mut self,
        id: &UserId,
        name: &str,
        email: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO users (id, name, email, created_at, signed_in_at)
             VALUES ($1, $2, $3, $4, $4)",
        )
        .bind(id)
        .bind(name)
        .bind(email)
        .bind(At(now))
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// What a sign-in brings along.
    pub(crate) async fn update_profile(
        &mut self,
        id: &UserId,
        name: &str,
        email: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE users SET name = $2, email = $3, signed_in_at = $4 WHERE id = $1")
            .bind(id)
            .bind(name)
            .bind(email)
            .bind(At(now))
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// False if the identity belongs to somebody.
    pub(crate) async fn insert_identity(
        &mut self,
        issuer: &str,
        subject: &str,
        user: &UserId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "INSERT INTO identities (issuer, subject, user_id, created_at)
             VALUES ($1, $2, $3, $4) ON CONFLICT (issuer, subject) DO NOTHING",
        )
        .bind(issuer)
        .bind(subject)
        .bind(user)
        .bind(At(now))
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// False if the identity is not the user's.
    pub(crate) async fn delete_identity(
        &mut self,
        issuer: &str,
        subject: &str,
        user: &UserId,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "DELETE FROM identities WHERE issuer = $1 AND subject = $2 AND user_id = $3",
        )
        .bind(issuer)
        .bind(subject)
        .bind(user)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// How many identities the user has.
    pub(crate) async fn identities_of(&mut self, user: &UserId) -> Result<i64, StoreError> {
        Ok(
            sqlx::query_scalar("SELECT COUNT(*) FROM identities WHERE user_id = $1")
                .bind(user)
                .fetch_one(self.conn())
                .await?,
        )
    }

    pub(crate) async fn set_disabled(
        &mut self,
        id: &UserId,
        disabled: bool,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE users SET disabled = $2 WHERE id = $1")
            .bind(id)
            .bind(disabled)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    pub(crate) async fn set_operator(
        &mut self,
        id: &UserId,
        operator: bool,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE users SET operator = $2 WHERE id = $1")
            .bind(id)
            .bind(operator)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Leaves a tombstone: the identities stay, everything else that was the person's goes.
    pub(crate) async fn bury_user(
        &mut self,
        id: &UserId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for sql in [
            "DELETE FROM group_members WHERE user_id = $1",
            "DELETE FROM administrators WHERE user_id = $1",
            "DELETE FROM memberships WHERE user_id = $1",
        ] {
            sqlx::query(sql).bind(id).execute(self.conn()).await?;
        }
        sqlx::query(
            "UPDATE users SET name = '', email = NULL, operator = FALSE, deleted_at = $2
             WHERE id = $1",
        )
        .bind(id)
        .bind(At(now))
        .execute(self.conn())
        .await?;
        Ok(())
    }
}

type Columns = (UserId, bool, bool, bool, Option<CompanyId>);

fn person((id, disabled, deleted, operator, company): Columns) -> Person {
    Person {
        id,
        disabled,
        deleted,
        operator,
        company,
    }
}
