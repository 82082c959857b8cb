use super::console::now;
use super::failure::Failure;
use crate::administration::{Administration, By};
use crate::app;
use crate::config::{Problem, Stored, nearest};
use crate::directory::{DirectoryError, companies, groups, users};
use crate::store::{Store, StoreError};

/// The directory and log that a command works on.
pub(super) struct Opened {
    pub(super) store: Store,
    /// Where it lies, for errors.
    pub(super) place: String,
    /// What is configured for it.
    pub(super) stored: Stored,
}

impl Opened {
    /// Who changes it: whoever typed the command.
    pub(super) fn administration(&self) -> Administration {
        Administration {
            store: self.store.clone(),
            by: By::CommandLine,
            now: now(),
            entropy: app::Options::default().entropy,
        }
    }

    /// What was done, or why not; where a name is not known, with the one that was meant.
    pub(super) async fn done<T, E: Into<DirectoryError>>(
        &self,
        result: Result<T, E>,
    ) -> Result<T, Failure> {
        let error: DirectoryError = match result {
            Ok(done) => return Ok(done),
            Err(error) => error.into(),
        };
        let meant = self.meant(&error).await.unwrap_or_default();
        let mut problem = match error {
            DirectoryError::Store(error) => Problem::of(&error.into(), &self.place),
            error => Problem::of(&error.into(), &self.place),
        };
        if let Some(meant) = meant {
            problem.fix = format!("did you mean `{meant}`? Otherwise {}", problem.fix);
        }
        Err(Failure::refused(problem))
    }

    /// The known name that is most like one that is not known.
    async fn meant(&self, error: &DirectoryError) -> Result<Option<String>, StoreError> {
        let (given, known): (&str, Vec<String>) = match error {
            DirectoryError::NoSuchCompany(id) => {
                let companies = companies::list(&self.store).await?.into_iter();
                (id.as_str(), companies.map(|c| c.id.to_string()).collect())
            }
            DirectoryError::NoSuchGroup { company, group } => {
                let groups = groups::list(&self.store, Some(company)).await;
                let groups = groups.unwrap_or_default().into_iter();
                (group, groups.map(|g| g.name).collect())
            }
            DirectoryError::NoSuchUser(given) => {
                let users = users::list(&self.store, None).await;
                let users = users.unwrap_or_default().into_iter();
                (given, users.filter_map(|u| u.email).collect())
            }
            _ => return Ok(None),
        };
        let meant = nearest(given, known.iter().map(String::as_str));
        Ok(meant.map(str::to_owned))
    }
}
