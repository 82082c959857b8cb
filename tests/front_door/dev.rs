//! `usher dev`: one command, and every sample user gets what the page promised.

use std::path::Path;

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use usher_tests::server::{Installation, Server};
use usher_tests::visitor::{Page, Visitor};

use crate::USHER;

/// What is promised to each sample user, and the heading of those who are refused.
const PROMISED: [(&str, &str, Option<&str>); 6] = [
    (
        "ada",
        "Gets in Administrator of Acme Robotics, in engineering",
        None,
    ),
    (
        "rico",
        "Gets in Administrator of Acme Robotics, in support",
        None,
    ),
    (
        "mia",
        "Gets in Member of Acme Robotics, in engineering",
        None,
    ),
    (
        "noa",
        "Refused group_required",
        Some("Your account is in no group that may use this service"),
    ),
    (
        "uma",
        "Refused email_unverified",
        Some("Your e-mail address is not verified"),
    ),
    ("ivo", "Gets in Administrator of Globex, in sales", None),
];

#[tokio::test]
async fn every_sample_user_gets_what_the_page_promised() -> anyhow::Result<()> {
    let installation = Installation::new(USHER);
    let server = installation.dev(&["--listen", "127.0.0.1:0"]).await?;
    let page = provider_page(&mut Visitor::new(), &server).await?;
    let offered = page.attributes("button[name='user']", "value");
    assert_eq!(offered, PROMISED.map(|(user, ..)| user));

    for (user, promise, refusal) in PROMISED {
        let promised = page.texts(&format!("[id='{user}-shows']"));
        assert_eq!(promised, [promise], "{user}");
        let mut visitor = Visitor::new();
        let arrived = sign_in_as(&mut visitor, &server, user).await?;
        let session = visitor.get(server.url("/api/v1/session")).await?;
        if let Some(heading) = refusal {
            assert_eq!(arrived.status, 403, "{user}: {arrived}");
            assert_eq!(arrived.texts("h1"), [heading]);
            assert_eq!(arrived.texts("#reference").len(), 1, "{user}: {arrived}");
            assert_eq!(session.status, 401, "{user}");
            assert_eq!(visitor.cookies.value("usher"), None, "{user}");
        } else {
            assert_eq!(arrived.status, 200, "{user}: {arrived}");
            assert_eq!(arrived.url.path(), "/account");
            let session = session.json()?;
            assert_eq!(standing(&session)?, promise, "{user}");
            assert_eq!(session["user"]["email"], format!("{user}@acme.example"));
            assert_eq!(session["attributes"], json!({}), "{user}");
            assert!(session["expires_at"].is_string(), "{session}");
        }
    }
    Ok(())
}

/// A session in the words of the provider's page.
fn standing(session: &Value) -> anyhow::Result<String> {
    let is = match session["admin"].as_bool().context("admin")? {
        true => "Administrator",
        false => "Member",
    };
    let company = session["company"]["name"].as_str().context("company")?;
    let groups = session["groups"].as_array().context("groups")?;
    let groups: Vec<&str> = groups.iter().filter_map(Value::as_str).collect();
    Ok(format!(
        "Gets in {is} of {company}, in {}",
        groups.join(", ")
    ))
}

#[tokio::test]
async fn the_url_stands_alone_on_the_first_line_and_nothing_is_left_behind() -> anyhow::Result<()> {
    let installation = Installation::new(USHER);
    let server = installation.dev(&["--listen", "127.0.0.1:0"]).await?;
    let printed = server.stdout();
    let mut lines = printed.lines();
    assert_eq!(lines.next(), Some(server.origin.as_str()));
    for name in ["Ada Adler", "Noa Novak"] {
        assert!(printed.contains(name), "{name}: {printed}");
    }
    let folder = installation.path(".");
    assert_eq!(data_folders(&folder)?.len(), 1, "there while it runs");
    sign_in_as(&mut Visitor::new(), &server, "ada").await?;
    assert_eq!(server.stop()?, Some(0));
    assert_eq!(data_folders(&folder)?, [""; 0], "gone after SIGTERM");
    Ok(())
}

#[test]
fn an_address_that_others_could_reach_is_refused() -> anyhow::Result<()> {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8080"] {
        let installation = Installation::new(USHER);
        let answer = installation.run(&["dev", "--listen", address])?;
        assert_eq!(answer.code, Some(2), "{answer:#?}");
        assert_eq!(answer.stdout, "", "no URL that leads nowhere");
        assert!(answer.stderr.contains("loopback"), "{}", answer.stderr);
        assert_eq!(data_folders(&installation.path("."))?, [""; 0]);
    }
    Ok(())
}

/// The folders of `usher dev` among the temporary files of an installation.
fn data_folders(folder: &Path) -> anyhow::Result<Vec<String>> {
    let names = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name()));
    let names: Vec<_> = names.collect::<anyhow::Result<_>>()?;
    let names = names.iter().map(|name| name.to_string_lossy().into_owned());
    Ok(names
        .filter(|name| name.starts_with("usher-dev-"))
        .collect())
}

async fn provider_page(visitor: &mut Visitor, server: &Server) -> anyhow::Result<Page> {
    let page = visitor.get(server.url("/login")).await?;
    let page = visitor.settle(page).await?;
    ensure!(page.url.path().contains("/realms/"), "not asked: {page}");
    Ok(page)
}

async fn sign_in_as(visitor: &mut Visitor, server: &Server, user: &str) -> anyhow::Result<Page> {
    let page = provider_page(visitor, server).await?;
    let form = page.form("form")?.fill("user", user);
    let page = visitor.submit(&form).await?;
    visitor.settle(page).await
}
