//! Asks the directory about one company after another.

use policy_sdk::{Decision, Host};

policy_sdk::export!(decide);

fn decide(host: &impl Host) -> Result<Decision, String> {
    for number in 0_u64.. {
        host.company_exists(&format!("company-{number}"));
    }
    Err("the numbers ran out".to_owned())
}
