//! Shows every page with sample data and the real headers:
//! `cargo run --example pages`, then <http://127.0.0.1:8091/>.

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::middleware;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use usher::http::assets::Assets;
use usher::http::pages::Site;
use usher::http::security::{self, SecurityHeaders};
use usher::{domain, http};

#[path = "../src/http/pages/samples.rs"]
#[expect(
    clippy::unwrap_used,
    reason = "sample data is right or the example is broken"
)]
mod samples;

struct Shown {
    assets: Assets,
    site: Site,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let public_url =
        domain::PublicUrl::parse("http://127.0.0.1:8091").map_err(anyhow::Error::msg)?;
    let (assets, site) = samples::site("Acme Research", false);
    let router = Router::new()
        .route("/", get(index))
        .route("/{page}", get(page))
        .route("/assets/{name}", get(asset))
        .with_state(Arc::new(Shown { assets, site }))
        .layer(middleware::from_fn_with_state(
            SecurityHeaders::new(&public_url, Vec::new),
            security::headers,
        ));
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 8091)).await?;
    println!("{}", public_url.origin());
    axum::serve(listener, router).await?;
    Ok(())
}

async fn index(State(shown): State<Arc<Shown>>) -> Html<String> {
    let pages = samples::pages(&shown.site, "Acme");
    let links = pages
        .iter()
        .map(|(name, _)| format!("<p><a href=\"/{name}\">{name}</a>\n"));
    Html(links.collect())
}

async fn page(State(shown): State<Arc<Shown>>, Path(name): Path<String>) -> Response {
    let mut site = shown.site.clone();
    let name = match name.strip_prefix("dev-") {
        Some(name) => {
            site.development = true;
            name
        }
        None => &name,
    };
    let pages = samples::pages(&site, "Acme Staff");
    let page = pages.into_iter().find(|(known, _)| known == name);
    page.map_or(StatusCode::NOT_FOUND.into_response(), |(_, page)| page)
}

async fn asset(State(shown): State<Arc<Shown>>, Path(name): Path<String>) -> Response {
    let asset = shown.assets.serve(&name);
    asset.unwrap_or(StatusCode::NOT_FOUND.into_response())
}
