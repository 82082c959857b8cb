//! What is written down about changes by hand, and what is said about names that are misspelt.

use anyhow::{Context, ensure};
use serde_json::json;
use tokio::time::Instant;
use usher_tests::provider::Person;

use super::users::{ANN, SETTINGS, SOON, written};
use super::{done, refused};
use crate::acme::Acme;

#[tokio::test]
async fn an_address_that_is_misspelt_gets_the_one_that_was_meant() -> anyhow::Result<()> {
    let site = Acme::start(&SETTINGS).await?;
    site.admitted(Person::new("ann")).await?;
    for verb in [
        "disable",
        "enable",
        "set-admin",
        "set-operator",
        "sign-out",
        "delete",
    ] {
        let wrong = ["user", verb, "anne@example.com"];
        refused(
            &site.usher,
            &wrong,
            &["did you mean `ann@example.com`?", "usher user list"],
        )?;
    }
    refused(
        &site.usher,
        &["user", "show", "zoe@elsewhere.test"],
        &["usher user list"],
    )?;
    let wrong = ["group", "create", "--company", "acmee", "x"];
    refused(
        &site.usher,
        &wrong,
        &["no company \"acmee\"", "did you mean `acme`?"],
    )?;
    let wrong = ["group", "member", "list", "--company", "acme", "reserch"];
    refused(
        &site.usher,
        &wrong,
        &["no group \"reserch\"", "did you mean `research`?"],
    )?;
    Ok(())
}

#[tokio::test]
async fn a_membership_by_hand_is_written_down_and_one_by_claims_explained() -> anyhow::Result<()> {
    let site = Acme::start(&SETTINGS).await?;
    let mut ann = site
        .admitted(Person::new("ann").groups(["research"]))
        .await?;
    let of = |verb, group| ["group", "member", verb, "--company", "acme", group, ANN];
    done(&site.usher, &of("add", "Operations"), "is in")?;
    assert_eq!(
        site.session(&mut ann).await?["groups"],
        json!(["Operations", "research"])
    );
    let record = written(&site, "user put into a group")?;
    assert_eq!(record["groups"]["added"], json!(["Operations"]));
    let reference = record["ref"].as_str().context("a reference")?;
    let told = site.usher.must(&["audit", "show", reference])?;
    for words in ["admin", "command line: user put into a group", "Operations"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    done(&site.usher, &of("remove", "Operations"), "taken out")?;
    let since = Instant::now();
    assert_eq!(site.session(&mut ann).await?["groups"], json!(["research"]));
    ensure!(since.elapsed() < SOON);
    let record = written(&site, "user taken out of a group")?;
    assert_eq!(record["groups"]["removed"], json!(["Operations"]));
    refused(
        &site.usher,
        &of("remove", "research"),
        &["claims keep them in it", "provider"],
    )?;
    refused(
        &site.usher,
        &of("remove", "ghosts"),
        &["no group \"ghosts\""],
    )?;
    Ok(())
}

#[tokio::test]
async fn changes_of_companies_are_written_down_without_naming_who_is_invited() -> anyhow::Result<()>
{
    let site = Acme::start(&SETTINGS).await?;
    for (command, detail) in [
        ("company create --id gamma --name Gamma", "company created"),
        ("group create --company gamma Lab", "group Lab created"),
        (
            "domain add --company gamma gamma.example",
            "domain gamma.example added",
        ),
        (
            "invite add --company gamma --email ann@gamma.example",
            "somebody invited as user",
        ),
        (
            "invite remove --company gamma --email ann@gamma.example",
            "an invitation taken back",
        ),
        (
            "domain remove --company gamma gamma.example",
            "domain gamma.example removed",
        ),
        ("group delete --company gamma Lab", "group Lab deleted"),
        ("company delete --id gamma", "company deleted"),
    ] {
        let words: Vec<_> = command.split(' ').collect();
        site.usher.must(&words)?;
        let record = written(&site, detail)?;
        assert_eq!(record["company"], "gamma", "{command}");
        assert!(!record.to_string().contains("ann"), "{record}");
    }
    Ok(())
}
