use anyhow::Context;
use serde_json::{Value, json};

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
        representation["clientId"] = json!(id);
        representation["secret"] = json!(secret);
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

    /// The service's variables for this client, as the product page names them.
    pub fn settings(&self) -> Vec<(String, String)> {
        [
            ("services", "base_url", self.issuer.as_str()),
            ("secure", "client_id", &self.id),
            ("secure", "client_secret", &self.secret),
            ("services", "groups__enabled", "true"),
            ("services", "groups__claim", "groups"),
            ("services", "claims__name", "preferred_username"),
            ("services", "groups__admins", r#"["administrators"]"#),
        ]
        .map(|(place, key, value)| (variable(place, key), value.to_owned()))
        .into()
    }
}

/// The full name of a provider setting: `variable("services", "idp_logout")`.
pub fn variable(place: &str, key: &str) -> String {
    format!("CLEARML__{place}__login__sso__oauth_client__keycloak__{key}")
}
