//! Databases that cannot be used, at the start and later.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, Executor};
use usher_tests::provider::Person;
use usher_tests::server::Installation;
use usher_tests::visitor::Visitor;

use super::{Error, complete, errors, only, refused};
use crate::USHER;
use crate::acme::{Acme, sign_ins};

const INTO_ACME: (&str, &str) = ("default_company", "acme");
const SETTING: &str = "USHER__DATABASE_URL";

fn at(installation: Installation, path: &Path) -> Installation {
    installation.with(SETTING, format!("sqlite://{}", path.display()))
}

/// A database with a company in it, all in one file.
async fn database(installation: &Installation) -> anyhow::Result<()> {
    installation.must(&["company", "create", "--id", "acme", "--name", "Acme"])?;
    let mut connection = connect(&installation.path("usher.db")).await?;
    connection
        .execute("PRAGMA wal_checkpoint(TRUNCATE)")
        .await?;
    Ok(connection.close().await?)
}

async fn connect(path: &Path) -> anyhow::Result<SqliteConnection> {
    let options = SqliteConnectOptions::new().filename(path);
    Ok(options.create_if_missing(true).connect().await?)
}

/// Neither the service nor a command works with it; both name the file and say the same.
fn unusable(installation: &Installation, path: &Path) -> anyhow::Result<Error> {
    let served = only(refused(installation)?);
    let answer = installation.run(&["company", "list"])?;
    assert_eq!(answer.code, Some(2), "{answer:#?}");
    let listed = only(errors(&answer));
    let path = path.display().to_string();
    for error in [&served, &listed] {
        assert!(error.what.contains(&path), "{error:#?}");
        assert!(error.place.contains(SETTING), "{error:#?}");
    }
    assert_eq!((&served.what, &served.fix), (&listed.what, &listed.fix));
    Ok(served)
}

#[tokio::test]
async fn a_file_that_is_no_database_of_ours_is_named_and_left_alone() -> anyhow::Result<()> {
    let installation = complete();
    database(&installation).await?;
    let whole = fs::read(installation.path("usher.db"))?;

    let foreign = installation.path("foreign.db");
    let mut connection = connect(&foreign).await?;
    connection.execute("CREATE TABLE tasks (id TEXT)").await?;
    connection.close().await?;
    let garbage = installation.path("garbage.db");
    fs::write(&garbage, "this is no database, and long ".repeat(99))?;
    let cut = installation.path("cut.db");
    fs::write(&cut, &whole[..whole.len() / 3])?;
    for (path, what) in [
        (foreign, "belongs to another program"),
        (garbage, "not a SQLite database"),
        (cut, "damaged"),
    ] {
        let before = fs::read(&path)?;
        let error = unusable(&at(complete(), &path), &path)?;
        assert!(error.what.contains(what), "{error:#?}");
        let same = fs::read(&path)? == before;
        assert!(same, "{what}: the file was changed");
        let key = path.with_extension("db.key");
        assert!(!key.exists(), "a key was left next to it");
    }
    Ok(())
}

#[test]
fn a_folder_that_is_missing_or_a_folder_instead_of_a_file_is_named() -> anyhow::Result<()> {
    let installation = complete();
    let folder = installation.path("folder.db");
    fs::create_dir(&folder)?;
    let error = unusable(&at(complete(), &folder), &folder)?;
    assert!(error.what.contains("is a folder"), "{error:#?}");

    let missing = installation.path("no/such/folder/usher.db");
    let error = unusable(&at(complete(), &missing), &missing)?;
    let make = installation.path("no/such/folder").display().to_string();
    assert_eq!(error.fix, format!("make it: mkdir -p {make}"));
    assert!(!installation.path("no").exists(), "nothing is made unasked");
    Ok(())
}

#[tokio::test]
async fn a_database_that_is_read_only_is_named_even_for_root() -> anyhow::Result<()> {
    let installation = complete();
    database(&installation).await?;
    let path = installation.path("usher.db");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400))?;
    let error = unusable(&installation, &path)?;
    assert!(error.what.contains("read-only"), "{error:#?}");
    assert_eq!(
        error.fix,
        format!("make it writable: chmod u+w {}", path.display())
    );

    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    let server = installation.serve().await?;
    assert_eq!(server.stop()?, Some(0), "the fix is one");
    Ok(())
}

#[tokio::test]
async fn a_file_system_that_is_read_only_is_named() -> anyhow::Result<()> {
    // A mount of its own needs rights that not every container gives.
    const SCRIPT: &str = r#"#!/bin/sh
exec unshare -m sh -c '
    mount --bind "$READ_ONLY" "$READ_ONLY" || exit 77
    mount -o remount,bind,ro "$READ_ONLY" || exit 77
    exec "$USHER" "$@"' sh "$@"
"#;
    let made = complete();
    database(&made).await?;
    let script = made.path("read-only");
    fs::write(&script, SCRIPT)?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700))?;
    let folder = made.path("data");
    fs::create_dir(&folder)?;
    fs::copy(made.path("usher.db"), folder.join("usher.db"))?;
    let read_only = |name: &str| {
        let base = complete_with(&script)
            .with("READ_ONLY", folder.display().to_string())
            .with("USHER", USHER);
        at(base, &folder.join(name))
    };
    let probe = read_only("usher.db").run(&["--version"])?;
    if probe.code != Some(0) {
        eprintln!("not possible here, only the file's permissions were tried: {probe:?}");
        return Ok(());
    }
    for name in ["usher.db", "new.db"] {
        let error = unusable(&read_only(name), &folder.join(name))?;
        assert!(error.what.contains("Read-only file system"), "{error:#?}");
        assert!(error.fix.contains("write"), "{error:#?}");
    }
    Ok(())
}

/// [`complete`] for another program.
fn complete_with(binary: &Path) -> Installation {
    Installation::new(binary)
        .with(
            format!("{}base_url", super::SERVICES),
            "https://kc.example/realms/r",
        )
        .with(format!("{}client_id", super::SECURE), "clearml")
        .with(format!("{}client_secret", super::SECURE), super::CANARY)
}

#[tokio::test]
async fn a_database_that_is_locked_at_the_start_is_named_and_can_be_used_later()
-> anyhow::Result<()> {
    let installation = complete();
    database(&installation).await?;
    let path = installation.path("usher.db");
    let mut connection = connect(&path).await?;
    let lock = connection.begin_with("BEGIN IMMEDIATE").await?;
    let error = only(refused(&installation)?);
    assert!(error.what.contains("locked"), "{error:#?}");
    assert!(error.fix.contains("fuser"), "{error:#?}");
    assert_eq!(error.place, SETTING);
    lock.rollback().await?;
    let server = installation.serve().await?;
    assert_eq!(server.stop()?, Some(0));
    Ok(())
}

#[tokio::test]
async fn a_lock_that_ends_in_time_is_waited_for() -> anyhow::Result<()> {
    let installation = complete();
    database(&installation).await?;
    let mut connection = connect(&installation.path("usher.db")).await?;
    let lock = connection.begin_with("BEGIN IMMEDIATE").await?;
    let starts = tokio::spawn(async move { installation.serve().await });
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    lock.rollback().await?;
    assert_eq!(starts.await??.stop()?, Some(0));
    Ok(())
}

#[tokio::test]
async fn a_database_locked_for_long_lets_nobody_in_and_ends_no_session() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME]).await?;
    let mut ann = site.admitted(Person::new("ann")).await?;
    let directory = site.directory().await?;

    let mut database = site.database().await?;
    let lock = database.begin_with("BEGIN IMMEDIATE").await?;
    site.provider.sign_in_as(Person::new("ben"));
    let mut ben = Visitor::new();
    let page = ben.get(site.url("/login/start?provider=main")).await?;
    assert_eq!(page.status, 503, "{page}");
    assert_eq!(page.texts("h1"), ["Sign-in is not available right now"]);
    assert!(!page.body.contains("sqlite"), "{page}");
    assert_eq!(site.session_status(&mut ben).await?, 401);
    assert_eq!(
        site.session_status(&mut ann).await?,
        200,
        "who is in stays in"
    );
    let alive = ben.get(site.url("/livez")).await?;
    assert_eq!(alive.status, 200);
    lock.rollback().await?;

    assert_eq!(site.directory().await?, directory);
    assert_eq!(sign_ins(site.usher.audit()?).len(), 1);
    site.admitted(Person::new("ben")).await?;
    assert_eq!(site.session_status(&mut ann).await?, 200);
    let newest = site.newest_record()?;
    let outcome = newest["outcome"].as_str().context("an outcome")?;
    assert_eq!(outcome, "admitted");
    Ok(())
}
