//! Keeps a megabyte, and another one, and another one.

use std::hint::black_box;

use policy_sdk::{Decision, Host};

policy_sdk::export!(decide);

fn decide(_: &impl Host) -> Result<Decision, String> {
    let mut hoard = Vec::new();
    loop {
        hoard.push(black_box(vec![1_u8; 1 << 20]));
    }
}
