use anyhow::Context;
use serde_json::{Value, json};

use crate::server::variable_of;

/// A client of the realm, registered as the product page says.
#[derive(Debug, Clone)]
pub struct Client {
    /// Its `client_id`.
    pub id: String,
    /// Its secret.
    pub secret: String,
    /// As the administration API knows it.
    pub representation: Value,
    issuer: String,
}

impl Client {
    pub(super) fn of_the_product_page(issuer: &str, origin: &str) -> anyhow::Result<Self> {
        let realm: Value = serde_json::from_str(include_str!("realm.json"))?;
        let mut representation = realm["clients"][0].clone();
        let port = origin.rsplit(':').next().context("an origin with a port")?;
        let (id, secret) = (format!("clearml-{port}"), format!("secret-of-{port}"));
        representation["redirectUris"] = json!([format!("{origin}/callback_keycloak")]);
        representation["attributes"]["post.logout.redirect.uris"] =
            json!(format!("{origin}/logout/done"));
        Ok(Self {
            id,
            secret,
            representation,
            issuer: issuer.to_owned(),
        })
    }

    /// Changes something of it before it is registered: `("/attributes/…", value)`.
    pub fn set(&mut self, pointer: &str, value: Value) {
        let (parent, name) = pointer.rsplit_once('/').expect("a JSON pointer");
        let parent = self.representation.pointer_mut(parent);
        parent.expect("it is there")[name] = value;
    }

    /// Adds a protocol mapper of a kind, which writes to ID token, access token and userinfo
    /// unless `config` says otherwise.
    pub fn add_mapper(&mut self, kind: &str, claim: &str, config: &Value) {
        let mut all = json!({
            "claim.name": claim, "id.token.claim": "true", "access.token.claim": "true",
            "userinfo.token.claim": "true",
        });
        for (key, value) in config.as_object().expect("an object") {
            all[key] = value.clone();
        }
        let mapper = json!({
            "name": format!("{claim} by {kind}"), "protocol": "openid-connect",
            "protocolMapper": kind, "config": all,
        });
        let mappers = self.representation["protocolMappers"].as_array_mut();
        mappers.expect("a list").push(mapper);
    }

    /// Changes the mapper for `groups` that it has from the product page.
    pub fn set_groups_mapper(&mut self, key: &str, value: &str) {
        self.representation["protocolMappers"][0]["config"][key] = json!(value);
    }

    /// As the administration API wants it, with the id and the secret that it has now.
    pub(super) fn registration(&self) -> Value {
        let mut representation = self.representation.clone();
        representation["clientId"] = json!(self.id);
        representation["secret"] = json!(self.secret);
        representation
    }

    /// The service's variables for this client, as the product page names them.
    pub fn settings(&self) -> Vec<(String, String)> {
        self.settings_of("keycloak")
    }

    /// The same for a provider of another name.
    pub fn settings_of(&self, provider: &str) -> Vec<(String, String)> {
        [
            ("services", "base_url", self.issuer.as_str()),
            ("secure", "client_id", &self.id),
            ("secure", "client_secret", &self.secret),
            ("services", "groups__enabled", "true"),
            ("services", "groups__claim", "groups"),
            ("services", "claims__name", "preferred_username"),
            ("services", "groups__admins", r#"["administrators"]"#),
        ]
        .map(|(place, key, value)| (variable_of(provider, place, key), value.to_owned()))
        .into()
    }
}

/// The full name of a provider setting: `variable("services", "idp_logout")`.
pub fn variable(place: &str, key: &str) -> String {
    variable_of("keycloak", place, key)
}
