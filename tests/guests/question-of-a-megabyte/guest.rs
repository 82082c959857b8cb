//! Asks for a claim by a pointer of a megabyte.

use policy_sdk::{Decision, Host, Placement, Source, Trace};

policy_sdk::export!(decide);

fn decide(host: &impl Host) -> Result<Decision, String> {
    host.claim(Source::IdToken, &"/".repeat(1 << 20));
    Ok(Trace::default().admit(Placement::in_company("acme")))
}
