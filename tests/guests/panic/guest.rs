//! Panics, and says why.

use policy_sdk::{Decision, Host};

policy_sdk::export!(decide);

fn decide(host: &impl Host) -> Result<Decision, String> {
    panic!("nobody thought of the time {} here", host.time().min(1))
}
