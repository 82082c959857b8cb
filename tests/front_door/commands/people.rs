//! What a sign-in leaves for the commands to show, and what they change for it.

use anyhow::Context;
use serde_json::json;
use usher_tests::provider::Person;

use super::{done, json_of, refused, table_of};
use crate::acme::Acme;

const SETTINGS: [(&str, &str); 2] = [("default_company", "acme"), ("groups__enabled", "true")];

#[tokio::test]
async fn a_user_is_shown_by_id_and_by_address() -> anyhow::Result<()> {
    let site = Acme::start(&SETTINGS).await?;
    let usher = &site.usher;
    assert_eq!(json_of(usher, &["user", "list"])?, json!([]));
    let person = Person::new("ann").groups(["research"]).role("admin");
    site.admitted(person.clone()).await?;
    site.admitted(Person::new("ben")).await?;

    let listed = json_of(usher, &["user", "list"])?;
    assert_eq!(listed.as_array().map(Vec::len), Some(2));
    let id = listed[0]["id"].as_str().context("an id")?;
    let by_id = json_of(usher, &["user", "show", id])?;
    assert_eq!(by_id["email"], "ann@example.com");
    assert_eq!(by_id["company"], "acme");
    assert_eq!(by_id["company_origin"], "idp");
    assert_eq!(by_id["admin_origins"], json!(["idp"]));
    assert_eq!(
        by_id["groups"],
        json!([{"name": "research", "origins": ["idp"]}])
    );
    assert_eq!(by_id["status"], "active");
    let identity = json!([{"issuer": site.provider.issuer(), "subject": person.sub}]);
    assert_eq!(by_id["identities"], identity);
    for address in ["ann@example.com", "ANN@Example.com"] {
        assert_eq!(json_of(usher, &["user", "show", address])?, by_id);
    }

    let head = [
        "ID",
        "NAME",
        "E-MAIL",
        "COMPANY",
        "ADMIN",
        "STATUS",
        "LAST SIGN-IN",
    ];
    let table = table_of(usher, &["user", "list", "--company", "acme"])?;
    assert_eq!(table[0], head);
    assert_eq!(
        table[1][..6],
        [
            id,
            "ann Example",
            "ann@example.com",
            "acme",
            "yes",
            "active"
        ]
    );
    assert_eq!(table[2][4], "no");
    let shown = usher.must(&["user", "show", id])?;
    for words in ["acme (idp)", "yes (idp)", "research (idp)", &person.sub] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert_eq!(
        json_of(usher, &["user", "list", "--company", "beta"])?,
        json!([])
    );
    refused(
        usher,
        &["user", "show", "cid@example.com"],
        &["usher user list"],
    )?;
    let unknown = "00000000-0000-4000-8000-000000000000";
    refused(usher, &["user", "show", unknown], &[unknown])?;
    Ok(())
}

#[tokio::test]
async fn what_a_command_changes_is_seen_at_once_by_the_running_service() -> anyhow::Result<()> {
    let site = Acme::start(&SETTINGS).await?;
    let usher = &site.usher;
    let mut ann = site
        .admitted(Person::new("ann").groups(["research"]))
        .await?;
    assert_eq!(site.session(&mut ann).await?["groups"], json!(["research"]));
    let member = |verb, group| {
        [
            "group",
            "member",
            verb,
            "--company",
            "acme",
            group,
            "ann@example.com",
        ]
    };
    done(usher, &member("add", "Operations"), "is in")?;
    assert_eq!(
        site.session(&mut ann).await?["groups"],
        json!(["Operations", "research"])
    );

    let list = ["group", "member", "list", "--company", "acme", "Operations"];
    assert_eq!(json_of(usher, &list)?[0]["origins"], json!(["manual"]));
    let mut ann = site.admitted(Person::new("ann")).await?;
    let groups = &site.session(&mut ann).await?["groups"];
    assert_eq!(
        *groups,
        json!(["Operations"]),
        "claims take nobody out by hand"
    );
    done(usher, &member("remove", "Operations"), "was taken out")?;
    assert_eq!(site.session(&mut ann).await?["groups"], json!([]));
    refused(usher, &member("add", "ghosts"), &["no group \"ghosts\""])?;
    Ok(())
}

#[tokio::test]
async fn an_invitation_and_a_domain_made_meanwhile_decide_the_next_sign_in() -> anyhow::Result<()> {
    let site = Acme::start(&[]).await?;
    let usher = &site.usher;
    let (_, page) = site.sign_in(Person::new("ann")).await?;
    assert_eq!(page.status, 403, "{page}");
    usher.must(&["domain", "add", "--company", "acme", "example.com"])?;
    let mut ann = site.admitted(Person::new("ann")).await?;
    assert_eq!(site.session(&mut ann).await?["company"]["id"], "acme");

    usher.must(&[
        "invite",
        "add",
        "--company",
        "beta",
        "--email",
        "ben@example.com",
        "--role",
        "admin",
    ])?;
    let mut ben = site.admitted(Person::new("ben")).await?;
    let session = site.session(&mut ben).await?;
    assert_eq!(
        (&session["company"]["id"], &session["admin"]),
        (&json!("beta"), &json!(true))
    );
    let invited = json_of(usher, &["invite", "list"])?;
    assert!(invited[0]["accepted_at"].is_string(), "{invited}");
    assert_eq!(invited[0]["accepted_by"], session["user"]["id"]);
    let remove = [
        "invite",
        "remove",
        "--company",
        "beta",
        "--email",
        "ben@example.com",
    ];
    refused(usher, &remove, &["no open invitation"])?;
    Ok(())
}
