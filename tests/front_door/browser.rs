//! That the browser and what looks through it see what is wrong with a page.

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use usher_tests::chromium::{Chromium, Theme};

const BAD_PAGE: &str = "<!doctype html><html lang=en><title>Bad</title>
<meta name=viewport content='width=device-width'>
<style>body{background:#fff} @media (prefers-color-scheme:dark){body{background:#111;color:#eee}}</style>
<main><h1>Bad</h1><p style='color:#bbb;background:#fff'>Hard to read</p>
<input name=unlabelled><p id=js>no script</p><div style='width:700px'>wide</div></main>
<script>document.getElementById('js').textContent='script ran'; console.error('something is wrong')</script>";

#[tokio::test]
async fn defects_of_a_page_are_found() -> anyhow::Result<()> {
    let Some(chromium) = Chromium::start().await? else {
        return Ok(());
    };
    let url = serve(BAD_PAGE).await?;
    chromium.open(&url).await?;
    assert!(chromium.text().await?.contains("script ran"));
    let rules: Vec<String> = chromium
        .axe()
        .await?
        .into_iter()
        .map(|found| found.rule)
        .collect();
    assert!(rules.contains(&"color-contrast".to_owned()), "{rules:?}");
    assert!(rules.contains(&"label".to_owned()), "{rules:?}");
    let console = chromium.console().await?;
    assert!(
        console
            .iter()
            .any(|line| line.contains("something is wrong")),
        "{console:?}"
    );

    assert!(chromium.fits().await?);
    let pictures = chromium.pictures("bad-page").await?;
    assert_eq!(pictures.len(), 4);
    assert_ne!(
        std::fs::read(&pictures[0])?,
        std::fs::read(&pictures[1])?,
        "dark looks different"
    );
    chromium.look(Theme::Dark, 320).await?;
    assert!(!chromium.fits().await?, "700 pixels do not fit into 320");

    chromium.scripts(false).await?;
    chromium.open(&url).await?;
    assert!(chromium.text().await?.contains("no script"));
    chromium.quit().await
}

async fn serve(page: &'static str) -> anyhow::Result<String> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let router = Router::new().route("/", get(async move || Html(page)));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(url)
}
