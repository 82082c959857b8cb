//! Asks the directory what it takes longest to answer: once about a company, and then as often as
//! it may for as many groups as one question holds.

use policy_sdk::{Decision, Host, Matching, Placement, Trace};

policy_sdk::export!(decide);

fn decide(host: &impl Host) -> Result<Decision, String> {
    let mut trace = Trace::default();
    let exists = host.company_exists("tar-pit");
    trace.hit("company", exists.to_string());
    for round in 0..24 {
        let name = |number| format!("{round}-{number}");
        let names: Vec<_> = (0..1_000).map(name).collect();
        host.find_groups("acme", &names, Matching::IgnoreCase);
    }
    Ok(trace.admit(Placement::in_company("acme")))
}
