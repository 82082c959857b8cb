//! Never comes to a decision.

use std::hint::black_box;

use policy_sdk::{Decision, Host};

policy_sdk::export!(decide);

fn decide(_: &impl Host) -> Result<Decision, String> {
    let mut number = 0_u64;
    loop {
        number = black_box(number.wrapping_add(1));
    }
}
