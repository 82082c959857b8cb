use clap::Args;

use super::super::console::{Console, Format, Listed, table};
use super::super::failure::Failure;
use crate::config::{self, Origin, Setting};
use crate::domain::ProviderName;

/// Show every effective value with its origin; secrets are masked.
///
/// Shows what is right also if something else is wrong, which is said on stderr.
#[derive(Debug, Args)]
pub(in crate::cli) struct Show {
    /// Only the settings of this provider.
    #[arg(long, value_name = "NAME")]
    provider: Option<ProviderName>,
    /// Only what somebody set, without defaults.
    #[arg(long)]
    set: bool,
    #[command(flatten)]
    listed: Listed,
}

impl Show {
    pub(super) fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        let inspected = config::inspect(console.environment, console.config.as_deref());
        let wanted = |setting: &&Setting| {
            (self.provider.is_none() || setting.provider == self.provider)
                && (!self.set || setting.origin != Origin::Default)
        };
        let settings: Vec<_> = inspected.settings.iter().filter(wanted).collect();
        if self.listed.format() == Format::Json {
            let settings: Vec<_> = settings.iter().map(|setting| setting.json()).collect();
            console.json(&settings)?;
        } else if !settings.is_empty() {
            let rows = settings
                .iter()
                .map(|s| [s.name(), s.words(), s.origin.to_string()]);
            console.data(table(&["setting", "value", "origin"], rows))?;
        }
        console.warn(&inspected.warnings);
        match inspected.problems {
            problems if problems.is_empty() => Ok(()),
            problems => Err(Failure { exit: 2, problems }),
        }
    }
}
