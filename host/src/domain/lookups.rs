use std::future::Future;
use std::pin::Pin;

use super::{Found, Matching};

/// A look-up under way.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, LookupFailed>> + Send + 'a>>;

/// The questions about the directory that can only be answered while a policy runs: from the
/// store at a sign-in, from a case in a test, from a record in a replay.
pub trait Lookups: Send + Sync {
    /// Whether there is such a company. Any text may be asked for.
    fn company_exists<'a>(&'a self, company: &'a str) -> Pending<'a, bool>;

    /// Which of these groups the company has, in the order asked, each name at most once.
    fn find_groups<'a>(
        &'a self,
        company: &'a str,
        names: &'a [String],
        matching: Matching,
    ) -> Pending<'a, Vec<Found>>;
}

/// A look-up that got no answer: the store is down. Ends the sign-in as `unavailable`.
#[derive(Debug, thiserror::Error)]
#[error("the directory did not answer")]
pub struct LookupFailed(#[source] pub anyhow::Error);
