use std::path::PathBuf;

use super::*;
use crate::domain::Secret;
use crate::store::StoreError;
use crate::store::fixture::{Fixture, at};

async fn complaint(path: PathBuf) -> String {
    let error = Store::open(&DatabaseUrl::Sqlite(path)).await.unwrap_err();
    format!("{error:#}")
}

async fn raw(path: &Path) -> SqliteConnection {
    use sqlx::ConnectOptions;
    let options = SqliteConnectOptions::new().filename(path);
    options.create_if_missing(true).connect().await.unwrap()
}

fn assert_says(complaint: &str, words: &[&str]) {
    for word in words {
        assert!(complaint.contains(word), "`{word}` is not in: {complaint}");
    }
}

#[cfg(unix)]
fn chmod(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_database_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let fixture = Fixture::new().await;
    fixture.store.ping().await.unwrap();
    for file in std::fs::read_dir(fixture.folder.path()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", file.path());
    }
}

#[tokio::test]
async fn a_missing_folder_is_named_with_the_command_that_makes_it() {
    let folder = tempfile::tempdir().unwrap();
    let said = complaint(folder.path().join("no/usher.db")).await;
    assert_says(&said, &["does not exist", "mkdir -p"]);
    assert_says(&complaint(folder.path().into()).await, &["is a folder"]);
}

#[tokio::test]
async fn what_is_no_database_of_ours_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(
        &text,
        "not a database, but long enough to be one".repeat(50),
    )
    .unwrap();
    let said = complaint(text.clone()).await;
    assert_says(&said, &["not a SQLite database", "USHER__DATABASE_URL"]);
    assert!(std::fs::read_to_string(&text).unwrap().starts_with("not a"));

    let other = folder.path().join("other.db");
    let mut conn = raw(&other).await;
    sqlx::query("CREATE TABLE theirs (a)")
        .execute(&mut conn)
        .await
        .unwrap();
    drop(conn);
    assert_says(&complaint(other).await, &["belongs to another program"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_read_only_database_or_folder_is_refused_with_what_to_do() {
    let fixture = Fixture::new().await;
    fixture.store.close().await;
    chmod(&fixture.path, 0o444);
    let said = complaint(fixture.path.clone()).await;
    assert_says(&said, &["read-only", "chmod u+w", "usher.db"]);
    chmod(&fixture.path, 0o600);
    chmod(fixture.folder.path(), 0o555);
    let said = complaint(fixture.path.clone()).await;
    assert_says(&said, &["the folder of the database", "read-only"]);
    chmod(fixture.folder.path(), 0o700);
    assert!(
        Store::open(&DatabaseUrl::Sqlite(fixture.path.clone()))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_and_unchanged() {
    let fixture = Fixture::new().await;
    let mut conn = raw(&fixture.path).await;
    sqlx::query(
        "INSERT INTO _sqlx_migrations
             (version, description, success, checksum, execution_time)
         VALUES (99, 'later', TRUE, x'00', 0)",
    )
    .execute(&mut conn)
    .await
    .unwrap();
    let said = complaint(fixture.path.clone()).await;
    assert_says(&said, &["newer Usher", "schema 99", "backup"]);
}

#[tokio::test]
async fn postgres_is_refused_without_showing_its_password() {
    let url = DatabaseUrl::Postgres(Secret::new("postgres://u:canary@h/d"));
    let said = format!("{:#}", Store::open(&url).await.unwrap_err());
    assert_says(&said, &["SQLite only"]);
    assert!(!said.contains("canary"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_processes_that_start_together_make_one_database() {
    let folder = tempfile::tempdir().unwrap();
    let mut starts = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let url = DatabaseUrl::Sqlite(folder.path().join("usher.db"));
        starts.spawn(async move { Store::open(&url).await });
    }
    for store in starts.join_all().await {
        store.unwrap().ping().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_that_write_wait_for_each_other() {
    let fixture = Fixture::new().await;
    let url = DatabaseUrl::Sqlite(fixture.path.clone());
    let other = Store::open(&url).await.unwrap();
    let mut writers = tokio::task::JoinSet::new();
    for n in 0..100 {
        let store = if n % 2 == 0 { &fixture.store } else { &other }.clone();
        writers.spawn(async move {
            let mut tx = store.begin().await.unwrap();
            let id = format!("c{n}").parse().unwrap();
            assert!(tx.insert_company(&id, "A company", at(0)).await.unwrap());
            tx.commit().await.unwrap();
        });
    }
    writers.join_all().await;
    assert_eq!(other.companies().await.unwrap().len(), 100);
}

#[tokio::test]
async fn a_database_that_stays_locked_is_unavailable_and_can_still_be_read() {
    let fixture = Fixture::new().await;
    let mut conn = raw(&fixture.path).await;
    sqlx::query("BEGIN EXCLUSIVE")
        .execute(&mut conn)
        .await
        .unwrap();
    let StoreError::Unavailable(reason) = fixture.store.begin().await.unwrap_err();
    assert_says(
        &format!("{reason:#}"),
        &["locked by another process", "fuser"],
    );
    assert!(fixture.store.companies().await.unwrap().is_empty());
    let said = complaint(fixture.path.clone()).await;
    assert_says(&said, &["usher.db", "locked by another process"]);
    sqlx::query("ROLLBACK").execute(&mut conn).await.unwrap();
    assert!(fixture.store.begin().await.is_ok());
}

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing_behind() {
    let fixture = Fixture::new().await;
    let acme = "acme".parse().unwrap();
    let mut tx = fixture.store.begin().await.unwrap();
    assert!(tx.insert_company(&acme, "Acme", at(0)).await.unwrap());
    drop(tx);
    let mut tx = fixture.store.begin().await.unwrap();
    assert!(!tx.company_exists(&acme).await.unwrap());
}

#[tokio::test]
async fn a_database_remembers_the_key_it_is_bound_to() {
    let fixture = Fixture::new().await;
    assert!(fixture.store.bind_key("0a").await.unwrap());
    assert!(fixture.store.bind_key("0a").await.unwrap());
    assert!(!fixture.store.bind_key("0b").await.unwrap());
}
