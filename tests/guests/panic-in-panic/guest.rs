//! Panics in its panic hook.

use policy_sdk::{Decision, Host};

policy_sdk::export!(decide);

fn decide(_: &impl Host) -> Result<Decision, String> {
    std::panic::set_hook(Box::new(|_| panic!("the hook panics too")));
    panic!("the first panic")
}
