//! Places somebody in a hundred thousand groups.

use policy_sdk::{Decision, GroupChange, Host, Placement, Trace};

policy_sdk::export!(decide);

fn decide(_: &impl Host) -> Result<Decision, String> {
    Ok(Trace::default().admit(Placement {
        groups: GroupChange::Replace(vec!["ops".to_owned(); 100_000]),
        ..Placement::in_company("acme")
    }))
}
