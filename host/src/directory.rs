//! Companies, users, groups, invitations and domains; applies a decision.
//!
//! A sign-in asks [`view`], answers a policy through [`DirectoryLookups`], and ends in
//! [`apply`], inside the caller's transaction. The other modules are the operations of the
//! commands, each a transaction of its own.

mod apply;
pub mod companies;
pub mod domains;
mod error;
pub mod groups;
pub mod invitations;
mod lookups;
mod missing;
pub mod users;
mod view;

pub use self::apply::{Applied, ApplyError, Entry, apply};
pub use self::error::DirectoryError;
pub use self::lookups::DirectoryLookups;
pub use self::missing::{Completed, Created, Kept, Unfit, What, create_missing};
pub use self::view::{Standing, View, view};

/// Longest name of a company or group, in characters.
const LONGEST_NAME: usize = 256;

/// The name itself, if it is one that can be shown and compared: not empty, bounded, free of
/// control characters.
fn checked_name<'a>(kind: &'static str, name: &'a str) -> Result<&'a str, DirectoryError> {
    let bounded = (1..=LONGEST_NAME).contains(&name.chars().count());
    if !bounded || name.trim().is_empty() || name.chars().any(char::is_control) {
        return Err(DirectoryError::InvalidName { kind });
    }
    Ok(name)
}

#[cfg(test)]
mod tests;
