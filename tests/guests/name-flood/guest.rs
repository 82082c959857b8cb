//! Asks for five thousand groups without a name in one question.

use policy_sdk::{Decision, Host, Matching, Placement, Trace};

policy_sdk::export!(decide);

fn decide(host: &impl Host) -> Result<Decision, String> {
    let names = vec![String::new(); 5_000];
    host.find_groups("acme", &names, Matching::Exact);
    Ok(Trace::default().admit(Placement::in_company("acme")))
}
