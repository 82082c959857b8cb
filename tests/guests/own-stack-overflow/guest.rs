//! Recursion with large locals: they lie on the stack that the compiler keeps in the memory, which
//! is the first to end.

use std::hint::black_box;

use policy_sdk::{Decision, Host};

policy_sdk::export!(decide);

fn decide(_: &impl Host) -> Result<Decision, String> {
    Err(deeper(0).to_string())
}

#[inline(never)]
#[expect(unconditional_recursion, reason = "this is what it does")]
fn deeper(depth: u64) -> u64 {
    let mut local = [depth; 64];
    black_box(&mut local);
    deeper(depth + 1) + black_box(local)[7]
}
