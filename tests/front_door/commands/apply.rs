//! `usher directory apply`, and the same file at start.

use anyhow::Context;
use serde_json::{Value, json};
use usher_tests::provider::{Person, Provider};
use usher_tests::server::{Answer, Installation};

use super::{json_of, table_of};
use crate::USHER;
use crate::acme::{Acme, MAIN, connect};

const TWO: &str = r#"
[[company]]
id = "acme"
name = "Acme Robotics"
groups = ["Research", "/dev/Ops"]
domains = ["Acme.example"]
invitations = [
  { email = "Ada@partner.example", role = "admin" },
  { email = "bo@partner.example" },
]

[[company]]
id = "globex"
name = "Globex"
"#;

fn write(usher: &Installation, text: &str) -> anyhow::Result<String> {
    let path = usher.path("directory.toml");
    std::fs::write(&path, text)?;
    Ok(path.display().to_string())
}

fn apply(usher: &Installation, text: &str) -> anyhow::Result<Answer> {
    let path = write(usher, text)?;
    usher.run(&["directory", "apply", &path])
}

#[test]
fn what_is_listed_and_missing_is_created_once() -> anyhow::Result<()> {
    let usher = Installation::new(USHER);
    let path = write(&usher, TWO)?;
    let table = table_of(&usher, &["directory", "apply", &path])?;
    assert_eq!(table[0], ["COMPANY", "CREATED", "NAME"]);
    assert_eq!(table[1], ["acme", "company", "Acme Robotics"]);
    assert_eq!(table[4], ["acme", "domain", "acme.example"]);
    assert_eq!(table[5], ["acme", "invitation", "ada@partner.example"]);
    assert_eq!(table[7], ["globex", "company", "Globex"]);
    let invited = json_of(&usher, &["invite", "list"])?;
    assert_eq!(
        (&invited[0]["role"], &invited[1]["role"]),
        (&json!("admin"), &json!("user"))
    );
    let records = usher.audit()?;
    let details: Vec<_> = records.iter().map(|r| r["detail"].as_str()).collect();
    let acme = "command line: company created, group Research created, group /dev/Ops created, \
                domain acme.example added, somebody invited, somebody invited";
    assert_eq!(details, [Some("command line: company created"), Some(acme)]);

    let again = usher.run(&["directory", "apply", &path])?;
    assert_eq!(
        (again.code, again.stdout.as_str()),
        (Some(0), ""),
        "{again:#?}"
    );
    assert!(again.stderr.contains("nothing to do"), "{again:#?}");
    let again = json_of(&usher, &["directory", "apply", &path])?;
    assert_eq!(again, json!({"created": [], "kept": []}));
    assert_eq!(usher.audit()?.len(), 2, "nothing has changed");
    Ok(())
}

#[test]
fn what_is_there_already_is_kept_as_it_is() -> anyhow::Result<()> {
    let usher = Installation::new(USHER);
    usher.must(&["company", "create", "--id", "acme", "--name", "Old Name"])?;
    usher.must(&["group", "create", "--company", "acme", "Unlisted"])?;
    let invite = [
        "invite",
        "add",
        "--company",
        "acme",
        "--email",
        "ada@partner.example",
    ];
    usher.must(&invite)?;
    let path = write(&usher, TWO)?;
    let applied = json_of(&usher, &["directory", "apply", &path])?;
    let kept = applied["kept"].as_array().context("what was kept")?;
    let said: Vec<_> = kept.iter().map(|kept| kept["what"].as_str()).collect();
    let role = "ada@partner.example is invited as user, and not as admin";
    let name = "company acme is called \"Old Name\", and not \"Acme Robotics\"";
    assert_eq!(said, [Some(name), Some(role)]);
    assert!(
        kept[0]["place"]
            .as_str()
            .context("a place")?
            .ends_with(":4: company.name")
    );
    assert_eq!(
        json_of(&usher, &["company", "list"])?[0]["name"],
        "Old Name"
    );
    let groups = json_of(&usher, &["group", "list", "--company", "acme"])?;
    assert_eq!(groups.as_array().map(Vec::len), Some(3), "{groups}");
    Ok(())
}

#[test]
fn everything_that_is_wrong_is_said_at_once_and_nothing_is_done() -> anyhow::Result<()> {
    let usher = Installation::new(USHER);
    usher.must(&["company", "create", "--id", "beta", "--name", "Beta"])?;
    usher.must(&["domain", "add", "--company", "beta", "taken.example"])?;
    usher.must(&[
        "invite",
        "add",
        "--company",
        "beta",
        "--email",
        "bo@x.example",
    ])?;
    let before = usher.audit()?.len();
    let answer = apply(
        &usher,
        r#"
[[company]]
id = "acme"
name = "Acme"
grups = ["x"]
groups = ["fine", 7]
domains = ["taken.example", "no domain"]
invitations = [{ email = "bo@x.example", role = "admn" }, { email = "bo@x.example" }]
[[company]]
id = "start"
[[company]]
id = "acme"
name = "Again"
[[companies]]
id = "x"
"#,
    )?;
    assert_eq!(
        (answer.code, answer.stdout.as_str()),
        (Some(2), ""),
        "{answer:#?}"
    );
    for words in [
        "`grups` is no key of a company\n  where: ",
        "directory.toml:5: company.grups\n  fix:   did you mean `groups`?",
        ":6: company.groups\n  fix:   put it in quotes",
        "domain taken.example belongs to company \"beta\" already",
        ":7: company.domains\n",
        "\"no domain\" is not a domain",
        "`admn` is no role",
        "did you mean `admin`?",
        "bo@x.example has an open invitation to company \"beta\" already",
        "`start` is not a company id",
        ":9: company.name\n  fix:   add name",
        "company `acme` is listed twice",
        "did you mean `company`?",
    ] {
        assert!(answer.stderr.contains(words), "{words}: {}", answer.stderr);
    }
    let companies = json_of(&usher, &["company", "list"])?;
    assert_eq!(companies.as_array().map(Vec::len), Some(1), "{companies}");
    assert_eq!(usher.audit()?.len(), before);
    Ok(())
}

#[test]
fn file_that_cannot_be_applied_is_refused_with_its_place() -> anyhow::Result<()> {
    let usher = Installation::new(USHER);
    usher.must(&["company", "create", "--id", "beta", "--name", "Beta"])?;
    usher.must(&["domain", "add", "--company", "beta", "taken.example"])?;
    let companies = json_of(&usher, &["company", "list"])?;
    let answer = apply(&usher, "")?;
    assert_eq!(answer.code, Some(0), "{answer:#?}");
    assert!(
        answer.stderr.contains("no company is listed"),
        "{answer:#?}"
    );

    let conflict = "[[company]]\nid = \"acme\"\nname = \"A\"\ndomains = [\"TAKEN.example\"]";
    let answer = apply(&usher, conflict)?;
    assert_eq!(answer.code, Some(1), "{answer:#?}");
    assert!(
        answer.stderr.contains("usher domain remove --company beta"),
        "{answer:#?}"
    );
    let twice = "[[company]]\nid = \"a\"\nname = \"A\"\ndomains = [\"d.example\"]\n\
                 [[company]]\nid = \"b\"\nname = \"B\"\ndomains = [\"d.example\"]";
    let answer = apply(&usher, twice)?;
    assert!(
        answer.stderr.contains("listed under company \"a\""),
        "{answer:#?}"
    );
    for (text, words) in [
        ("[company]\nid = \"a\"", "[[company]]"),
        ("company = 3", "[[company]]"),
        ("[[company]]\nid = acme", ":2"),
        ("[[company]]\nid = 5\nname = \"x\"", "in quotes"),
        ("[[company]]\nid = \"a\"\nname = \"\"", "256 characters"),
    ] {
        let answer = apply(&usher, text)?;
        assert!(matches!(answer.code, Some(1 | 2)), "{text}: {answer:#?}");
        assert!(answer.stderr.contains(words), "{text}: {answer:#?}");
    }
    let answer = usher.run(&["directory", "apply", "/nowhere.toml"])?;
    assert_eq!(answer.code, Some(2), "{answer:#?}");
    assert!(answer.stderr.contains("/nowhere.toml"), "{answer:#?}");
    assert_eq!(json_of(&usher, &["company", "list"])?, companies);
    Ok(())
}

#[tokio::test]
async fn an_empty_database_starts_from_a_file_and_an_accepted_invitation_stays_so()
-> anyhow::Result<()> {
    let provider = Provider::start();
    let usher = connect(
        Installation::new(USHER),
        &provider,
        MAIN,
        &[("default_company", "acme")],
    );
    let path = write(&usher, TWO)?;
    let usher = usher.with("USHER__DIRECTORY_FILE", path);
    let site = Acme::open(provider, usher).await?;
    let ada = Person::new("ada").email("ada@partner.example", true);
    let mut visitor = site.admitted(ada).await?;
    let session = site.session(&mut visitor).await?;
    assert_eq!(
        (&session["company"]["id"], &session["admin"]),
        (&json!("acme"), &json!(true))
    );
    let records: Vec<Value> = site.usher.audit()?;
    let by_file = |r: &&Value| {
        r["detail"]
            .as_str()
            .is_some_and(|d| d.starts_with("directory file: "))
    };
    assert_eq!(records.iter().filter(by_file).count(), 2);
    let before = site.directory().await?;
    let site = site.restart(&[]).await?;
    assert_eq!(site.directory().await?, before, "nothing is made twice");
    Ok(())
}

#[tokio::test]
async fn a_file_that_cannot_be_applied_keeps_the_service_from_starting() -> anyhow::Result<()> {
    let provider = Provider::start();
    let usher = connect(
        Installation::new(USHER),
        &provider,
        MAIN,
        &[("default_company", "acme")],
    );
    let path = write(&usher, "[[company]]\nid = \"acme\"\nnaem = \"Acme\"\n")?;
    let usher = usher.with("USHER__DIRECTORY_FILE", path);
    let answer = usher.run(&["serve"])?;
    assert_eq!(answer.code, Some(2), "{answer:#?}");
    for words in ["directory.toml:3: company.naem", "did you mean `name`?"] {
        assert!(answer.stderr.contains(words), "{words}: {answer:#?}");
    }
    Ok(())
}
