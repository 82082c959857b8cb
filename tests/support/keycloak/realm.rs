use super::{Administration, Client};

/// One realm of the running Keycloak.
#[derive(Debug, Clone)]
pub struct Realm {
    url: String,
    name: String,
}

impl Realm {
    pub(super) fn new(url: &str, name: &str) -> Self {
        Self {
            url: url.to_owned(),
            name: name.to_owned(),
        }
    }

    /// The issuer, and the `base_url` of the product page.
    pub fn issuer(&self) -> String {
        format!("{}/realms/{}", self.url, self.name)
    }

    /// An address below `protocol/openid-connect`.
    pub fn endpoint(&self, name: &str) -> String {
        format!("{}/protocol/openid-connect/{name}", self.issuer())
    }

    /// Its administration.
    pub fn administration(&self) -> Administration {
        Administration::new(&self.url, &self.name)
    }

    /// A client for a service at this origin, as the product page says, to be changed and
    /// then registered.
    pub fn client(&self, origin: &str) -> anyhow::Result<Client> {
        Client::of_the_product_page(&self.issuer(), origin)
    }

    /// Registers a client.
    pub async fn register(&self, client: &Client) -> anyhow::Result<()> {
        let administration = self.administration();
        administration
            .create("clients", &client.registration())
            .await?;
        Ok(())
    }
}
