use clap::Args;

use super::console::Console;
use super::failure::Failure;
use super::logging;
use crate::config::{self, HOST};

const EXAMPLES: &str = "\
Examples:
  usher serve --config usher.toml
  USHER__PUBLIC_URL=https://login.example.com usher serve
";

/// Run the service.
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Serve {}

impl Serve {
    pub(super) async fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        let loaded = config::load(console.environment, console.config.as_deref());
        let config = match loaded {
            Ok(config) => config,
            Err(errors) => {
                console.warn(&errors.warnings);
                return Err(errors.into());
            }
        };
        let log = HOST.iter().find(|key| key.path == "log");
        let filter = config.settings.iter().find(|s| Some(s.key) == log);
        let filter = filter.map_or("info", |setting| setting.value.as_str());
        logging::start(filter, console.environment)?;
        logging::quiet_panics();
        console.warn(&config.warnings);
        let served = crate::app::serve(config).await;
        served.map_err(|error| Failure::start(error, "usher serve"))
    }
}
