//! What lies in the database, and whether each row has what it rests on.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, ensure};
use serde_json::Value;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, FromRow};

use crate::acme::{Acme, read, sign_ins};

/// Two columns of a table.
type Pair = (String, String);

/// Everything that a sign-in leaves behind.
#[derive(Clone)]
pub(super) struct Evidence {
    /// Reference and user of every session.
    sessions: Vec<Pair>,
    /// The admitted records, oldest first, with the claims that were read.
    admitted: Vec<Value>,
    users: BTreeSet<String>,
    identities: BTreeMap<String, usize>,
    companies: BTreeMap<String, String>,
    /// The groups of origin `idp` by user.
    groups: BTreeMap<String, BTreeSet<String>>,
    administrators: BTreeSet<String>,
    integrity: String,
    foreign_keys: usize,
}

impl Evidence {
    pub(super) async fn of(site: &Acme) -> anyhow::Result<Self> {
        let mut admitted = sign_ins(site.usher.audit()?);
        admitted.retain(|record| record["outcome"] == "admitted");
        admitted.reverse();
        let mut database = site.database().await?;
        let database = &mut database;
        let mut identities = BTreeMap::new();
        for (user,) in rows::<(String,)>(database, "SELECT user_id FROM identities").await? {
            *identities.entry(user).or_default() += 1;
        }
        let mut groups: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let members = "SELECT user_id, group_name FROM group_members WHERE origin = 'idp' AND company_id = 'acme'";
        for (user, group) in rows::<Pair>(database, members).await? {
            groups.entry(user).or_default().insert(group);
        }
        let memberships = "SELECT user_id, company_id FROM memberships";
        let administrators = "SELECT user_id FROM administrators WHERE origin = 'idp'";
        let integrity: Vec<(String,)> = rows(database, "PRAGMA integrity_check").await?;
        let dangling = "SELECT \"table\" FROM pragma_foreign_key_check";
        Ok(Self {
            sessions: rows(database, "SELECT reference, user_id FROM sessions").await?,
            admitted,
            users: column(rows(database, "SELECT id FROM users").await?),
            identities,
            companies: rows::<Pair>(database, memberships)
                .await?
                .into_iter()
                .collect(),
            groups,
            administrators: column(rows(database, administrators).await?),
            integrity: integrity.into_iter().map(|(line,)| line).collect(),
            foreign_keys: rows::<(String,)>(database, dangling).await?.len(),
        })
    }

    pub(super) fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// Sessions and admitted records are the same sign-ins, and the directory is exactly what
    /// they have decided, one after the other.
    pub(super) fn is_consistent(&self) -> anyhow::Result<()> {
        assert_eq!(self.integrity, "ok");
        assert_eq!(self.foreign_keys, 0, "rows that point nowhere");
        let mut of_records = BTreeSet::new();
        for record in &self.admitted {
            of_records.insert((text(record, "ref")?, text(record, "user")?));
        }
        let of_sessions: BTreeSet<Pair> = self.sessions.iter().cloned().collect();
        assert_eq!(of_sessions, of_records, "sessions and admitted records");
        assert_eq!(of_sessions.len(), self.sessions.len(), "one each");

        let recorded: BTreeSet<String> = of_records.into_iter().map(|(_, user)| user).collect();
        assert_eq!(self.users, recorded, "no user without a sign-in");
        for user in &self.users {
            assert_eq!(self.identities.get(user), Some(&1), "identities of {user}");
        }
        assert_eq!(self.identities.len(), self.users.len());

        let decided = self.decided()?;
        let companies: BTreeMap<_, _> = decided
            .iter()
            .map(|(user, decided)| (user.clone(), decided.company.clone()))
            .collect();
        assert_eq!(self.companies, companies);
        for (user, decided) in &decided {
            let groups = self.groups.get(user).cloned().unwrap_or_default();
            assert_eq!(groups, decided.groups, "groups of {user}");
            let admin = self.administrators.contains(user);
            assert_eq!(admin, decided.admin, "whether {user} is an administrator");
        }
        Ok(())
    }

    /// The same with one part missing each.
    pub(super) fn halves(&self) -> Vec<(&'static str, Self)> {
        let without = |part, take: fn(&mut Self)| {
            let mut half = self.clone();
            take(&mut half);
            (part, half)
        };
        vec![
            without("sessions", |half| half.sessions.clear()),
            without("records", |half| half.admitted.clear()),
            without("users", |half| half.users.clear()),
            without("identities", |half| half.identities.clear()),
            without("memberships", |half| half.companies.clear()),
            without("groups", |half| half.groups.clear()),
            without("administrators", |half| half.administrators.clear()),
        ]
    }

    /// The records' effects, replayed; each must also be what its claims ask for.
    fn decided(&self) -> anyhow::Result<BTreeMap<String, Decided>> {
        let mut decided: BTreeMap<String, Decided> = BTreeMap::new();
        for record in &self.admitted {
            let person = decided.entry(text(record, "user")?).or_default();
            person.company = text(record, "company")?;
            for group in names(&record["groups"]["added"]) {
                ensure!(person.groups.insert(group), "joined twice: {record}");
            }
            for group in names(&record["groups"]["removed"]) {
                ensure!(
                    person.groups.remove(&group),
                    "left what they were not in: {record}"
                );
            }
            match text(record, "admin")?.as_str() {
                "granted" => ensure!(!std::mem::replace(&mut person.admin, true), "{record}"),
                "revoked" => ensure!(std::mem::replace(&mut person.admin, false), "{record}"),
                _ => {}
            }
            let mut claimed = names(&read(record, "/groups")?["value"]);
            claimed.remove("ghosts");
            assert_eq!(person.groups, claimed, "what was claimed: {record}");
            let roles = names(&read(record, "/realm_access/roles")?["value"]);
            assert_eq!(person.admin, roles.contains("admin"), "{record}");
        }
        Ok(decided)
    }
}

/// What all sign-ins of a person together come to.
#[derive(Debug, Default)]
struct Decided {
    company: String,
    groups: BTreeSet<String>,
    admin: bool,
}

async fn rows<T>(database: &mut SqliteConnection, sql: &str) -> anyhow::Result<Vec<T>>
where
    T: Send + Unpin + for<'r> FromRow<'r, sqlx::sqlite::SqliteRow>,
{
    let query = sqlx::query_as(AssertSqlSafe(sql.to_owned()));
    query
        .fetch_all(database)
        .await
        .with_context(|| sql.to_owned())
}

fn column(rows: Vec<(String,)>) -> BTreeSet<String> {
    rows.into_iter().map(|(value,)| value).collect()
}

fn text(record: &Value, key: &str) -> anyhow::Result<String> {
    let text = record[key].as_str().map(str::to_owned);
    text.with_context(|| format!("no {key}: {record}"))
}

fn names(list: &Value) -> BTreeSet<String> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(|name| name.as_str().map(str::to_owned))
        .collect()
}
