//! Small enough for one answer, and one group more than a decision may have.

use policy_sdk::{Decision, GroupChange, Host, Placement, Trace};

policy_sdk::export!(decide);

fn decide(_: &impl Host) -> Result<Decision, String> {
    let names = (0..1_001).map(|number| format!("g{number}")).collect();
    Ok(Trace::default().admit(Placement {
        groups: GroupChange::Add(names),
        ..Placement::in_company("acme")
    }))
}
