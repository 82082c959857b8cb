//! Following `docs/how-to/keycloak.md`, and pasting the snippets that it links to, on the real
//! Keycloak.

use std::os::unix::fs::symlink;

use anyhow::{Context, ensure};
use reqwest::StatusCode;
use serde_json::{Value, json};
use usher_tests::keycloak::{self, Keycloak, password, variable};
use usher_tests::server::{Installation, Server};
use usher_tests::visitor::{Page, Visitor};

use super::settings::settings;
use super::{Document, root};
use crate::USHER;
use crate::snippets::SNIPPETS;

/// Where the page has the first people signed in.
const THEN_MORE: &str = "\n## Everybody into one company\n";

#[tokio::test]
async fn following_the_page_an_empty_database_gets_an_administrator_and_a_user()
-> anyhow::Result<()> {
    let Some(keycloak) = keycloak::running().await else {
        return Ok(());
    };
    let page = Document::open("docs/how-to/keycloak.md".to_owned())?;
    let (text, _) = page.text.split_once(THEN_MORE).context("the first part")?;
    let page = Document {
        text: text.to_owned(),
        ..page
    };
    let mut usher = Installation::new(USHER);
    let client = keycloak.register(usher.origin()).await?;
    for (name, value) in page.blocks("yaml").into_iter().flat_map(settings) {
        // The page's Keycloak, address and disk are others.
        let here = match name.rsplit("__").next() {
            Some("base_url") => keycloak.issuer(),
            Some("authorize_url") => format!("{}/protocol/openid-connect/auth", keycloak.issuer()),
            Some("access_token_url") => {
                format!("{}/protocol/openid-connect/token", keycloak.issuer())
            }
            Some("client_id") => client.id.clone(),
            Some("client_secret") => client.secret.clone(),
            _ if name.starts_with("USHER__") => continue,
            _ => value,
        };
        usher.set(name, here);
    }
    // The page starts the service before it has it looked over.
    let before = |command: &str| !later(command);
    type_commands(&mut usher, &page, before)?;
    let server = usher.serve().await?;

    for (name, verified) in [("ada", true), ("bert", true), ("cleo", false)] {
        let person = json!({
            "username": format!("{name}.northwind"), "email": format!("{name}@northwind.example"),
            "emailVerified": verified, "enabled": true, "firstName": name, "lastName": "North",
            "credentials": [{"type": "password", "value": password(name)}],
        });
        keycloak.administration().create("users", &person).await?;
    }
    for (name, admin) in [("ada", true), ("bert", false)] {
        let (mut visitor, page) = sign_in(&server, &format!("{name}.northwind"), name).await?;
        assert_eq!(page.status, StatusCode::OK, "{page}");
        let session = session(&mut visitor, &server).await?;
        let company = json!({"id": "northwind", "name": "Northwind Traders"});
        assert_eq!(session["company"], company);
        assert_eq!(session["admin"], json!(admin), "{name}");
    }
    let (_, page_of_cleo) = sign_in(&server, "cleo.northwind", "cleo").await?;
    assert_eq!(page_of_cleo.status, StatusCode::FORBIDDEN);
    type_commands(&mut usher, &page, later)?;
    assert_eq!(usher.audit()?[0]["code"], json!("email_unverified"));
    Ok(())
}

fn later(command: &str) -> bool {
    command.contains(" list") || command.contains(" doctor")
}

/// The commands of the page, as they are typed.
fn type_commands(
    usher: &mut Installation,
    page: &Document,
    wanted: impl Fn(&str) -> bool,
) -> anyhow::Result<()> {
    let bin = usher.path("bin");
    if !bin.is_dir() {
        std::fs::create_dir(&bin)?;
        symlink(USHER, bin.join("usher"))?;
        symlink(root().join("deploy").canonicalize()?, usher.path("deploy"))?;
    }
    usher.set("PATH", format!("{}:/usr/bin:/bin", bin.display()));
    let lines = page.blocks("console").into_iter().flat_map(str::lines);
    let mut typed = 0;
    for command in lines.filter_map(|line| line.strip_prefix("$ ")) {
        if wanted(command) {
            let answer = usher.shell(command)?;
            ensure!(answer.code == Some(0), "{command}: {answer:#?}");
            typed += 1;
        }
    }
    ensure!(typed > 1, "only {typed} commands were found");
    Ok(())
}

#[tokio::test]
async fn the_page_pasted_into_compose_or_helm_signs_people_in_as_it_says() -> anyhow::Result<()> {
    let Some(keycloak) = keycloak::running().await else {
        return Ok(());
    };
    let administration = keycloak.administration();
    administration.create_group("ClearML Admins").await?;
    administration
        .create_user("nora", &["ClearML Admins"])
        .await?;
    for snippet in SNIPPETS {
        let usher = Installation::new(USHER);
        let client = keycloak.register(usher.origin()).await?;
        let environment = snippet.environment_at(&keycloak.issuer(), &client.id, &client.secret)?;
        let usher = usher.with_all(environment);
        usher.must(&[
            "company",
            "create",
            "--id",
            "northwind",
            "--name",
            "Northwind",
        ])?;
        usher.must(&["group", "create", "--company", "northwind", "research"])?;
        let server = usher.serve().await?;
        signs_people_in(keycloak, &usher, &server)
            .await
            .context(snippet.path())?;
    }
    Ok(())
}

/// As the whole block of variables says: `default_company`, `groups__…`, `claims__name`,
/// `groups__admins`, the prohibition, userinfo, `idp_logout`.
async fn signs_people_in(
    keycloak: &Keycloak,
    usher: &Installation,
    server: &Server,
) -> anyhow::Result<()> {
    let (mut nora, page) = sign_in(server, "nora", "nora").await?;
    ensure!(page.status == StatusCode::OK, "{page}");
    let session_of_nora = session(&mut nora, server).await?;
    assert_eq!(session_of_nora["company"]["id"], json!("northwind"));
    assert_eq!(session_of_nora["user"]["name"], json!("nora"));
    assert_eq!(session_of_nora["admin"], json!(true));
    let (mut carol, page) = sign_in(server, "carol", "carol").await?;
    ensure!(page.status == StatusCode::OK, "{page}");
    let session_of_carol = session(&mut carol, server).await?;
    assert_eq!(session_of_carol["groups"], json!(["research"]));
    assert_eq!(session_of_carol["admin"], json!(false));
    let (_, page) = sign_in(server, "dave", "dave").await?;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "{page}");
    let records = usher.audit()?;
    assert_eq!(records[0]["code"], json!("group_required"));
    let reads = records[1]["reads"].as_array().context("reads")?;
    let groups = reads.iter().find(|read| read["pointer"] == "/groups");
    assert_eq!(groups.context("groups")?["source"], json!("userinfo"));

    let question = nora.get(server.url("/logout")).await?;
    let leaving = nora.submit(&question.form("main button")?).await?;
    let end = leaving.redirect().context("a redirect to Keycloak")?;
    ensure!(end.as_str().starts_with(&keycloak.issuer()), "{end}");
    Ok(())
}

async fn sign_in(server: &Server, username: &str, name: &str) -> anyhow::Result<(Visitor, Page)> {
    let mut visitor = Visitor::new();
    let page = visitor.get(server.url("/login")).await?;
    let form = visitor.settle(page).await?;
    let page = keycloak::sign_in(&mut visitor, form, username, &password(name)).await?;
    let page = visitor.settle(page).await?;
    Ok((visitor, page))
}

async fn session(visitor: &mut Visitor, server: &Server) -> anyhow::Result<Value> {
    let page = visitor.get(server.url("/api/v1/session")).await?;
    ensure!(page.status == StatusCode::OK, "{page}");
    page.json()
}

/// The settings that the page writes are those that the snippets hold.
#[test]
fn the_page_and_the_snippets_have_the_same_variables() -> anyhow::Result<()> {
    let page = Document::open("docs/how-to/keycloak.md".to_owned())?;
    let blocks = page.blocks("yaml");
    let mut written: Vec<String> = blocks.into_iter().flat_map(settings).map(|s| s.0).collect();
    written.sort();
    written.dedup();
    for snippet in SNIPPETS {
        let held: Vec<String> = snippet.environment()?.into_keys().collect();
        assert_eq!(held, written, "{}", snippet.path());
    }
    ensure!(written.contains(&variable("services", "admin_role")));
    Ok(())
}
