//! Explains itself in ten thousand steps.

use policy_sdk::{Decision, Host, Placement, Trace};

policy_sdk::export!(decide);

fn decide(_: &impl Host) -> Result<Decision, String> {
    let mut trace = Trace::default();
    for _ in 0..10_000 {
        trace.hit("a", "");
    }
    Ok(trace.admit(Placement::in_company("acme")))
}
