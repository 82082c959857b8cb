//! Groups, domains and invitations: made, listed, taken back.

use serde_json::{Value, json};
use usher_tests::provider::Person;
use usher_tests::server::Installation;

use super::{done, json_of, misused, refused, table_of};
use crate::acme::Acme;

/// A command line as its words; `~` is a blank inside one.
fn words(line: &str) -> Vec<String> {
    let words = line.split(' ');
    words.map(|word| word.replace('~', " ")).collect()
}

struct Commands<'a>(&'a Installation);

impl Commands<'_> {
    fn done(&self, line: &str, said: &str) -> anyhow::Result<()> {
        let line = words(line);
        done(
            self.0,
            &line.iter().map(String::as_str).collect::<Vec<_>>(),
            said,
        )
    }

    fn refused(&self, line: &str, said: &[&str]) -> anyhow::Result<()> {
        let line = words(line);
        let line: Vec<_> = line.iter().map(String::as_str).collect();
        refused(self.0, &line, said).map(drop)
    }

    /// The one thing that a list has, after the table of it was looked at.
    fn listed(&self, what: &str, head: &[&str]) -> anyhow::Result<Value> {
        let list = [what, "list", "--company", "beta"];
        let table = table_of(self.0, &list)?;
        assert_eq!(table[0], head, "{what}");
        assert_eq!(table.len(), 2, "{what}: {table:?}");
        let listed = json_of(self.0, &list)?;
        assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
        assert!(listed[0]["created_at"].is_string(), "{listed}");
        Ok(listed[0].clone())
    }
}

#[tokio::test]
async fn a_group_is_made_listed_and_deleted() -> anyhow::Result<()> {
    let site = Acme::start(&[("default_company", "acme")]).await?;
    let usher = Commands(&site.usher);
    usher.done(
        "group create --company beta Quality~Assurance",
        "created group Quality Assurance",
    )?;
    let group = usher.listed("group", &["COMPANY", "NAME", "MEMBERS", "CREATED"])?;
    assert_eq!(group["name"], "Quality Assurance");
    assert_eq!(
        (&group["company"], &group["members"]),
        (&json!("beta"), &json!(0))
    );

    usher.refused(
        "group create --company beta Quality~Assurance",
        &["already", "usher group list"],
    )?;
    usher.refused(
        "group delete --company beta quality",
        &["no group \"quality\"", "usher group list"],
    )?;
    usher.refused(
        "group create --company ghost g",
        &["usher company create --id ghost"],
    )?;
    usher.refused("group list --company ghost", &["no company \"ghost\""])?;
    usher.done(
        "group delete --company beta Quality~Assurance",
        "deleted group Quality Assurance",
    )?;
    Ok(())
}

#[tokio::test]
async fn a_domain_belongs_to_one_company() -> anyhow::Result<()> {
    let site = Acme::start(&[("default_company", "acme")]).await?;
    let usher = Commands(&site.usher);
    usher.done(
        "domain add --company beta Beta.Example",
        "belongs to company beta",
    )?;
    let domain = usher.listed("domain", &["DOMAIN", "COMPANY", "CREATED"])?;
    assert_eq!(
        (&domain["domain"], &domain["company"]),
        (&json!("beta.example"), &json!("beta"))
    );

    let remove = "usher domain remove --company beta beta.example";
    for company in ["acme", "beta"] {
        let add = format!("domain add --company {company} BETA.example");
        usher.refused(&add, &["belongs to company \"beta\" already", remove])?;
    }
    usher.refused(
        "domain remove --company acme beta.example",
        &["does not belong"],
    )?;
    usher.refused("domain add --company acme a@b.example", &["not a domain"])?;
    usher.refused(
        "domain add --company ghost g.example",
        &["usher company create --id ghost"],
    )?;
    usher.done(
        "domain remove --company beta beta.example",
        "no longer belongs",
    )?;
    usher.done(
        "domain add --company acme beta.example",
        "belongs to company acme",
    )?;
    Ok(())
}

#[tokio::test]
async fn an_address_has_one_open_invitation() -> anyhow::Result<()> {
    let site = Acme::start(&[("default_company", "acme")]).await?;
    let usher = Commands(&site.usher);
    usher.done(
        "invite add --company beta --email Bo@Beta.Example --role admin",
        "as admin",
    )?;
    let head = ["E-MAIL", "COMPANY", "ROLE", "CREATED", "ACCEPTED"];
    let invited = usher.listed("invite", &head)?;
    assert_eq!(
        (&invited["email"], &invited["role"]),
        (&json!("bo@beta.example"), &json!("admin"))
    );
    assert_eq!(
        (&invited["company"], &invited["accepted_at"]),
        (&json!("beta"), &json!(null))
    );

    let remove = "usher invite remove --company beta --email bo@beta.example";
    usher.refused(
        "invite add --company acme --email bo@beta.example",
        &["\"beta\" already", remove],
    )?;
    usher.refused(
        "invite remove --company acme --email bo@beta.example",
        &["no open invitation"],
    )?;
    usher.refused(
        "invite add --company acme --email nobody",
        &["ann@example.com"],
    )?;
    usher.refused(
        "invite add --company ghost --email g@g.example",
        &["usher company create --id ghost"],
    )?;
    usher.done(
        "invite remove --company beta --email BO@beta.example",
        "no longer invited",
    )?;
    usher.done(
        "invite add --company acme --email bo@beta.example",
        "as user",
    )?;
    usher.done("company delete --id beta", "deleted company beta")?;
    Ok(())
}

#[tokio::test]
async fn a_domain_is_one_in_either_spelling() -> anyhow::Result<()> {
    let site = Acme::start(&[]).await?;
    let usher = Commands(&site.usher);
    usher.done(
        "domain add --company beta BÜCHER.example",
        "xn--bcher-kva.example belongs to company beta",
    )?;
    usher.refused(
        "domain add --company acme xn--bcher-kva.example",
        &["belongs to company \"beta\" already"],
    )?;
    for (name, address) in [
        ("ann", "ann@bücher.example"),
        ("ben", "ben@xn--bcher-kva.example"),
        ("cid", "cid@Bücher.Example"),
    ] {
        let mut visitor = site
            .admitted(Person::new(name).email(address, true))
            .await?;
        let session = site.session(&mut visitor).await?;
        assert_eq!(session["company"]["id"], "beta", "{address}");
    }
    let (_, page) = site
        .sign_in(Person::new("dan").email("dan@bucher.example", true))
        .await?;
    assert_eq!(page.status, 403, "{page}");
    usher.done(
        "domain remove --company beta bücher.example",
        "no longer belongs",
    )?;
    Ok(())
}

#[test]
fn a_company_that_cannot_be_called_so_gets_a_name_that_can_be() -> anyhow::Result<()> {
    let usher = Installation::new(crate::USHER);
    let create = |id: &str, words: &[&str]| {
        let id = format!("--id={id}");
        misused(&usher, &["company", "create", &id, "--name", "x"], words)
    };
    create(
        "Acme Robotics",
        &["company id", "fix:   such as --id acme-robotics"],
    )?;
    create("-x-", &["fix:   such as --id x"])?;
    create("start", &["fix:   choose one"])?;
    create("ümlaut", &["fix:   choose one"])?;
    refused(
        &usher,
        &["company", "create", "--id", "x", "--name", " "],
        &["no name of a company", "256 characters"],
    )?;
    Ok(())
}
