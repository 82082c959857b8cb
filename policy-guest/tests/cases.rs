//! `cases/*.json`, natively; the host runs the same through the compiled component.

#[test]
fn every_case_is_decided_as_it_says() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");
    policy_sdk::case::assert_cases(folder, policy_guest::rules::decide);
}
