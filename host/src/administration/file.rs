//! `usher directory apply`, and the same at start.

use super::{Administration, Change};
use crate::directory::{self, Completed, Created, Unfit, What};
use crate::domain::{CompanyId, DirectoryFile};

impl Administration {
    /// Creates what a directory file lists and is missing, all of it or nothing: see
    /// [`directory::create_missing`]. Each company that gets something has one record.
    ///
    /// # Errors
    /// Everything that does not fit.
    pub async fn apply(&self, file: &DirectoryFile) -> Result<Completed, Unfit> {
        let mut tx = self.store.begin().await?;
        let done = directory::create_missing(&mut tx, file, self.now).await?;
        for company in &file.companies {
            if let Some(what) = in_words(&done.created, &company.id) {
                self.note(&mut tx, Change::of_company(what, &company.id))
                    .await?;
            }
        }
        tx.commit().await?;
        Ok(done)
    }

    /// What does not fit in a file that has other faults already; nothing is changed.
    ///
    /// # Errors
    /// Everything that does not fit.
    pub async fn try_out(&self, file: &DirectoryFile) -> Result<(), Unfit> {
        let mut tx = self.store.begin().await?;
        directory::create_missing(&mut tx, file, self.now).await?;
        Ok(())
    }
}

/// What a company got; who was invited is not named.
fn in_words(created: &[Created], company: &CompanyId) -> Option<String> {
    let of_company = created.iter().filter(|c| c.company == *company);
    let words = of_company.map(|created| match created.what {
        What::Company => "company created".to_owned(),
        What::Group => format!("group {} created", created.name),
        What::Domain => format!("domain {} added", created.name),
        What::Invitation => "somebody invited".to_owned(),
    });
    let words: Vec<_> = words.collect();
    (!words.is_empty()).then(|| words.join(", "))
}
