//! `usher dev`: one command, and every sample user gets what the page promised.

use usher_tests::server::Installation;
use usher_tests::visitor::Visitor;

use crate::USHER;

#[tokio::test]
async fn every_sample_user_gets_what_is_documented() -> anyhow::Result<()> {
    let installation = Installation::new(USHER);
    let server = installation.dev(&["--listen", "127.0.0.1:0"]).await?;
    let first = server.stdout();
    let first = first.lines().next().unwrap_or_default();
    assert_eq!(
        first, server.origin,
        "the URL stands alone on the first line"
    );

    for (user, company, groups, admin) in [
        ("ada", "acme", "engineering", true),
        ("rico", "acme", "support", true),
        ("mia", "acme", "engineering", false),
        ("ivo", "globex", "sales", true),
    ] {
        let mut visitor = sign_in_as(&server.origin, user).await?;
        let session = visitor.get(server.url("/api/v1/session")).await?.json()?;
        assert_eq!(session["company"]["id"], company, "{user}");
        assert_eq!(session["groups"], serde_json::json!([groups]), "{user}");
        assert_eq!(session["admin"], admin, "{user}");
    }
    for (user, words) in [("noa", "in no group"), ("uma", "not verified")] {
        let mut visitor = Visitor::new();
        let page = arrive(&mut visitor, &server.origin, user).await?;
        assert_eq!(page.status, 403, "{user}");
        assert!(page.text().contains(words), "{user}: {page}");
        let session = visitor.get(server.url("/api/v1/session")).await?;
        assert_eq!(session.status, 401, "{user}");
    }

    assert_eq!(server.stop()?, Some(0));
    let left: Vec<_> = std::fs::read_dir(installation.path("."))?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with("usher-dev-"))
        .collect();
    assert!(left.is_empty(), "left behind: {left:?}");
    Ok(())
}

#[test]
fn an_address_that_others_could_reach_is_refused() -> anyhow::Result<()> {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8080"] {
        let answer = Installation::new(USHER).run(&["dev", "--listen", address])?;
        assert_eq!(answer.code, Some(2), "{answer:#?}");
        assert!(answer.stderr.contains("loopback"), "{}", answer.stderr);
    }
    Ok(())
}

async fn sign_in_as(origin: &str, user: &str) -> anyhow::Result<Visitor> {
    let mut visitor = Visitor::new();
    let page = arrive(&mut visitor, origin, user).await?;
    assert_eq!(page.status, 200, "{user}: {page}");
    Ok(visitor)
}

async fn arrive(
    visitor: &mut Visitor,
    origin: &str,
    user: &str,
) -> anyhow::Result<usher_tests::visitor::Page> {
    let page = visitor.get(format!("{origin}/login")).await?;
    let page = visitor.settle(page).await?;
    let form = page.form("form")?.fill("user", user);
    let page = visitor.submit(&form).await?;
    visitor.settle(page).await
}
