use anyhow::Context;
use serde_json::{Value, json};
use usher_tests::keycloak::broken::Fault;
use usher_tests::keycloak::{self, Client, Keycloak, Realm, password, variable};
use usher_tests::server::{Installation, Server};
use usher_tests::visitor::{Page, Visitor};

use crate::USHER;

/// A service with a company, `acme`, that has the group `research`, and Keycloak as its
/// only provider, configured as the product page says.
pub(super) struct Site {
    pub(super) keycloak: &'static Keycloak,
    pub(super) realm: Realm,
    pub(super) usher: Installation,
    pub(super) server: Server,
    /// The `client_id` at Keycloak.
    pub(super) client_id: String,
}

/// A site before it is there: what differs from the product page.
pub(super) struct Plan {
    keycloak: &'static Keycloak,
    realm: Realm,
    usher: Installation,
    client: Client,
}

impl Plan {
    /// At the realm that all tests share; nothing where there is no Keycloak.
    pub(super) async fn new() -> anyhow::Result<Option<Self>> {
        let Some(keycloak) = keycloak::running().await else {
            return Ok(None);
        };
        Self::at(keycloak, keycloak.realm()).map(Some)
    }

    /// At a realm of its own.
    pub(super) async fn alone(name: &str) -> anyhow::Result<Option<Self>> {
        let Some(keycloak) = keycloak::running().await else {
            return Ok(None);
        };
        let realm = keycloak.realm_of_its_own(name).await?;
        Self::at(keycloak, realm).map(Some)
    }

    fn at(keycloak: &'static Keycloak, realm: Realm) -> anyhow::Result<Self> {
        let usher = Installation::new(USHER);
        let client = realm.client(usher.origin())?;
        let usher = usher
            .with_all(client.settings())
            .with(variable("secure", "default_company"), "acme");
        usher.must(&["company", "create", "--id", "acme", "--name", "Acme"])?;
        usher.must(&["group", "create", "--company", "acme", "research"])?;
        Ok(Self {
            keycloak,
            realm,
            usher,
            client,
        })
    }

    /// A client of another realm, whose provider is called `keycloak_two`; it is registered.
    pub(super) async fn also(self, realm: &str) -> anyhow::Result<(Self, Client)> {
        let realm = self.keycloak.realm_of_its_own(realm).await?;
        let mut client = realm.client(self.usher.origin())?;
        let callback = format!("{}/callback_keycloak_two", self.usher.origin());
        client.set("/redirectUris", json!([callback]));
        realm.register(&client).await?;
        Ok((self, client))
    }

    /// A setting of the provider.
    pub(super) fn set(mut self, place: &str, key: &str, value: &str) -> Self {
        self.usher.set(variable(place, key), value);
        self
    }

    /// Many of them.
    pub(super) fn set_all(mut self, settings: &[(&str, &str, &str)]) -> Self {
        for (place, key, value) in settings {
            self.usher.set(variable(place, key), *value);
        }
        self
    }

    /// One setting of the product page less.
    pub(super) fn without(mut self, place: &str, key: &str) -> Self {
        self.usher.unset(&variable(place, key));
        self
    }

    /// Another client than that of the product page.
    pub(super) fn client(mut self, change: impl FnOnce(&mut Client)) -> Self {
        change(&mut self.client);
        self
    }

    /// A command, its arguments separated by blanks.
    pub(super) fn run(self, arguments: &str) -> anyhow::Result<Self> {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        self.usher.must(&arguments)?;
        Ok(self)
    }

    /// Anything else about the installation.
    pub(super) fn usher(
        self,
        change: impl FnOnce(Installation) -> anyhow::Result<Installation>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            usher: change(self.usher)?,
            ..self
        })
    }

    /// The realm, to furnish it.
    pub(super) fn realm(&self) -> &Realm {
        &self.realm
    }

    /// Registers the client and starts the service.
    pub(super) async fn start(self) -> anyhow::Result<Site> {
        self.realm.register(&self.client).await?;
        self.serve().await
    }

    /// Starts the service with a connection that is broken.
    pub(super) async fn start_with(self, fault: Fault) -> anyhow::Result<Site> {
        let usher = fault.connect(self.keycloak, self.usher).await?;
        Self { usher, ..self }.serve().await
    }

    async fn serve(self) -> anyhow::Result<Site> {
        let server = self.usher.serve().await?;
        Ok(Site {
            keycloak: self.keycloak,
            realm: self.realm,
            usher: self.usher,
            server,
            client_id: self.client.id,
        })
    }
}

impl Site {
    pub(super) async fn start(settings: &[(&str, &str, &str)]) -> anyhow::Result<Option<Self>> {
        match Plan::new().await? {
            Some(plan) => plan.set_all(settings).start().await.map(Some),
            None => Ok(None),
        }
    }

    /// Ends the service and starts it with another setting.
    pub(super) async fn restart(mut self, settings: &[(&str, &str, &str)]) -> anyhow::Result<Self> {
        self.server.stop()?;
        for (place, key, value) in settings {
            self.usher.set(variable(place, key), *value);
        }
        let server = self.usher.serve().await?;
        Ok(Self { server, ..self })
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
        let page = self.sign_in_with(&mut visitor, username).await?;
        Ok((visitor, page))
    }

    /// The same with this browser.
    pub(super) async fn sign_in_with(
        &self,
        visitor: &mut Visitor,
        username: &str,
    ) -> anyhow::Result<Page> {
        let form = self.begin(visitor).await?;
        let page = keycloak::sign_in(visitor, form, username, &password(username)).await?;
        visitor.settle(page).await
    }

    /// Signs in somebody who must be let in.
    pub(super) async fn admitted(&self, username: &str) -> anyhow::Result<Visitor> {
        let (visitor, page) = self.sign_in(username).await?;
        anyhow::ensure!(page.status == 200, "{username} is not let in: {page}");
        Ok(visitor)
    }

    /// What the service says about somebody who signs in and must be let in.
    pub(super) async fn session_of(&self, username: &str) -> anyhow::Result<Value> {
        let mut visitor = self.admitted(username).await?;
        self.session(&mut visitor).await
    }

    /// What the service says about a browser that is signed in.
    pub(super) async fn session(&self, visitor: &mut Visitor) -> anyhow::Result<Value> {
        let page = visitor.get(self.server.url("/api/v1/session")).await?;
        anyhow::ensure!(page.status == 200, "no session: {page}");
        page.json()
    }

    /// Signs in somebody who must be refused, and gives the page and the record.
    pub(super) async fn refused(&self, username: &str) -> anyhow::Result<(Page, Value)> {
        let (mut visitor, page) = self.sign_in(username).await?;
        anyhow::ensure!(page.status != 200, "{username} is let in: {page}");
        let session = visitor.get(self.server.url("/api/v1/session")).await?;
        anyhow::ensure!(session.status == 401, "a session after all: {session}");
        Ok((page, self.last_record()?))
    }

    /// The record of the last sign-in.
    pub(super) fn last_record(&self) -> anyhow::Result<Value> {
        self.sign_ins()?.into_iter().next().context("no record")
    }

    /// The record of the only sign-in there was.
    pub(super) fn only_record(&self) -> anyhow::Result<Value> {
        let mut records = self.sign_ins()?;
        anyhow::ensure!(records.len() == 1, "{} records", records.len());
        Ok(records.remove(0))
    }

    /// The records of all sign-ins, newest first.
    pub(super) fn sign_ins(&self) -> anyhow::Result<Vec<Value>> {
        let mut records = self.usher.audit()?;
        records.retain(|record| record["kind"] == "sign_in");
        Ok(records)
    }
}

/// What the policy read at a pointer.
pub(super) fn read(record: &Value, pointer: &str) -> Value {
    let mut reads = record["reads"].as_array().into_iter().flatten();
    let found = reads.find(|read| read["pointer"] == pointer);
    found
        .unwrap_or_else(|| panic!("{pointer} was not read: {}", record["reads"]))
        .clone()
}

/// What a rule of the policy found.
pub(super) fn saw(record: &Value, rule: &str) -> String {
    let mut trace = record["trace"].as_array().into_iter().flatten();
    let found = trace.find(|step| step["rule"] == rule);
    let found = found.unwrap_or_else(|| panic!("no {rule}: {}", record["trace"]));
    found["saw"].as_str().unwrap_or_default().to_owned()
}
