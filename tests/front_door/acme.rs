//! A service with two companies, Acme and Beta, and the programmable provider.

use std::fmt::Write;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, ensure};
use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions};
use usher_tests::provider::{Person, Provider};
use usher_tests::server::{Installation, Server, variable_of};
use usher_tests::visitor::{Page, Visitor};

use crate::USHER;

/// The name of the provider where there is only one.
pub(crate) const MAIN: &str = "main";

/// Everything that a refused sign-in must leave alone.
const DIRECTORY: [&str; 9] = [
    "companies",
    "domains",
    "users",
    "identities",
    "memberships",
    "administrators",
    "user_groups",
    "group_members",
    "invitations",
];

/// The service, its provider, its folder. Acme has the groups `research` and `Operations`.
pub(crate) struct Acme {
    pub(crate) provider: Provider,
    pub(crate) usher: Installation,
    pub(crate) server: Server,
}

impl Acme {
    /// With one provider, [`MAIN`], that is set up like this.
    pub(crate) async fn start(settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        Self::start_with(&[(MAIN, settings)]).await
    }

    /// With several: each is the same provider under another name.
    pub(crate) async fn start_with(providers: &[(&str, &[(&str, &str)])]) -> anyhow::Result<Self> {
        let provider = Provider::start();
        let mut usher = furnished()?;
        for (name, settings) in providers {
            usher = connect(usher, &provider, name, settings);
        }
        Self::open(provider, usher).await
    }

    /// The same for an installation that the test has made.
    pub(crate) async fn open(provider: Provider, usher: Installation) -> anyhow::Result<Self> {
        let server = usher.serve().await?;
        Ok(Self {
            provider,
            usher,
            server,
        })
    }

    /// Ends the service and starts it with another setting of [`MAIN`].
    pub(crate) async fn restart(mut self, settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        self.server.stop()?;
        for (key, value) in settings {
            self.usher.set(variable(MAIN, key), *value);
        }
        Self::open(self.provider, self.usher).await
    }

    /// An address of the service.
    pub(crate) fn url(&self, path: &str) -> String {
        self.server.url(path)
    }

    /// Somebody signs in with a new browser, as far as it goes by itself.
    pub(crate) async fn sign_in(&self, person: Person) -> anyhow::Result<(Visitor, Page)> {
        let mut visitor = somebody();
        let page = self.sign_in_with(&mut visitor, MAIN, person).await?;
        Ok((visitor, page))
    }

    /// Somebody signs in with this browser and through this provider.
    pub(crate) async fn sign_in_with(
        &self,
        visitor: &mut Visitor,
        provider: &str,
        person: Person,
    ) -> anyhow::Result<Page> {
        self.provider.sign_in_as(person);
        let start = self.url(&format!("/login/start?provider={provider}"));
        let page = visitor.get(start).await?;
        visitor.settle(page).await
    }

    /// Somebody signs in who must be let in.
    pub(crate) async fn admitted(&self, person: Person) -> anyhow::Result<Visitor> {
        let (visitor, page) = self.sign_in(person).await?;
        ensure!(page.status == 200, "not let in: {page}");
        Ok(visitor)
    }

    /// Begins a sign-in and stops at the redirect (or form) that leads to the callback.
    pub(crate) async fn up_to_the_callback(
        &self,
        visitor: &mut Visitor,
        provider: &str,
    ) -> anyhow::Result<Page> {
        let start = self.url(&format!("/login/start?provider={provider}"));
        let page = visitor.get(start).await?;
        visitor
            .settle_until(page, |url| url.path().starts_with("/callback_"))
            .await
    }

    /// The same through [`MAIN`] for a place to return to, encoded as it goes over the wire.
    pub(crate) async fn up_to_the_callback_to(
        &self,
        visitor: &mut Visitor,
        place: &str,
    ) -> anyhow::Result<Page> {
        let start = format!("/login/start?provider={MAIN}&return_to={place}");
        let page = visitor.get(self.url(&start)).await?;
        visitor
            .settle_until(page, |url| url.path().starts_with("/callback_"))
            .await
    }

    /// `/api/v1/session` of somebody who is signed in.
    pub(crate) async fn session(&self, visitor: &mut Visitor) -> anyhow::Result<Value> {
        let page = visitor.get(self.url("/api/v1/session")).await?;
        ensure!(page.status == 200, "no session: {page}");
        page.json()
    }

    /// The status of `/api/v1/session`.
    pub(crate) async fn session_status(&self, visitor: &mut Visitor) -> anyhow::Result<u16> {
        let page = visitor.get(self.url("/api/v1/session")).await?;
        Ok(page.status.as_u16())
    }

    /// The newest audit record.
    pub(crate) fn newest_record(&self) -> anyhow::Result<Value> {
        let records = self.usher.audit()?;
        records.into_iter().next().context("no record")
    }

    /// A connection to the database beside the running service.
    pub(crate) async fn database(&self) -> anyhow::Result<SqliteConnection> {
        let options = SqliteConnectOptions::new().filename(self.usher.path("usher.db"));
        Ok(options.connect().await?)
    }

    /// Changes the database beside the running service.
    pub(crate) async fn execute(&self, sql: &str) -> anyhow::Result<u64> {
        let mut database = self.database().await?;
        let done = sqlx::query(AssertSqlSafe(sql.to_owned()))
            .execute(&mut database)
            .await?;
        Ok(done.rows_affected())
    }

    /// How many rows a table has.
    pub(crate) async fn count(&self, table: &str) -> anyhow::Result<i64> {
        let mut database = self.database().await?;
        let sql = AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        Ok(sqlx::query_scalar(sql).fetch_one(&mut database).await?)
    }

    /// All rows of the directory, as text.
    pub(crate) async fn directory(&self) -> anyhow::Result<String> {
        let mut database = self.database().await?;
        let mut dump = String::new();
        for table in DIRECTORY {
            let columns = sqlx::query_scalar::<_, String>(
                "SELECT group_concat('quote(' || name || ')', '||'',''||')
                 FROM pragma_table_info($1)",
            )
            .bind(table)
            .fetch_one(&mut database)
            .await?;
            let sql = format!("SELECT {columns} AS line FROM {table} ORDER BY line");
            let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql))
                .fetch_all(&mut database)
                .await?;
            for row in rows {
                writeln!(dump, "{table}: {row}")?;
            }
        }
        Ok(dump)
    }
}

/// A visitor at an address of their own, so that many are not taken for one who comes often.
pub(crate) fn somebody() -> Visitor {
    static ADDRESSES: AtomicU32 = AtomicU32::new(0);
    let address = Ipv4Addr::from(0x0a00_0001 + ADDRESSES.fetch_add(1, Ordering::Relaxed));
    Visitor::new().with_header("x-forwarded-for", &address.to_string())
}

/// An installation with the two companies, and no provider yet. The tests are its proxy.
pub(crate) fn furnished() -> anyhow::Result<Installation> {
    let usher = Installation::new(USHER).with("USHER__TRUSTED_PROXIES", "127.0.0.1/32");
    for (id, name) in [("acme", "Acme"), ("beta", "Beta")] {
        usher.must(&["company", "create", "--id", id, "--name", name])?;
    }
    for group in ["research", "Operations"] {
        usher.must(&["group", "create", "--company", "acme", group])?;
    }
    Ok(usher)
}

/// Connects an installation with the provider under a name.
pub(crate) fn connect(
    usher: Installation,
    provider: &Provider,
    name: &str,
    settings: &[(&str, &str)],
) -> Installation {
    let more = settings
        .iter()
        .map(|(key, value)| (variable(name, key), (*value).to_owned()));
    usher.with_all(provider.settings(name)).with_all(more)
}

/// The variable of a provider's setting.
pub(crate) fn variable(provider: &str, key: &str) -> String {
    const SECURE: [&str; 3] = ["client_id", "client_secret", "default_company"];
    let place = if SECURE.contains(&key) {
        "secure"
    } else {
        "services"
    };
    variable_of(provider, place, key)
}

/// The sign-in records, newest first.
pub(crate) fn sign_ins(records: Vec<Value>) -> Vec<Value> {
    records
        .into_iter()
        .filter(|record| record["kind"] == "sign_in")
        .collect()
}

/// What a record says was read at a pointer, wherever that was.
pub(crate) fn read<'a>(record: &'a Value, pointer: &str) -> anyhow::Result<&'a Value> {
    let reads = record["reads"].as_array().context("reads")?;
    let mut reads = reads.iter().filter(|read| read["pointer"] == pointer);
    reads
        .next()
        .with_context(|| format!("{pointer} was not read: {record}"))
}
