use std::collections::HashSet;

use jiff::Timestamp;
use sqlx::{QueryBuilder, Sqlite, SqliteExecutor};

use super::columns::At;
use super::{Store, StoreError, Tx};
use crate::domain::{CompanyId, Matching};

/// A user group with the number of its members.
#[derive(Debug)]
pub(crate) struct GroupRow {
    pub(crate) company: CompanyId,
    pub(crate) name: String,
    pub(crate) members: i64,
    pub(crate) created_at: Timestamp,
}

impl Store {
    /// Every group, or those of one company.
    pub(crate) async fn groups(
        &self,
        company: Option<&CompanyId>,
    ) -> Result<Vec<GroupRow>, StoreError> {
        let rows: Vec<(CompanyId, String, i64, At)> = sqlx::query_as(
            "SELECT g.company_id, g.name, COUNT(DISTINCT m.user_id), g.created_at
             FROM user_groups g
             LEFT JOIN group_members gm ON gm.company_id = g.company_id AND gm.group_name = g.name
             LEFT JOIN memberships m ON m.user_id = gm.user_id AND m.company_id = g.company_id
             WHERE $1 IS NULL OR g.company_id = $1
             GROUP BY g.company_id, g.name, g.created_at ORDER BY g.company_id, g.name",
        )
        .bind(company)
        .fetch_all(&self.read)
        .await?;
        let row = |(company, name, members, At(created_at))| GroupRow {
            company,
            name,
            members,
            created_at,
        };
        Ok(rows.into_iter().map(row).collect())
    }

    /// Those of the names that are groups of the company, byte for byte.
    pub(crate) async fn groups_named(
        &self,
        company: &str,
        names: &[String],
    ) -> Result<HashSet<String>, StoreError> {
        named(&self.read, company, names).await
    }

    /// Folded name and name of the groups whose folded name is among these.
    pub(crate) async fn groups_folded(
        &self,
        company: &str,
        folded: &[String],
    ) -> Result<Vec<(String, String)>, StoreError> {
        if folded.is_empty() {
            return Ok(Vec::new());
        }
        let mut query =
            QueryBuilder::<Sqlite>::new("SELECT folded, name FROM user_groups WHERE company_id = ");
        query.push_bind(company).push(" AND folded IN (");
        push_list(&mut query, folded);
        query.push(") ORDER BY name");
        Ok(query
            .build_query_as()
            .persistent(false)
            .fetch_all(&self.read)
            .await?)
    }
}

impl Tx {
    /// Those of the names that are groups of the company, byte for byte.
    pub(crate) async fn groups_named(
        &mut self,
        company: &CompanyId,
        names: &[String],
    ) -> Result<HashSet<String>, StoreError> {
        named(self.conn(), company.as_str(), names).await
    }

    /// False if there is one with that name.
    pub(crate) async fn insert_group(
        &mut self,
        company: &CompanyId,
        name: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "INSERT INTO user_groups (company_id, name, folded, created_at)
             VALUES ($1, $2, $3, $4) ON CONFLICT (company_id, name) DO NOTHING",
        )
        .bind(company)
        .bind(name)
        .bind(fold(name))
        .bind(At(now))
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Removes the group with its memberships. False if there is no such group.
    pub(crate) async fn delete_group(
        &mut self,
        company: &CompanyId,
        name: &str,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query("DELETE FROM user_groups WHERE company_id = $1 AND name = $2")
            .bind(company)
            .bind(name)
            .execute(self.conn())
            .await?;
        Ok(done.rows_affected() == 1)
    }
}

/// A group name as it is compared where case does not matter.
pub(crate) fn fold(name: &str) -> String {
    Matching::fold(name)
}

async fn named(
    executor: impl SqliteExecutor<'_>,
    company: &str,
    names: &[String],
) -> Result<HashSet<String>, StoreError> {
    if names.is_empty() {
        return Ok(HashSet::new());
    }
    let mut query = QueryBuilder::<Sqlite>::new("SELECT name FROM user_groups WHERE company_id = ");
    query.push_bind(company).push(" AND name IN (");
    push_list(&mut query, names);
    query.push(")");
    // Lists differ in length: kept statements would push out those that recur.
    let found: Vec<String> = query
        .build_query_scalar()
        .persistent(false)
        .fetch_all(executor)
        .await?;
    Ok(found.into_iter().collect())
}

fn push_list(query: &mut QueryBuilder<Sqlite>, names: &[String]) {
    let mut list = query.separated(", ");
    for name in names {
        list.push_bind(name.as_str());
    }
}
