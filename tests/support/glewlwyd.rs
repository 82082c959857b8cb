//! Debian's Glewlwyd: a provider in C that announces no `iss` in its responses, whose access
//! tokens are JWTs of another shape than Keycloak's, and whose logout tokens never expire.

use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};
use url::Url;

use crate::parts;
use crate::server::variable_of;
use crate::tied::{self, Tied};
use crate::visitor::{Page, Visitor};

const CLIENT: (&str, &str) = ("usher", "a-secret-of-32-bytes-or-even-more");
const TABLES: &str = "/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3";
const SCOPES: &str = "openid profile email";
const START_LIMIT: Duration = Duration::from_secs(60);

/// A running Glewlwyd with two people, `ann` and `bob`. Dropped, it is gone.
#[derive(Debug)]
pub struct Glewlwyd {
    url: String,
    administrator: Visitor,
    _folder: TempDir,
    _process: Tied,
}

impl Glewlwyd {
    /// Starts it for a service at this origin that calls the provider by this name. None, said
    /// loudly, where `cargo xtask test` has not brought it.
    ///
    /// # Errors
    /// It does not start or cannot be set up: with what it said.
    pub async fn start(origin: &str, name: &str) -> anyhow::Result<Option<Self>> {
        let Some(program) = parts::glewlwyd() else {
            return Ok(None);
        };
        let folder = tempfile::Builder::new()
            .prefix("glewlwyd-")
            .tempdir_in(parts::output())?;
        let port = parts::free_port();
        let process = run(&program, folder.path(), port).await?;
        let mut glewlwyd = Self {
            url: format!("http://127.0.0.1:{port}/api"),
            administrator: Visitor::new(),
            _folder: folder,
            _process: process,
        };
        glewlwyd.set_up(origin, name).await?;
        Ok(Some(glewlwyd))
    }

    /// Its issuer.
    pub fn issuer(&self) -> String {
        format!("{}/oidc", self.url)
    }

    /// The variables that connect a service with it under this provider name.
    pub fn settings(&self, name: &str) -> Vec<(String, String)> {
        [
            ("services", "base_url", self.issuer().as_str()),
            ("services", "get_info_from_access_token", "false"),
            ("secure", "client_id", CLIENT.0),
            ("secure", "client_secret", CLIENT.1),
        ]
        .map(|(place, key, value)| (variable_of(name, place, key), value.to_owned()))
        .into()
    }

    /// Signs with another key from now on, and publishes no other.
    ///
    /// # Errors
    /// It refuses.
    pub async fn rotate_keys(&mut self) -> anyhow::Result<()> {
        let place = "mod/plugin/oidc";
        let mut plugin: Value = self.ask(Method::GET, place, None).await?.json()?;
        let (private, public) = key()?;
        plugin["parameters"]["key"] = private.into();
        plugin["parameters"]["cert"] = public.into();
        self.ask(Method::PUT, place, Some(&plugin)).await?;
        self.ask(Method::PUT, &format!("{place}/reset"), None)
            .await?;
        Ok(())
    }

    /// Signs somebody in as the scripts of its own page would. `page` is the redirect that leads
    /// there; the answer is where a browser comes to rest.
    ///
    /// # Errors
    /// It does not take the password, or shows something else than its page.
    pub async fn sign_in(
        &self,
        visitor: &mut Visitor,
        page: Page,
        name: &str,
    ) -> anyhow::Result<Page> {
        let page = visitor.settle(page).await?;
        let back = parameter(&page.url, "callback_url").with_context(|| page.to_string())?;
        let proof = json!({"username": name, "password": format!("{name}-password")});
        self.as_script(visitor, Method::POST, "auth/", Some(&proof))
            .await?;
        let grant = format!("auth/grant/{}/", CLIENT.0);
        let scopes = json!({"scope": SCOPES});
        self.as_script(visitor, Method::PUT, &grant, Some(&scopes))
            .await?;
        let page = visitor.get(format!("{back}&g_continue")).await?;
        visitor.settle(page).await
    }

    /// Ends a session as its page does once somebody has said yes there, and goes where it leads.
    ///
    /// # Errors
    /// It shows something else than its page.
    pub async fn sign_out(&self, visitor: &mut Visitor, page: Page) -> anyhow::Result<Page> {
        let page = visitor.settle(page).await?;
        let named = |name| parameter(&page.url, name).with_context(|| page.to_string());
        let (sid, back) = (named("sid")?, named("callback_url")?);
        let place = format!("oidc/session/{sid}/");
        self.as_script(visitor, Method::DELETE, &place, None)
            .await?;
        let page = visitor.get(back).await?;
        visitor.settle(page).await
    }

    /// The addresses that its sign-out page would load in frames, with what it adds to them.
    ///
    /// # Errors
    /// It does not say.
    pub async fn frames(&self, visitor: &mut Visitor, page: &Page) -> anyhow::Result<Vec<Url>> {
        let sid = parameter(&page.url, "sid").with_context(|| page.to_string())?;
        let place = format!("oidc/session/{sid}/{}", CLIENT.0);
        let told = self.as_script(visitor, Method::GET, &place, None).await?;
        let told: Value = told.json()?;
        let clients = told["client"].as_array().context("clients")?;
        let addresses = clients.iter().filter_map(|client| {
            let address = client["frontchannel_logout_uri"].as_str()?;
            let told = [("iss", self.issuer()), ("sid", sid.clone())];
            Url::parse_with_params(address, told).ok()
        });
        Ok(addresses.collect())
    }

    async fn set_up(&mut self, origin: &str, name: &str) -> anyhow::Result<()> {
        let proof = json!({"username": "admin", "password": "password"});
        self.ask(Method::POST, "auth/", Some(&proof)).await?;
        let plugin = plugin(&self.issuer())?;
        self.ask(Method::POST, "mod/plugin/", Some(&plugin)).await?;

        // What clients may have beyond what Debian's tables foresee.
        let place = "mod/client/database";
        let mut module: Value = self.ask(Method::GET, place, None).await?.json()?;
        for (property, multiple) in [
            ("post_logout_redirect_uris", true),
            ("backchannel_logout_uri", false),
            ("frontchannel_logout_uri", false),
            ("frontchannel_logout_session_required", false),
        ] {
            module["parameters"]["data-format"][property] =
                json!({"multiple": multiple, "read": true, "write": true});
        }
        self.ask(Method::PUT, place, Some(&module)).await?;
        self.ask(Method::PUT, &format!("{place}/reset"), None)
            .await?;

        for scope in ["profile", "email"] {
            let scope = json!({"name": scope, "password_required": true, "scheme": {}});
            self.ask(Method::POST, "scope/", Some(&scope)).await?;
        }
        for person in ["ann", "bob"] {
            let person = json!({
                "username": person,
                "password": format!("{person}-password"),
                "name": format!("{person} Example"),
                "email": format!("{person}@example.com"),
                "scope": SCOPES.split(' ').collect::<Vec<_>>(),
                "enabled": true,
            });
            self.ask(Method::POST, "user/?source=database", Some(&person))
                .await?;
        }
        let client = json!({
            "client_id": CLIENT.0,
            "client_secret": CLIENT.1,
            "name": "Usher",
            "confidential": true,
            "enabled": true,
            "redirect_uri": [format!("{origin}/callback_{name}")],
            "authorization_type": ["code"],
            "token_endpoint_auth_method": ["client_secret_basic"],
            "scope": [],
            "post_logout_redirect_uris": [format!("{origin}/logout/done")],
            "backchannel_logout_uri": format!("{origin}/backchannel_logout_{name}"),
            "frontchannel_logout_uri": format!("{origin}/frontchannel_logout_{name}"),
            "frontchannel_logout_session_required": "true",
        });
        self.ask(Method::POST, "client/?source=database", Some(&client))
            .await?;
        Ok(())
    }

    async fn ask(
        &mut self,
        method: Method,
        place: &str,
        what: Option<&Value>,
    ) -> anyhow::Result<Page> {
        let mut administrator = std::mem::take(&mut self.administrator);
        let page = self
            .as_script(&mut administrator, method, place, what)
            .await;
        self.administrator = administrator;
        page
    }

    /// What a script on one of its pages would ask of its API.
    async fn as_script(
        &self,
        visitor: &mut Visitor,
        method: Method,
        place: &str,
        what: Option<&Value>,
    ) -> anyhow::Result<Page> {
        let url = format!("{}/{place}", self.url);
        let page = visitor.call(method.clone(), url, what).await?;
        ensure!(page.status == 200, "{method} {place}: {page}");
        Ok(page)
    }
}

/// The plugin that speaks OpenID Connect.
fn plugin(issuer: &str) -> anyhow::Result<Value> {
    let (private, public) = key()?;
    Ok(json!({
        "module": "oidc",
        "name": "oidc",
        "display_name": "OpenID Connect",
        "enabled": true,
        "parameters": {
            "iss": issuer,
            "jwt-type": "rsa",
            "jwt-key-size": "256",
            "key": private,
            "cert": public,
            "access-token-duration": 3600,
            "refresh-token-duration": 1_209_600,
            "code-duration": 600,
            "refresh-token-rolling": false,
            "allow-non-oidc": false,
            "auth-type-code-enabled": true,
            "auth-type-token-enabled": false,
            "auth-type-id-token-enabled": true,
            "auth-type-none-enabled": false,
            "auth-type-password-enabled": false,
            "auth-type-client-enabled": false,
            "auth-type-refresh-enabled": false,
            "pkce-allowed": true,
            "pkce-method-plain-allowed": false,
            "subject-type": "public",
            "allowed-scope": SCOPES.split(' ').collect::<Vec<_>>(),
            "session-management-allowed": true,
            "session-cookie-name": "GLEWLWYD2_OIDC_SESSION",
            "session-cookie-expiration": 2_419_200,
            "front-channel-logout-allowed": true,
            "back-channel-logout-allowed": true,
            "name-claim": "on-demand",
            "name-claim-scope": ["profile"],
            "email-claim": "on-demand",
            "email-claim-scope": ["email"],
        },
    }))
}

/// A new key in PEM, both halves.
fn key() -> anyhow::Result<(String, String)> {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048)?;
    let private = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair)?;
    let public = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key())?;
    Ok((
        pem("PRIVATE KEY", private.as_ref()),
        pem("PUBLIC KEY", public.as_ref()),
    ))
}

fn pem(what: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut lines = String::new();
    for line in text.as_bytes().chunks(64) {
        lines.push_str(&String::from_utf8_lossy(line));
        lines.push('\n');
    }
    format!("-----BEGIN {what}-----\n{lines}-----END {what}-----\n")
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    let mut pairs = url.query_pairs();
    let (_, value) = pairs.find(|(key, _)| key == name)?;
    Some(value.into_owned())
}

/// Starts it with Debian's tables, and waits until it answers.
async fn run(program: &Path, folder: &Path, port: u16) -> anyhow::Result<Tied> {
    let tables = std::fs::read_to_string(TABLES).context(TABLES)?;
    let mut database = SqliteConnectOptions::new()
        .filename(folder.join("glewlwyd.db"))
        .create_if_missing(true)
        .connect()
        .await?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(tables))
        .execute(&mut database)
        .await?;
    drop(database);
    let configuration = include_str!("glewlwyd/glewlwyd.conf")
        .replace("@PORT@", &port.to_string())
        .replace("@FOLDER@", &folder.display().to_string());
    let file = folder.join("glewlwyd.conf");
    std::fs::write(&file, configuration)?;
    let log = folder.join("log");
    let mut command: Command = tied::command(program);
    command
        .arg(format!("--config-file={}", file.display()))
        .stdout(File::create(&log)?)
        .stderr(File::create(folder.join("errors"))?);
    let mut process = Tied::spawn(command).context("start glewlwyd")?;
    let deadline = Instant::now() + START_LIMIT;
    let ready = format!("http://127.0.0.1:{port}/config");
    loop {
        let answer = Visitor::new().get(&ready).await;
        if answer.is_ok_and(|page| page.status == 200) {
            return Ok(process);
        }
        let words = || std::fs::read_to_string(&log).unwrap_or_default();
        if let Some(status) = process.ended()? {
            bail!("glewlwyd ended with {status}:\n{}", words());
        }
        if Instant::now() > deadline {
            bail!("glewlwyd does not start:\n{}", words());
        }
        sleep(Duration::from_millis(50)).await;
    }
}
