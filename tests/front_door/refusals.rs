//! Sign-ins that end without a session: for every code of the contract that can happen, what
//! the person sees, what is recorded, and that nothing else has changed.

mod attempts;
pub(crate) mod checked;
mod discovery;
mod policies;
mod provider;
mod rules;
mod store;
mod tokens;

use self::checked::{Before, Expected};
