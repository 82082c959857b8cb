use std::path::PathBuf;

use clap::Args;

use super::console::Console;
use super::failure::Failure;
use super::logging;
use crate::dev::DevOptions;

const EXAMPLES: &str = "\
Examples:
  usher dev
  usher dev --listen 127.0.0.1:9000
  usher dev --policy my-policy.wasm
";

/// Run everything embedded: development provider, sample users, default policy.
///
/// Nothing is kept when it stops. Loopback only.
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Dev {
    /// Address of the service.
    #[arg(long, default_value = DevOptions::LISTEN, value_name = "ADDRESS")]
    listen: String,
    /// Component to try instead of the default policy.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

impl Dev {
    pub(super) async fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        let log = logging::of_environment(console.environment);
        logging::start(log.unwrap_or("info"), console.environment)?;
        let options = DevOptions {
            listen: self.listen,
            policy: self.policy,
            ..DevOptions::default()
        };
        let ran = crate::dev::run(options).await;
        ran.map_err(|error| Failure::start(error, "usher dev"))
    }
}
