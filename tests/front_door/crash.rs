//! Losing the process at any instant leaves no session without its audit record, and no
//! decision half applied.

use std::time::Duration;

use anyhow::Context;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use url::Url;
use usher_tests::provider::{Person, Provider};
use usher_tests::server::Installation;
use usher_tests::visitor::Visitor;

use crate::USHER;

const AT_ONCE: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn kill_9_during_fifty_sign_ins_leaves_nothing_half_done() -> anyhow::Result<()> {
    let provider = Provider::start();
    let installation = Installation::new(USHER)
        .with_all(provider.settings("keycloak"))
        .with(variable("default_company"), "acme")
        .with(variable("groups__enabled"), "true");
    installation.must(&["company", "create", "--id", "acme", "--name", "Acme"])?;
    installation.must(&["group", "create", "--company", "acme", "research"])?;

    let mut sessions = 0;
    for round in 0..4_u64 {
        let server = installation.serve().await?;
        let mut visits = Vec::new();
        for number in 0..AT_ONCE {
            provider.sign_in_as(person(round, number));
            visits.push(on_the_way_back(&server.origin).await?);
        }
        let visits: Vec<_> = visits
            .into_iter()
            .map(|(mut visitor, callback)| {
                tokio::spawn(async move { visitor.get(callback).await.map(drop) })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(40 + 250 * round * round)).await;
        server.kill()?;
        for visit in visits {
            // Most are cut off; what counts is what lies in the database.
            let _ = visit.await?;
        }
        sessions = check(&installation).await?;
    }
    assert!(sessions > 0, "no sign-in was completed in any round");

    let server = installation.serve().await?;
    provider.sign_in_as(person(9, 9));
    let (mut visitor, callback) = on_the_way_back(&server.origin).await?;
    visitor.get(callback).await?;
    let session = visitor.get(server.url("/api/v1/session")).await?;
    assert_eq!(session.status, 200, "{session}");
    Ok(())
}

fn variable(key: &str) -> String {
    format!("CLEARML__services__login__sso__oauth_client__keycloak__{key}")
}

fn person(round: u64, number: usize) -> Person {
    Person::new(&format!("person-{round}-{number}")).groups(["research"])
}

/// A visitor who has said yes at the provider, and the address that it sends them back to.
async fn on_the_way_back(origin: &str) -> anyhow::Result<(Visitor, Url)> {
    let mut visitor = Visitor::new();
    let page = visitor.get(format!("{origin}/login")).await?;
    let back = |url: &Url| url.path().starts_with("/callback_");
    let page = visitor.settle_until(page, back).await?;
    let callback = page.redirect().context("the provider sends nobody back")?;
    Ok((visitor, callback))
}

/// Every row has what it rests on; says how many sessions there are.
async fn check(installation: &Installation) -> anyhow::Result<i64> {
    let options = SqliteConnectOptions::new().filename(installation.path("usher.db"));
    let database = SqlitePool::connect_with(options).await?;
    let count = async |sql: &'static str| -> anyhow::Result<i64> {
        let counted = sqlx::query_scalar(sql).fetch_one(&database).await;
        counted.with_context(|| sql.to_owned())
    };
    for (what, sql) in [
        (
            "sessions without an admitted record",
            "SELECT count(*) FROM sessions s WHERE NOT EXISTS (SELECT 1 FROM audit a
             WHERE a.reference = s.reference AND a.outcome = 'admitted')",
        ),
        (
            "admitted records without a session",
            "SELECT count(*) FROM audit a WHERE a.outcome = 'admitted' AND NOT EXISTS
             (SELECT 1 FROM sessions s WHERE s.reference = a.reference)",
        ),
        (
            "users without an identity, a membership, their group or a session",
            "SELECT count(*) FROM users u WHERE
             NOT EXISTS (SELECT 1 FROM identities i WHERE i.user_id = u.id)
             OR NOT EXISTS (SELECT 1 FROM memberships m WHERE m.user_id = u.id)
             OR NOT EXISTS (SELECT 1 FROM group_members g WHERE g.user_id = u.id
                            AND g.group_name = 'research' AND g.origin = 'idp')
             OR NOT EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = u.id)",
        ),
    ] {
        assert_eq!(count(sql).await?, 0, "{what}");
    }
    let sound: String = sqlx::query_scalar("PRAGMA integrity_check")
        .fetch_one(&database)
        .await?;
    assert_eq!(sound, "ok");
    count("SELECT count(*) FROM sessions").await
}
