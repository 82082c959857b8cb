//! Answers with a name of ten megabytes.

use policy_sdk::{Decision, Grant, Host, Outcome, Placement};

policy_sdk::export!(decide);

fn decide(_: &impl Host) -> Result<Decision, String> {
    Ok(Decision {
        outcome: Outcome::Admit(Grant {
            placements: vec![Placement::in_company("acme")],
            display_name: Some("x".repeat(10 << 20)),
            attributes: Vec::new(),
        }),
        trace: Vec::new(),
    })
}
