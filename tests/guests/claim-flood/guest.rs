//! Reads one claim after another, none of which is there.

use policy_sdk::{Decision, Host, Source};

policy_sdk::export!(decide);

fn decide(host: &impl Host) -> Result<Decision, String> {
    for number in 0_u64.. {
        host.claim(Source::IdToken, &format!("/{number}"));
    }
    Err("the numbers ran out".to_owned())
}
