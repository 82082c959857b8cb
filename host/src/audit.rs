//! The decision log: one record per attempt that reached the callback, and per change that
//! somebody made by hand.
//!
//! What a record says about people from their claims is a *value*: what the policy read, what
//! it looked up, its trace and logs, names of groups that do not exist, and all verified
//! claims. Values are sealed, kept for `RECORDS__DAYS`, and removed by [`purge`]; the rest of
//! the record stays.

mod redact;
mod tail;
mod values;

use std::vec;

use jiff::{SignedDuration, Timestamp};

pub use self::tail::{Tail, tail};

use self::redact::Redaction;
use self::values::Values;
use crate::domain::{Claims, Record, RecordSettings, RecordedClaims, Reference};
use crate::seal::Vault;
use crate::store::{AuditEntry, AuditRow, Store, StoreError, Tx};

/// Records read at once where all are read.
const PAGE: u32 = 200;

/// Writes a record down, inside the transaction of what it is about.
///
/// `claims` are all verified claims, as soon as there are some; whether they are kept is for
/// the settings to say. Redacted pointers are taken out of everything first.
///
/// # Errors
/// The store is unavailable.
pub async fn record(
    tx: &mut Tx,
    record: &Record,
    claims: Option<&Claims>,
    vault: &Vault,
    settings: &RecordSettings,
) -> Result<(), StoreError> {
    let mut record = record.clone();
    let redaction = Redaction::of(&settings.redact, claims, &record.reads);
    redaction.clean(&mut record);
    values::keep_only(&mut record, settings.claims);
    let values = Values::take_out_of(&mut record);
    let kept = settings.days > 0;
    let all = claims.filter(|_| kept && settings.claims == RecordedClaims::All);
    let all = all.map(|claims| redaction.without_redacted(claims));
    let reference = &record.reference;
    let entry = AuditEntry {
        time: record.time,
        kind: name_of(&record.kind)?,
        outcome: name_of(&record.outcome)?,
        code: record.code.clone(),
        provider: record.provider.clone(),
        evidence: match kept {
            true => Some(vault.seal(&context(reference, "evidence"), &json(&values)?)),
            false => None,
        },
        claims: match all {
            Some(claims) => Some(vault.seal(&context(reference, "claims"), &json(&claims)?)),
            None => None,
        },
        values_until: kept.then(|| until(record.time, settings.days)),
        record: serde_json::to_string(&record).map_err(unreadable)?,
        reference: record.reference,
    };
    tx.insert_audit(entry).await
}

/// Writes down a change that somebody made, inside its transaction. Such a record says nothing
/// from anybody's claims, so that nothing needs to be sealed and no key is needed.
///
/// # Errors
/// The store is unavailable.
pub async fn note(tx: &mut Tx, record: &Record) -> Result<(), StoreError> {
    let mut record = record.clone();
    // Values would have to be sealed.
    drop(Values::take_out_of(&mut record));
    tx.insert_audit(AuditEntry {
        time: record.time,
        kind: name_of(&record.kind)?,
        outcome: name_of(&record.outcome)?,
        code: record.code.clone(),
        provider: record.provider.clone(),
        evidence: None,
        claims: None,
        values_until: None,
        record: serde_json::to_string(&record).map_err(unreadable)?,
        reference: record.reference,
    })
    .await
}

/// The newest records, newest first, at most `limit`.
///
/// # Errors
/// The store is unavailable.
pub async fn list(store: &Store, limit: u32, vault: &Vault) -> Result<Vec<Record>, StoreError> {
    let rows = store.audit_rows(i64::MAX, limit).await?.into_iter();
    rows.map(|row| restore(row, vault)).collect()
}

/// The record of a reference.
///
/// # Errors
/// The store is unavailable.
pub async fn show(
    store: &Store,
    reference: &Reference,
    vault: &Vault,
) -> Result<Option<Record>, StoreError> {
    let row = store.audit_row(reference).await?;
    row.map(|row| restore(row, vault)).transpose()
}

/// All verified claims of a record, without what was redacted; `None` where none are kept, or
/// no longer.
///
/// # Errors
/// The store is unavailable, or they were sealed with another key.
pub async fn claims(
    store: &Store,
    reference: &Reference,
    vault: &Vault,
) -> Result<Option<Claims>, StoreError> {
    let Some(sealed) = store.audit_claims(reference).await? else {
        return Ok(None);
    };
    let plain = vault
        .unseal(&context(reference, "claims"), &sealed)
        .map_err(unreadable)?;
    Ok(Some(serde_json::from_slice(&plain).map_err(unreadable)?))
}

/// All records, newest first, a page in memory at a time. Records that are written meanwhile
/// do not appear.
pub fn all<'a>(store: &'a Store, vault: &'a Vault) -> Records<'a> {
    Records {
        store,
        vault,
        before: i64::MAX,
        page: Vec::new().into_iter(),
    }
}

/// A walk over all records. See [`all`].
#[derive(Debug)]
pub struct Records<'a> {
    store: &'a Store,
    vault: &'a Vault,
    before: i64,
    page: vec::IntoIter<AuditRow>,
}

impl Records<'_> {
    /// The next older record; `None` after the oldest.
    ///
    /// # Errors
    /// The store is unavailable.
    pub async fn next(&mut self) -> Result<Option<Record>, StoreError> {
        if self.page.len() == 0 {
            let page = self.store.audit_rows(self.before, PAGE).await?;
            self.page = page.into_iter();
        }
        let Some(row) = self.page.next() else {
            return Ok(None);
        };
        self.before = row.seq;
        restore(row, self.vault).map(Some)
    }
}

/// Removes the values whose time is over; says from how many records. To be called at start
/// and every hour.
///
/// # Errors
/// The store is unavailable.
pub async fn purge(store: &Store, now: Timestamp) -> Result<u64, StoreError> {
    let mut tx = store.begin().await?;
    let removed = tx.remove_audit_values(now).await?;
    tx.commit().await?;
    Ok(removed)
}

fn restore(row: AuditRow, vault: &Vault) -> Result<Record, StoreError> {
    let mut record: Record = serde_json::from_str(&row.record).map_err(unreadable)?;
    let Some(sealed) = row.evidence else {
        return Ok(record);
    };
    match vault.unseal(&context(&row.reference, "evidence"), &sealed) {
        Ok(plain) => {
            let values: Values = serde_json::from_slice(&plain).map_err(unreadable)?;
            values.put_back(&mut record);
        }
        // The rest of the record is worth seeing without them.
        Err(error) => {
            tracing::warn!(reference = %row.reference, %error, "values of a record cannot be read");
        }
    }
    Ok(record)
}

/// Where a sealed value belongs.
fn context(reference: &Reference, column: &str) -> String {
    format!("audit/{reference}/{column}")
}

fn until(time: Timestamp, days: u32) -> Timestamp {
    let kept = SignedDuration::from_hours(24 * i64::from(days));
    time.saturating_add(kept).unwrap_or(Timestamp::MAX)
}

/// The name of a unit variant, as JSON has it.
fn name_of(variant: &impl serde::Serialize) -> Result<String, StoreError> {
    let value = serde_json::to_value(variant).map_err(unreadable)?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}

fn json(value: &impl serde::Serialize) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(value).map_err(unreadable)
}

fn unreadable(error: impl Into<anyhow::Error>) -> StoreError {
    StoreError::corrupt(error, "an audit record cannot be read or written")
}

#[cfg(test)]
mod tests;
