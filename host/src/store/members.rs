//! Places in companies, administrators, members of groups: everything that has an origin.

use jiff::Timestamp;

use super::columns::At;
use super::{Store, StoreError, Tx};
use crate::domain::{CompanyId, Origin, UserId};

/// A membership in a group; both origins can hold at once.
#[derive(Debug)]
pub(crate) struct GroupMemberRow {
    pub(crate) user: UserId,
    pub(crate) company: CompanyId,
    pub(crate) group: String,
    pub(crate) origin: Origin,
}

impl Store {
    pub(crate) async fn groups_of_user(
        &self,
        user: &UserId,
    ) -> Result<Vec<GroupMemberRow>, StoreError> {
        let rows = sqlx::query_as(
            "SELECT user_id, company_id, group_name, origin FROM group_members
             WHERE user_id = $1 ORDER BY company_id, group_name, origin",
        )
        .bind(user)
        .fetch_all(&self.read)
        .await?;
        Ok(rows.into_iter().map(member).collect())
    }

    pub(crate) async fn members_of_group(
        &self,
        company: &CompanyId,
        group: &str,
    ) -> Result<Vec<GroupMemberRow>, StoreError> {
        let rows = sqlx::query_as(
            "SELECT gm.user_id, gm.company_id, gm.group_name, gm.origin FROM group_members gm
             JOIN memberships m ON m.user_id = gm.user_id AND m.company_id = gm.company_id
             WHERE gm.company_id = $1 AND gm.group_name = $2 ORDER BY gm.user_id, gm.origin",
        )
        .bind(company)
        .bind(group)
        .fetch_all(&self.read)
        .await?;
        Ok(rows.into_iter().map(member).collect())
    }
}

fn member((user, company, group, origin): (UserId, CompanyId, String, Origin)) -> GroupMemberRow {
    GroupMemberRow {
        user,
        company,
        group,
        origin,
    }
}

impl Tx {
    /// Makes this the user's one company.
    pub(crate) async fn place(
        &mut self,
        user: &UserId,
        company: &CompanyId,
        origin: Origin,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO memberships (user_id, company_id, origin, since) VALUES ($1, $2, $3, $4)
             ON CONFLICT (user_id) DO UPDATE SET company_id = excluded.company_id,
                 origin = excluded.origin, since = excluded.since",
        )
        .bind(user)
        .bind(company)
        .bind(origin)
        .bind(At(now))
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Ends what claims gave the user in other companies than this: says which groups they
    /// left, and whether they were an administrator.
    pub(crate) async fn end_idp_grants_outside(
        &mut self,
        user: &UserId,
        company: &CompanyId,
    ) -> Result<(Vec<String>, bool), StoreError> {
        let mut left: Vec<String> = sqlx::query_scalar(
            "DELETE FROM group_members
             WHERE user_id = $1 AND company_id <> $2 AND origin = 'idp' RETURNING group_name",
        )
        .bind(user)
        .bind(company)
        .fetch_all(self.conn())
        .await?;
        left.sort();
        let done = sqlx::query(
            "DELETE FROM administrators
             WHERE user_id = $1 AND company_id <> $2 AND origin = 'idp'",
        )
        .bind(user)
        .bind(company)
        .execute(self.conn())
        .await?;
        Ok((left, done.rows_affected() > 0))
    }

    /// False if the user had the role from this origin already.
    pub(crate) async fn grant_admin(
        &mut self,
        user: &UserId,
        company: &CompanyId,
        origin: Origin,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "INSERT INTO administrators (user_id, company_id, origin, since)
             VALUES ($1, $2, $3, $4) ON CONFLICT (user_id, company_id, origin) DO NOTHING",
        )
        .bind(user)
        .bind(company)
        .bind(origin)
        .bind(At(now))
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// False if the user did not have the role from this origin.
    pub(crate) async fn revoke_admin(
        &mut self,
        user: &UserId,
        company: &CompanyId,
        origin: Origin,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "DELETE FROM administrators
             WHERE user_id = $1 AND company_id = $2 AND origin = $3",
        )
        .bind(user)
        .bind(company)
        .bind(origin)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Whether the user has the role from this origin.
    pub(crate) async fn is_admin(
        &mut self,
        user: &UserId,
        company: &CompanyId,
        origin: Origin,
    ) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM administrators
             WHERE user_id = $1 AND company_id = $2 AND origin = $3)",
        )
        .bind(user)
        .bind(company)
        .bind(origin)
        .fetch_one(self.conn())
        .await?)
    }

    /// Groups of the company that the user is in from this origin, sorted.
    pub(crate) async fn groups_of_user(
        &mut self,
        user: &UserId,
        company: &CompanyId,
        origin: Origin,
    ) -> Result<Vec<String>, StoreError> {
        let mut groups: Vec<String> = sqlx::query_scalar(
            "SELECT group_name FROM group_members
             WHERE user_id = $1 AND company_id = $2 AND origin = $3",
        )
        .bind(user)
        .bind(company)
        .bind(origin)
        .fetch_all(self.conn())
        .await?;
        groups.sort();
        Ok(groups)
    }

    /// False if the user was in the group from this origin already.
    pub(crate) async fn join_group(
        &mut self,
        user: &UserId,
        company: &CompanyId,
        group: &str,
        origin: Origin,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "INSERT INTO group_members (user_id, company_id, group_name, origin, since)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (user_id, company_id, group_name, origin) DO NOTHING",
        )
        .bind(user)
        .bind(company)
        .bind(group)
        .bind(origin)
        .bind(At(now))
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// False if the user was not in the group from this origin.
    pub(crate) async fn leave_group(
        &mut self,
        user: &UserId,
        company: &CompanyId,
        group: &str,
        origin: Origin,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "DELETE FROM group_members
             WHERE user_id = $1 AND company_id = $2 AND group_name = $3 AND origin = $4",
        )
        .bind(user)
        .bind(company)
        .bind(group)
        .bind(origin)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }
}
