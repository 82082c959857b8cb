use jiff::Timestamp;

use super::columns::At;
use super::{Store, StoreError, Tx};
use crate::domain::{ProviderName, Reference};

/// A record to be kept: what is listed by, and the parts as they are kept.
#[derive(Debug)]
pub(crate) struct AuditEntry {
    pub(crate) reference: Reference,
    pub(crate) time: Timestamp,
    pub(crate) kind: String,
    pub(crate) outcome: String,
    pub(crate) code: Option<String>,
    pub(crate) provider: Option<ProviderName>,
    /// JSON without values.
    pub(crate) record: String,
    /// Sealed.
    pub(crate) evidence: Option<Vec<u8>>,
    /// Sealed.
    pub(crate) claims: Option<Vec<u8>>,
    pub(crate) values_until: Option<Timestamp>,
}

/// A record as it is kept, without all claims.
#[derive(Debug)]
pub(crate) struct AuditRow {
    pub(crate) seq: i64,
    pub(crate) reference: Reference,
    pub(crate) record: String,
    pub(crate) evidence: Option<Vec<u8>>,
}

type Columns = (i64, Reference, String, Option<Vec<u8>>);

impl Store {
    /// At most `limit` records, newest first, from before a sequence number.
    pub(crate) async fn audit_rows(
        &self,
        before: i64,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let rows: Vec<Columns> = sqlx::query_as(
            "SELECT seq, reference, record, evidence FROM audit
             WHERE seq < $1 ORDER BY seq DESC LIMIT $2",
        )
        .bind(before)
        .bind(i64::from(limit))
        .fetch_all(&self.read)
        .await?;
        Ok(rows.into_iter().map(row).collect())
    }

    /// At most `limit` records from after a sequence number, oldest first.
    pub(crate) async fn audit_rows_after(
        &self,
        after: i64,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let rows: Vec<Columns> = sqlx::query_as(
            "SELECT seq, reference, record, evidence FROM audit
             WHERE seq > $1 ORDER BY seq LIMIT $2",
        )
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(&self.read)
        .await?;
        Ok(rows.into_iter().map(row).collect())
    }

    pub(crate) async fn audit_row(
        &self,
        reference: &Reference,
    ) -> Result<Option<AuditRow>, StoreError> {
        let found: Option<Columns> = sqlx::query_as(
            "SELECT seq, reference, record, evidence FROM audit WHERE reference = $1",
        )
        .bind(reference)
        .fetch_optional(&self.read)
        .await?;
        Ok(found.map(row))
    }

    /// All claims of a record, sealed; `None` where there is no such record or no claims are
    /// kept.
    pub(crate) async fn audit_claims(
        &self,
        reference: &Reference,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let found: Option<Option<Vec<u8>>> =
            sqlx::query_scalar("SELECT claims FROM audit WHERE reference = $1")
                .bind(reference)
                .fetch_optional(&self.read)
                .await?;
        Ok(found.flatten())
    }
}

fn row((seq, reference, record, evidence): Columns) -> AuditRow {
    AuditRow {
        seq,
        reference,
        record,
        evidence,
    }
}

impl Tx {
    pub(crate) async fn insert_audit(&mut self, entry: AuditEntry) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO audit (reference, time, kind, outcome, code, provider, record, evidence,
                 claims, values_until)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(entry.reference)
        .bind(At(entry.time))
        .bind(entry.kind)
        .bind(entry.outcome)
        .bind(entry.code)
        .bind(entry.provider)
        .bind(entry.record)
        .bind(entry.evidence)
        .bind(entry.claims)
        .bind(entry.values_until.map(At))
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Removes the values whose time is over; the records stay.
    pub(crate) async fn remove_audit_values(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "UPDATE audit SET evidence = NULL, claims = NULL, values_until = NULL
             WHERE values_until <= $1",
        )
        .bind(At(now))
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected())
    }
}
