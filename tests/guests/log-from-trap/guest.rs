//! Goes on writing log lines from its panic hook, while it is trapping already.

use policy_sdk::{Decision, Host, Level};

policy_sdk::export!(decide);

fn decide(host: &impl Host) -> Result<Decision, String> {
    host.log(Level::Error, "a last word before the hook");
    std::panic::set_hook(Box::new(|_| {
        for line in 0_u64.. {
            policy_sdk::exported::Imports.log(Level::Error, &format!("line {line} of the hook"));
        }
    }));
    panic!("the first panic")
}
