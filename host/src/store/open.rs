//! Opening a SQLite file: what can be wrong with it, and what to do then.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use sqlx::migrate::{Migrate, Migration, MigrationType};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, SqlSafeStr};

use super::Store;
use crate::clock::Stopwatch;
use crate::domain::DatabaseUrl;

/// How long a statement waits for another process that writes.
const BUSY: Duration = Duration::from_secs(4);
/// How long a task waits for a connection.
const QUEUE: Duration = Duration::from_secs(8);
const READERS: u32 = 4;

/// The table of migrations that were applied.
const LEDGER: &str = "_sqlx_migrations";
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (
        1,
        "first",
        include_str!("../../migrations/sqlite/0001_first.sql"),
    ),
    (
        2,
        "recovery",
        include_str!("../../migrations/sqlite/0002_recovery.sql"),
    ),
    (
        3,
        "logout_tokens",
        include_str!("../../migrations/sqlite/0003_logout_tokens.sql"),
    ),
    (
        4,
        "policies",
        include_str!("../../migrations/sqlite/0004_policies.sql"),
    ),
];

pub(super) async fn open(url: &DatabaseUrl) -> Result<Store> {
    let path = match url {
        DatabaseUrl::Sqlite(path) => path,
        DatabaseUrl::Postgres(_) => bail!(
            "USHER__DATABASE_URL: this build keeps its data in SQLite only; use sqlite://usher.db"
        ),
    };
    prepare(path)?;
    belongs_to_us(path)
        .await
        .map_err(|error| explain(path, error))?;
    let options = options(path);
    let write = writer(path, &options).await?;
    let read = readers(path, options).await?;
    Ok(Store { read, write })
}

/// The same to read from: bringing the schema up to date takes the write lock, so it is done
/// only where it is not.
pub(super) async fn open_to_read(url: &DatabaseUrl) -> Result<Store> {
    let path = match url {
        DatabaseUrl::Sqlite(path) if path.is_file() => path,
        _ => return open(url).await,
    };
    // Readers share memory in a file of their own, so they need the same permissions.
    prepare(path)?;
    if !is_current(path).await.unwrap_or(false) {
        return open(url).await;
    }
    let options = options(path);
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(QUEUE)
        .connect_lazy_with(options.clone());
    let read = readers(path, options).await?;
    Ok(Store { read, write })
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        // A session that was ended stays ended after a power cut.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
        .foreign_keys(true)
        // What is removed is overwritten.
        .pragma("secure_delete", "ON")
}

async fn readers(path: &Path, options: SqliteConnectOptions) -> Result<SqlitePool> {
    SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(QUEUE)
        .connect_with(options.pragma("query_only", "ON"))
        .await
        .map_err(|error| explain(path, error.into()))
}

/// Whether the schema is the one of this build.
async fn is_current(path: &Path) -> Result<bool> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY);
    let mut conn = options.connect().await?;
    let applied = conn.list_applied_migrations(LEDGER).await?;
    conn.close().await?;
    let applied: Vec<i64> = applied.iter().map(|known| known.version).collect();
    Ok(applied
        .iter()
        .eq(MIGRATIONS.iter().map(|(version, ..)| version)))
}

/// What to do about an error of the database, if that is known.
pub(super) fn advice(error: &sqlx::Error) -> Option<&'static str> {
    if matches!(error, sqlx::Error::PoolTimedOut) {
        return Some("too many requests wait for the database; look for a slow disk or a lock");
    }
    Some(match primary_code(error)? {
        5 | 6 => {
            "it is locked by another process; end that process (`fuser` on the file names it) and try again"
        }
        8 => "it is read-only; make the file and its folder writable for the user that runs Usher",
        10 => "the disk reports errors; check it, and restore the file from a backup if need be",
        11 => "it is damaged; restore it from a backup",
        13 => "the disk is full; make room",
        14 => {
            "it cannot be opened; check that its folder exists and that the user that runs Usher may write there"
        }
        26 => {
            "it is not a SQLite database; name another file in USHER__DATABASE_URL, or move this one away"
        }
        _ => return None,
    })
}

/// Finds what SQLite would only report in general words, and makes the file with its mode.
fn prepare(path: &Path) -> Result<()> {
    let shown = path.display();
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    ensure!(
        folder.is_dir(),
        "the folder of the database {shown} does not exist; make it: mkdir -p {}",
        folder.display()
    );
    ensure!(
        !path.is_dir(),
        "the database {shown} is a folder; name a file in it in USHER__DATABASE_URL"
    );
    let mut new = std::fs::OpenOptions::new();
    new.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut new, 0o600);
    match new.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => writable(path, folder),
        Err(error) => Err(error).with_context(|| {
            format!(
                "the database {shown} cannot be made; let the user that runs Usher write to {}",
                folder.display()
            )
        }),
    }
}

/// Whoever took all write permissions away meant it, even where root could still write.
fn writable(path: &Path, folder: &Path) -> Result<()> {
    for (what, path) in [
        ("the database", path),
        ("the folder of the database,", folder),
    ] {
        let shown = path.display();
        let metadata = std::fs::metadata(path).with_context(|| {
            format!("{what} {shown} cannot be looked at; check who may read it")
        })?;
        ensure!(
            !metadata.permissions().readonly(),
            "{what} {shown} is read-only; make it writable: chmod u+w {shown}"
        );
    }
    // Not every file system that is read-only says so in the file's permissions.
    let opened = std::fs::OpenOptions::new().write(true).open(path);
    opened.map(drop).with_context(|| {
        let shown = path.display();
        format!(
            "the database {shown} cannot be written to; let the user that runs Usher write to it"
        )
    })
}

/// The writing connection, after the schema is up to date. Where two processes make a database
/// together, SQLite tells one of them at once that it is locked: try again for a while.
async fn writer(path: &Path, options: &SqliteConnectOptions) -> Result<SqlitePool> {
    let since = Stopwatch::start();
    loop {
        let error = match try_writer(options).await {
            Ok(pool) => return Ok(pool),
            Err(error) => error,
        };
        let locked = error
            .downcast_ref()
            .is_some_and(|error| matches!(primary_code(error), Some(5 | 6)));
        if !locked || since.elapsed() > BUSY {
            return Err(explain(path, error));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn try_writer(options: &SqliteConnectOptions) -> Result<SqlitePool> {
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(QUEUE)
        .connect_with(options.clone())
        .await?;
    // Taking the write lock shows at start, not at the first sign-in, that it can be taken.
    let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
    migrate(&mut tx).await?;
    tx.commit().await?;
    Ok(pool)
}

/// Looks before anything is set: the journal mode is kept in the file, and another program's
/// stays as it is.
async fn belongs_to_us(path: &Path) -> Result<()> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY);
    let mut conn = options.connect().await?;
    is_ours(&mut conn).await?;
    Ok(conn.close().await?)
}

async fn is_ours(conn: &mut SqliteConnection) -> Result<()> {
    let (tables, ours): (i64, i64) = sqlx::query_as(
        "SELECT COUNT(*), COUNT(CASE WHEN name = '_sqlx_migrations' THEN 1 END)
         FROM sqlite_master WHERE type = 'table'",
    )
    .fetch_one(conn)
    .await?;
    ensure!(
        tables == 0 || ours == 1,
        "it belongs to another program; name another file in USHER__DATABASE_URL"
    );
    Ok(())
}

/// Brings the schema up to date, all inside the caller's transaction.
async fn migrate(conn: &mut SqliteConnection) -> Result<()> {
    is_ours(conn).await?;
    conn.ensure_migrations_table(LEDGER).await?;
    let applied = conn.list_applied_migrations(LEDGER).await?;
    let newest = MIGRATIONS
        .iter()
        .map(|(version, ..)| *version)
        .max()
        .unwrap_or_default();
    for known in &applied {
        ensure!(
            MIGRATIONS
                .iter()
                .any(|(version, ..)| *version == known.version),
            "it was made by a newer Usher (schema {}, this one knows {newest}); run that version, or restore a backup from before the upgrade",
            known.version
        );
    }
    for &(version, name, sql) in MIGRATIONS {
        let kind = MigrationType::Simple;
        let migration = Migration::new(version, name.into(), kind, sql.into_sql_str(), false);
        match applied.iter().find(|known| known.version == version) {
            Some(known) => ensure!(
                known.checksum == migration.checksum,
                "its schema {version} is not the one of this build; run the released version that made it"
            ),
            None => {
                conn.apply(LEDGER, &migration).await?;
            }
        }
    }
    Ok(())
}

fn explain(path: &Path, error: anyhow::Error) -> anyhow::Error {
    let advice = error.downcast_ref().and_then(advice);
    let shown = path.display();
    match advice {
        Some(advice) => error.context(format!("the database {shown}: {advice}")),
        None => error.context(format!("the database {shown} cannot be used")),
    }
}

/// SQLite's primary result code; the extended one is in the higher bits.
fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

#[cfg(test)]
mod tests;
