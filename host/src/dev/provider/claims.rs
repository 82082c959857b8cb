//! What tokens say, in Keycloak's words.

use serde_json::{Map, Value, json};

use super::User;
use super::memory::Grant;
use super::realm::Realm;

/// Seconds that a token lives, Keycloak's default.
pub(super) const TOKEN_LIFE: i64 = 300;

/// Roles that everybody in a realm has.
const REALM_ROLES: [&str; 3] = ["offline_access", "uma_authorization", "default-roles-dev"];
const ACCOUNT_ROLES: [&str; 3] = ["manage-account", "manage-account-links", "view-profile"];

/// Claims of the access token.
pub(super) fn access_token(realm: &Realm, grant: &Grant, user: &User) -> Value {
    let mut claims = common(realm, grant, user, "Bearer");
    claims.insert("aud".into(), "account".into());
    claims.insert(
        "realm_access".into(),
        json!({ "roles": with(&REALM_ROLES, &user.realm_roles) }),
    );
    let mut resources = Map::new();
    if !user.client_roles.is_empty() {
        let client = realm.options.client_id.clone();
        resources.insert(client, json!({ "roles": user.client_roles }));
    }
    resources.insert("account".into(), json!({ "roles": ACCOUNT_ROLES }));
    claims.insert("resource_access".into(), resources.into());
    claims.insert("scope".into(), grant.scope.clone().into());
    claims.extend(profile(user, &grant.scope));
    claims.into()
}

/// Claims of the ID token. Roles are in the access token only, as with Keycloak.
pub(super) fn id_token(realm: &Realm, grant: &Grant, user: &User, at_hash: String) -> Value {
    let mut claims = common(realm, grant, user, "ID");
    claims.insert("aud".into(), realm.options.client_id.clone().into());
    claims.insert("at_hash".into(), at_hash.into());
    if let Some(nonce) = &grant.nonce {
        claims.insert("nonce".into(), nonce.clone().into());
    }
    claims.extend(profile(user, &grant.scope));
    claims.into()
}

/// What the userinfo endpoint answers to an access token with this scope.
pub(super) fn userinfo(user: &User, scope: &str) -> Value {
    let mut claims = Map::new();
    claims.insert("sub".into(), user.subject.clone().into());
    claims.extend(profile(user, scope));
    claims.into()
}

/// Claims of every token.
fn common(realm: &Realm, grant: &Grant, user: &User, typ: &str) -> Map<String, Value> {
    let now = realm.now().as_second();
    let mut claims = Map::new();
    claims.insert("exp".into(), (now + TOKEN_LIFE).into());
    claims.insert("iat".into(), now.into());
    claims.insert(
        "auth_time".into(),
        grant.session.auth_time.as_second().into(),
    );
    claims.insert("jti".into(), realm.uuid().into());
    claims.insert("iss".into(), realm.options.issuer.clone().into());
    claims.insert("sub".into(), user.subject.clone().into());
    claims.insert("typ".into(), typ.into());
    claims.insert("azp".into(), realm.options.client_id.clone().into());
    claims.insert("sid".into(), grant.session.sid.clone().into());
    claims.insert("acr".into(), grant.acr.into());
    claims
}

/// What the scopes `profile` and `email` open, and the group mapper's claim.
fn profile(user: &User, scope: &str) -> Map<String, Value> {
    let asked = |name: &str| scope.split(' ').any(|scope| scope == name);
    let mut claims = Map::new();
    if asked("email") {
        claims.insert("email_verified".into(), user.email_verified.into());
        if let Some(email) = &user.email {
            claims.insert("email".into(), email.clone().into());
        }
    }
    if asked("profile") {
        claims.insert("name".into(), user.name().into());
        claims.insert("preferred_username".into(), user.username.clone().into());
        claims.insert("given_name".into(), user.given_name.clone().into());
        claims.insert("family_name".into(), user.family_name.clone().into());
    }
    if !user.groups.is_empty() {
        claims.insert("groups".into(), user.groups.clone().into());
    }
    claims
}

fn with(everybody: &[&str], own: &[String]) -> Vec<String> {
    let everybody = everybody.iter().map(|role| (*role).to_owned());
    everybody.chain(own.iter().cloned()).collect()
}
