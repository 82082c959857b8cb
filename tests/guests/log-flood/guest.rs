//! Writes log lines for ever.

use policy_sdk::{Decision, Host, Level};

policy_sdk::export!(decide);

fn decide(host: &impl Host) -> Result<Decision, String> {
    for line in 0_u64.. {
        host.log(Level::Info, &format!("line {line}"));
    }
    Err("the numbers ran out".to_owned())
}
