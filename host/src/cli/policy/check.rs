use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{Limits, load, named};
use crate::cli::console::{Console, Format, Listed};
use crate::cli::failure::Failure;

/// Load a component as the service would: limits, imports, contract, a trial instance.
#[derive(Debug, Args)]
pub(in crate::cli) struct Check {
    /// Component; without it the built-in default policy.
    file: Option<PathBuf>,
    /// Which limits hold: interpreter for policies in JavaScript or Python.
    #[arg(long, value_enum, default_value = "standard")]
    limits: Limits,
    #[command(flatten)]
    listed: Listed,
}

impl Check {
    pub(super) fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        let file = self.file.as_deref();
        let policy = load(file, self.limits)?;
        let id = policy.id();
        match self.listed.format() {
            Format::Json => console.json(&json!({ "loads": true, "policy": id }))?,
            Format::Table => {
                let (name, contract) = (named(file), &id.contract);
                console.data(format_args!(
                    "{name}: loads, contract {contract}, sha256 {}",
                    id.sha256
                ))?;
                console.next("usher policy test --policy FILE CASES…");
            }
        }
        Ok(())
    }
}
