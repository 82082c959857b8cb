//! Writes one log line of a megabyte.

use policy_sdk::{Decision, Host, Level, Placement, Trace};

policy_sdk::export!(decide);

fn decide(host: &impl Host) -> Result<Decision, String> {
    host.log(Level::Info, &"x".repeat(1 << 20));
    Ok(Trace::default().admit(Placement::in_company("acme")))
}
