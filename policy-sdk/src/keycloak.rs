//! Where Keycloak writes roles.

use crate::claim::push_token;
use crate::{Claim, Host, Source};

/// Roles of the realm: `realm_access.roles`.
pub fn realm_roles(host: &impl Host, source: Source) -> Claim<Vec<String>> {
    host.claim(source, "/realm_access/roles").into_texts()
}

/// Roles of one client: `resource_access.<client_id>.roles`.
pub fn client_roles(host: &impl Host, source: Source, client_id: &str) -> Claim<Vec<String>> {
    let mut pointer = String::from("/resource_access/");
    push_token(&mut pointer, client_id);
    pointer.push_str("/roles");
    host.claim(source, &pointer).into_texts()
}
