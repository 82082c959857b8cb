//! The API server of another team: it mounts Usher's router and protects its own handlers
//! with the extractor `SignedIn`.
//!
//! ```console
//! $ cargo run --example apiserver
//! ```

use std::net::SocketAddr;

use axum::extract::FromRef;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use usher::config::{Config, Environment};
use usher::{SignedIn, Usher};

/// This server's own state, with Usher in it.
#[derive(Clone)]
struct Server {
    usher: Usher,
    motto: &'static str,
}

impl FromRef<Server> for Usher {
    fn from_ref(server: &Server) -> Usher {
        server.usher.clone()
    }
}

/// Only whoever is signed in gets here; company, groups and administrator are current.
async fn projects(SignedIn(session): SignedIn) -> Json<Value> {
    Json(json!({
        "hello": session.user.name,
        "company": session.company.id,
        "groups": session.groups,
        "may_create": session.admin,
    }))
}

async fn motto(axum::extract::State(server): axum::extract::State<Server>) -> &'static str {
    server.motto
}

/// Builds Usher, and this server around it.
pub async fn serve(config: Config, listener: TcpListener) -> anyhow::Result<()> {
    let usher = usher::app::build(config, usher::app::Options::default()).await?;
    let server = Server {
        usher: usher.clone(),
        motto: "Ask Usher who it is.",
    };
    let router = Router::new()
        .route("/api/projects", get(projects))
        .route("/api/motto", get(motto))
        .with_state(server)
        .merge(usher::router(&usher));
    // Who is connected, for the rate limits.
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = usher::config::load(&Environment::of_process(), None)?;
    let listener = TcpListener::bind(config.host.listen).await?;
    println!("http://{}", listener.local_addr()?);
    serve(config, listener).await
}
