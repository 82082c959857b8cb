//! What all providers share: the public URL, the listener, the database, trust anchors.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Report;
use crate::app;
use crate::config::{Config, Problem};
use crate::domain::{DatabaseUrl, Entropy, Provider, PublicUrl};
use crate::oidc::Outbound;
use crate::seal::Vault;
use crate::store::Store;

/// What browsers see, and with it the session cookie.
pub(super) fn public_url(url: &PublicUrl, report: &mut Report<'_>) {
    let origin = url.origin();
    if url.is_https() {
        let what = format!("browsers see {origin}; the session cookie is __Host-usher and Secure");
        return report.fine("public URL", what);
    }
    let what = format!(
        "browsers see {origin}: plain http, which works on this machine only; the session cookie \
         is usher"
    );
    let fix = "for other people, set USHER__PUBLIC_URL to an https origin";
    report.attention("public URL", what, fix);
}

/// Whether a service runs where it is configured to listen.
pub(super) async fn listener(config: &Config, report: &mut Report<'_>) {
    let address = config.host.listen;
    match timeout(Duration::from_secs(2), TcpStream::connect(address)).await {
        Ok(Ok(_)) => report.fine("listener", format!("something listens on {address}")),
        _ => {
            let what = format!("nothing listens on {address}");
            report.attention("listener", what, "start the service: usher serve");
        }
    }
}

/// Opens the database; none is made.
pub(super) async fn database(config: &Config, report: &mut Report<'_>) -> Option<Store> {
    let place = config.place(None, "database_url");
    if let DatabaseUrl::Sqlite(path) = &config.host.database_url
        && !path.exists()
    {
        let what = format!("{} does not exist yet", path.display());
        let fix = "usher company create --id ID --name NAME makes it, and a first company; so does usher serve";
        report.attention("database", what, fix);
        return None;
    }
    let opened = async {
        let store = Store::open(&config.host.database_url).await?;
        store.ping().await?;
        let companies = store.companies().await?.len();
        anyhow::Ok((store, companies))
    };
    let (store, companies) = match opened.await {
        Ok(opened) => opened,
        Err(error) => {
            let Problem { what, place, fix } = Problem::of(&error, place);
            report.broken("database", format!("{what} ({place})"), fix);
            return None;
        }
    };
    match companies {
        0 => report.attention(
            "database",
            "it opens, and there is no company yet: nobody can be placed",
            "usher company create --id ID --name NAME",
        ),
        1 => report.fine("database", "it opens, and has one company"),
        n => report.fine("database", format!("it opens, and has {n} companies")),
    }
    Some(store)
}

/// Opens the key that seals what lies in the database; none is made.
pub(super) async fn key(
    config: &Config,
    store: &Store,
    entropy: Entropy,
    report: &mut Report<'_>,
) -> Option<Vault> {
    let place = config.place(None, "secret_key");
    if let (None, DatabaseUrl::Sqlite(path)) = (&config.host.secret_key, &config.host.database_url)
        && !app::key_file(path).exists()
    {
        let what = format!("{} is not there yet", app::key_file(path).display());
        let fix =
            "nothing before the first start, which makes it; after that, restore it from a copy";
        report.attention("secret key", what, fix);
        return None;
    }
    match app::open_vault(&config.host, store, &entropy).await {
        Ok(vault) => {
            report.fine("secret key", "it is the one that sealed the database");
            Some(vault)
        }
        Err(error) => {
            let Problem { what, place, fix } = Problem::of(&error, place);
            report.broken("secret key", format!("{what} ({place})"), fix);
            None
        }
    }
}

/// The client that all providers are reached with.
pub(super) fn trust(config: &Config, report: &mut Report<'_>) -> Option<Outbound> {
    let host = &config.host;
    match Outbound::new(host.oidc_ca_file.as_deref(), &host.oidc_allow_private) {
        Ok(outbound) => Some(outbound),
        Err(error) => {
            let place = config.place(None, "oidc.ca_file");
            let Problem { what, place, fix } = Problem::of(&error, place);
            report.broken("trust anchors", format!("{what} ({place})"), fix);
            None
        }
    }
}

/// A default company that does not exist would place everybody nowhere.
pub(super) async fn default_company(
    config: &Config,
    provider: &Provider,
    store: &Store,
    report: &mut Report<'_>,
) {
    let Some(company) = &provider.default_company else {
        let what = "none is set: invitations and domains decide who enters, and where";
        report.fine("default company", what);
        return;
    };
    match store.company_exists(company.as_str()).await {
        Ok(true) => report.fine("default company", format!("{company} exists")),
        Ok(false) => {
            let place = config.place(Some(&provider.name), "default_company");
            let what = format!("there is no company {company} ({place})");
            let fix = format!("usher company create --id {company} --name NAME");
            report.broken("default company", what, fix);
        }
        Err(error) => report.broken("default company", error.to_string(), ""),
    }
}
