use std::io::Read;

use clap::Args;
use rlimit::Resource;

use crate::cli::console::Console;
use crate::cli::failure::Failure;
use crate::config::Problem;
use crate::policy;

/// Memory of the process, bytes.
const MEMORY: u64 = 1 << 30;
/// Time of all its threads together, seconds, should whoever started it be gone.
const SECONDS: u64 = 120;

const EXAMPLES: &str = "\
Examples:
  usher policy compile < my-policy.wasm > native-code
";

/// Compile a component within limits of memory and time: what the service and the commands
/// start for each.
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(in crate::cli) struct Compile {}

impl Compile {
    pub(super) fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        limit()?;
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes)?;
        match policy::native_code(&bytes) {
            Ok(code) => Ok(console.raw(&code)?),
            Err(words) => {
                console.say(words.replace('\n', " "));
                Err(Failure::told(1))
            }
        }
    }
}

/// What is read is hostile: from here on this process can neither grow nor last.
fn limit() -> Result<(), Failure> {
    let limits = [
        (Resource::AS, MEMORY),
        (Resource::CPU, SECONDS),
        (Resource::CORE, 0),
    ];
    for (resource, most) in limits {
        let (_, hard) = resource.get().unwrap_or((most, most));
        let most = most.min(hard);
        resource.set(most, most).map_err(|error| {
            let what = format!("the limit {} cannot be set: {error}", resource.as_name());
            let fix = "let the service set limits of its own processes";
            Failure::usage(Problem::new(what, "usher policy compile", fix))
        })?;
    }
    Ok(())
}
