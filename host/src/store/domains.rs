use jiff::Timestamp;

use super::columns::At;
use super::{Store, StoreError, Tx};
use crate::domain::CompanyId;

impl Store {
    /// Every domain with its owner, or those of one company.
    pub(crate) async fn domains(
        &self,
        company: Option<&CompanyId>,
    ) -> Result<Vec<(String, CompanyId, Timestamp)>, StoreError> {
        let rows: Vec<(String, CompanyId, At)> = sqlx::query_as(
            "SELECT domain, company_id, created_at FROM domains
             WHERE $1 IS NULL OR company_id = $1 ORDER BY company_id, domain",
        )
        .bind(company)
        .fetch_all(&self.read)
        .await?;
        Ok(rows.into_iter().map(|(d, c, At(at))| (d, c, at)).collect())
    }
}

impl Tx {
    pub(crate) async fn domain_owner(
        &mut self,
        domain: &str,
    ) -> Result<Option<CompanyId>, StoreError> {
        Ok(
            sqlx::query_scalar("SELECT company_id FROM domains WHERE domain = $1")
                .bind(domain)
                .fetch_optional(self.conn())
                .await?,
        )
    }

    pub(crate) async fn insert_domain(
        &mut self,
        domain: &str,
        company: &CompanyId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO domains (domain, company_id, created_at) VALUES ($1, $2, $3)")
            .bind(domain)
            .bind(company)
            .bind(At(now))
            .execute(self.conn())
            .await?;
        Ok(())
    }

    pub(crate) async fn delete_domain(&mut self, domain: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM domains WHERE domain = $1")
            .bind(domain)
            .execute(self.conn())
            .await?;
        Ok(())
    }
}
