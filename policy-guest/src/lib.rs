//! The default policy of Usher: `spec.md` §4.6 to §4.10, and the thing that a site copies.
//!
//! The decision is [`rules::decide`]; this file only exports it.

pub mod rules;
pub mod settings;

policy_sdk::export!(rules::decide);
policy_sdk::export_check!(r#"{"type":"object"}"#, settings::problems);
policy_sdk::export_about!(concat!(
    r#"{"name":"usher-default-policy","version":""#,
    env!("CARGO_PKG_VERSION"),
    r#"","description":"The rules of the product page: company, groups, administrator, prohibition, profile.","#,
    r#""claims":["groups__claim","_claim_names","hasgroups","realm_access.roles","resource_access.<client_id>.roles","roles","claims__name","preferred_username"],"#,
    r#""codes":["no_company","email_unverified","group_required"]}"#
));
