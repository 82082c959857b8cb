use clap::Args;

use super::console::Console;
use super::failure::Failure;
use crate::domain::OPENAPI;

const EXAMPLES: &str = "\
Examples:
  usher openapi > openapi.json                    the same as GET /openapi.json
";

/// Print the OpenAPI document of the HTTP interface.
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Openapi {}

impl Openapi {
    #[expect(clippy::unused_self, reason = "every command is run like this")]
    pub(super) fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        Ok(console.raw(OPENAPI.as_bytes())?)
    }
}
