//! Carries sixteen megabytes of data.

use std::hint::black_box;

use policy_sdk::{Decision, Host, Placement, Trace};

policy_sdk::export!(decide);

static DATA: [u8; 16 << 20] = [7; 16 << 20];

fn decide(_: &impl Host) -> Result<Decision, String> {
    let last = black_box(&DATA)[DATA.len() - 1];
    let mut trace = Trace::default();
    trace.hit("data", last.to_string());
    Ok(trace.admit(Placement::in_company("acme")))
}
