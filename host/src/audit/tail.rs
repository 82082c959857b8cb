use std::collections::VecDeque;

use super::{PAGE, all, restore};
use crate::domain::Record;
use crate::seal::Vault;
use crate::store::{Store, StoreError};

/// Follows the log from where it ends now. Between two looks it holds nothing.
pub fn tail<'a>(store: &'a Store, vault: &'a Vault) -> Tail<'a> {
    Tail {
        store,
        vault,
        seen: 0,
    }
}

/// Records as they are written. See [`tail`].
#[derive(Debug)]
pub struct Tail<'a> {
    store: &'a Store,
    vault: &'a Vault,
    /// Sequence number of the newest record that was given out, or passed over.
    seen: i64,
}

impl Tail<'_> {
    /// The newest records for which `which` holds, at most `count`, oldest first. To be called
    /// first: what is written from then on is news.
    ///
    /// # Errors
    /// The store is unavailable.
    pub async fn earlier(
        &mut self,
        count: u32,
        which: impl Fn(&Record) -> bool,
    ) -> Result<Vec<Record>, StoreError> {
        let newest = self.store.audit_rows(i64::MAX, 1).await?;
        self.seen = newest.first().map_or(0, |row| row.seq);
        let mut found = VecDeque::new();
        let mut records = all(self.store, self.vault);
        records.before = self.seen.saturating_add(1);
        while found.len() < usize::try_from(count).unwrap_or(usize::MAX)
            && let Some(record) = records.next().await?
        {
            if which(&record) {
                found.push_front(record);
            }
        }
        Ok(found.into())
    }

    /// What was written since the last look, oldest first, a page at most.
    ///
    /// # Errors
    /// The store is unavailable.
    pub async fn news(&mut self) -> Result<Vec<Record>, StoreError> {
        let rows = self.store.audit_rows_after(self.seen, PAGE).await?;
        if let Some(last) = rows.last() {
            self.seen = last.seq;
        }
        let records = rows.into_iter().map(|row| restore(row, self.vault));
        records.collect()
    }
}
