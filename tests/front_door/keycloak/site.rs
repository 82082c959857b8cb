use serde_json::Value;
use usher_tests::keycloak::{self, Keycloak, password, variable};
use usher_tests::server::{Installation, Server};
use usher_tests::visitor::{Page, Visitor};

use crate::USHER;

/// A service with a company, `acme`, that has the group `research`, and Keycloak as its
/// only provider, configured as the product page says.
pub(super) struct Site {
    pub(super) keycloak: &'static Keycloak,
    pub(super) usher: Installation,
    pub(super) server: Server,
}

impl Site {
    pub(super) async fn start(settings: &[(&str, &str, &str)]) -> anyhow::Result<Option<Self>> {
        let Some(keycloak) = keycloak::running().await else {
            return Ok(None);
        };
        let usher = Installation::new(USHER);
        let client = keycloak.register(usher.origin()).await?;
        let settings = settings
            .iter()
            .map(|(place, key, value)| (variable(place, key), (*value).to_owned()));
        let usher = usher
            .with_all(client.settings())
            .with(variable("secure", "default_company"), "acme")
            .with_all(settings);
        usher.must(&["company", "create", "--id", "acme", "--name", "Acme"])?;
        usher.must(&["group", "create", "--company", "acme", "research"])?;
        let server = usher.serve().await?;
        Ok(Some(Self {
            keycloak,
            usher,
            server,
        }))
    }

    /// Starts a sign-in and goes as far as it goes by itself.
    pub(super) async fn begin(&self, visitor: &mut Visitor) -> anyhow::Result<Page> {
        let page = visitor
            .get(self.server.url("/login/start?provider=keycloak"))
            .await?;
        visitor.settle(page).await
    }

    /// Signs somebody in at Keycloak, with a new browser, and goes on to where that ends.
    pub(super) async fn sign_in(&self, username: &str) -> anyhow::Result<(Visitor, Page)> {
        let mut visitor = Visitor::new();
        let form = self.begin(&mut visitor).await?;
        let page = keycloak::sign_in(&mut visitor, form, username, &password(username)).await?;
        let page = visitor.settle(page).await?;
        Ok((visitor, page))
    }

    /// The record of the only sign-in there was.
    pub(super) fn only_record(&self) -> anyhow::Result<Value> {
        let records = self.usher.audit()?;
        let mut sign_ins = records
            .into_iter()
            .filter(|record| record["kind"] == "sign_in");
        let record = sign_ins.next();
        anyhow::ensure!(sign_ins.next().is_none(), "more than one record");
        record.ok_or_else(|| anyhow::anyhow!("no record"))
    }
}
