//! The commands beside a running service: what they do, print and end with.

mod apply;
mod cases;
mod changes;
mod directory;
mod interface;
mod links;
mod log;
mod measure;
mod people;
mod recovery;
mod tail;
mod talk;
mod users;

use anyhow::Context;
use serde_json::{Value, json};
use usher_tests::provider::Person;
use usher_tests::server::{Answer, Installation};

use crate::acme::Acme;

/// What a command that must succeed prints as JSON.
fn json_of(usher: &Installation, arguments: &[&str]) -> anyhow::Result<Value> {
    let printed = usher.must(&[arguments, &["--json"]].concat())?;
    serde_json::from_str(&printed).with_context(|| printed)
}

/// A table as its cells: columns are two blanks apart.
fn table_of(usher: &Installation, arguments: &[&str]) -> anyhow::Result<Vec<Vec<String>>> {
    let printed = usher.must(arguments)?;
    let cells = |line: &str| {
        let cells = line.split("  ").map(str::trim);
        cells
            .filter(|cell| !cell.is_empty())
            .map(str::to_owned)
            .collect()
    };
    Ok(printed.lines().map(cells).collect())
}

/// A command that changes something: nothing on standard output, and what it did on the other.
fn done(usher: &Installation, arguments: &[&str], said: &str) -> anyhow::Result<()> {
    let answer = usher.run(arguments)?;
    assert_eq!(answer.code, Some(0), "{arguments:?}: {answer:#?}");
    assert_eq!(answer.stdout, "", "{arguments:?}: talk goes to stderr");
    assert!(answer.stderr.contains(said), "{arguments:?}: {answer:#?}");
    Ok(())
}

/// A command that is refused, in three parts.
fn refused(usher: &Installation, arguments: &[&str], words: &[&str]) -> anyhow::Result<Answer> {
    let answer = usher.run(arguments)?;
    assert_eq!(answer.code, Some(1), "{arguments:?}: {answer:#?}");
    assert_eq!(answer.stdout, "", "{arguments:?}");
    assert!(answer.stderr.starts_with("error: "), "{answer:#?}");
    for part in ["\n  where: the directory in ", "\n  fix:   "]
        .iter()
        .chain(words)
    {
        assert!(
            answer.stderr.contains(part),
            "{arguments:?}: {part}: {answer:#?}"
        );
    }
    Ok(answer)
}

/// A command that is not understood.
fn misused(usher: &Installation, arguments: &[&str], words: &[&str]) -> anyhow::Result<()> {
    let answer = usher.run(arguments)?;
    assert_eq!(answer.code, Some(2), "{arguments:?}: {answer:#?}");
    assert_eq!(answer.stdout, "", "{arguments:?}");
    for word in words {
        assert!(
            answer.stderr.contains(word),
            "{arguments:?}: {word}: {answer:#?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn companies_are_made_listed_and_deleted_beside_a_running_service() -> anyhow::Result<()> {
    let site = Acme::start(&[("default_company", "acme")]).await?;
    let usher = &site.usher;
    done(
        usher,
        &[
            "company",
            "create",
            "--id",
            "gamma",
            "--name",
            "Gamma & Söhne",
        ],
        "gamma",
    )?;
    let table = table_of(usher, &["company", "list"])?;
    assert_eq!(table[0], ["ID", "NAME", "USERS", "CREATED"]);
    let gamma = table
        .iter()
        .find(|row| row[0] == "gamma")
        .context("gamma")?;
    assert_eq!(gamma[1..3], ["Gamma & Söhne", "0"]);
    let listed = json_of(usher, &["company", "list"])?;
    let ids: Vec<_> = listed
        .as_array()
        .context("array")?
        .iter()
        .map(|c| &c["id"])
        .collect();
    assert_eq!(ids, ["acme", "beta", "gamma"]);
    assert_eq!(listed[2]["name"], "Gamma & Söhne");
    assert!(listed[2]["created_at"].is_string(), "{listed}");

    refused(
        usher,
        &["company", "create", "--id", "gamma", "--name", "G"],
        &["already"],
    )?;
    refused(
        usher,
        &["company", "delete", "--id", "ghost"],
        &["\"ghost\"", "usher company list"],
    )?;
    for id in ["start", "initiate", "test", "a b", "-a", "ümlaut", ""] {
        let arguments = ["company", "create", &format!("--id={id}"), "--name", "x"];
        misused(usher, &arguments, &["company id"])?;
    }
    done(
        usher,
        &["company", "delete", "--id", "gamma"],
        "deleted company gamma",
    )?;
    assert_eq!(
        json_of(usher, &["company", "list"])?
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    site.admitted(Person::new("ann")).await?;
    Ok(())
}

#[tokio::test]
async fn a_company_that_is_not_empty_is_deleted_by_force_only() -> anyhow::Result<()> {
    let site = Acme::start(&[("default_company", "acme")]).await?;
    let usher = &site.usher;
    let mut ann = site.admitted(Person::new("ann")).await?;
    usher.must(&["domain", "add", "--company", "acme", "acme.example"])?;
    usher.must(&[
        "invite",
        "add",
        "--company",
        "acme",
        "--email",
        "b@acme.example",
    ])?;
    let contents = "1 user, 2 groups, 1 domain, 1 open invitation";
    let before = site.directory().await?;
    refused(
        usher,
        &["company", "delete", "--id", "acme"],
        &[contents, "--force"],
    )?;
    assert_eq!(site.directory().await?, before);
    assert_eq!(site.session_status(&mut ann).await?, 200);

    done(
        usher,
        &["company", "delete", "--id", "acme", "--force"],
        "deleted company acme",
    )?;
    for list in ["group", "domain", "invite"] {
        assert_eq!(json_of(usher, &[list, "list"])?, json!([]), "{list}");
    }
    assert_eq!(site.session_status(&mut ann).await?, 401, "noticed at once");
    let (_, page) = site.sign_in(Person::new("ann")).await?;
    assert_eq!(page.status, 503, "the default company is gone: {page}");
    assert_eq!(site.newest_record()?["code"], "company_unknown");
    Ok(())
}
