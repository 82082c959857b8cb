//! `usher user`: what is done to a user acts on a browser that is signed in, and is written down.

use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use tokio::time::Instant;
use usher_tests::provider::Person;
use usher_tests::visitor::Visitor;

use super::{done, json_of, misused, refused};
use crate::acme::Acme;

pub(super) const SETTINGS: [(&str, &str); 2] =
    [("default_company", "acme"), ("groups__enabled", "true")];
pub(super) const ANN: &str = "ann@example.com";

/// How soon a change must be seen.
pub(super) const SOON: Duration = Duration::from_secs(1);

/// The newest record, which must be about a change by command.
pub(super) fn written(site: &Acme, detail: &str) -> anyhow::Result<Value> {
    let record = site.newest_record()?;
    assert_eq!(record["kind"], "admin", "{record}");
    assert_eq!(record["outcome"], "admitted", "{record}");
    let said = record["detail"].as_str().context("a detail")?;
    assert_eq!(said, format!("command line: {detail}"), "{record}");
    Ok(record)
}

pub(super) async fn id(site: &Acme, visitor: &mut Visitor) -> anyhow::Result<String> {
    let session = site.session(visitor).await?;
    let id = session["user"]["id"].as_str().context("an id")?;
    Ok(id.to_owned())
}

/// Both what programs and what people see is over.
pub(super) async fn is_out(
    site: &Acme,
    visitor: &mut Visitor,
    since: Instant,
) -> anyhow::Result<()> {
    assert_eq!(site.session_status(visitor).await?, 401);
    let page = visitor.get(site.url("/account")).await?;
    assert_eq!(page.status, 401, "{page}");
    ensure!(since.elapsed() < SOON, "after {:?}", since.elapsed());
    Ok(())
}

#[tokio::test]
async fn a_disabled_user_is_out_at_once_and_back_when_enabled() -> anyhow::Result<()> {
    let site = Acme::start(&SETTINGS).await?;
    let mut here = site.admitted(Person::new("ann")).await?;
    let mut there = site.admitted(Person::new("ann")).await?;
    let mut ben = site.admitted(Person::new("ben")).await?;
    let ann = id(&site, &mut here).await?;

    done(
        &site.usher,
        &["user", "disable", "ANN@example.com"],
        "2 sessions ended",
    )?;
    let since = Instant::now();
    is_out(&site, &mut here, since).await?;
    is_out(&site, &mut there, since).await?;
    assert_eq!(site.session_status(&mut ben).await?, 200);
    let record = written(&site, "user disabled, 2 sessions ended")?;
    assert_eq!(record["user"], ann);
    let (_, page) = site.sign_in(Person::new("ann")).await?;
    assert_eq!(page.status, 403, "{page}");
    assert_eq!(site.newest_record()?["code"], "disabled");

    let before = site.count("audit").await?;
    done(&site.usher, &["user", "disable", &ann], "disabled already")?;
    assert_eq!(site.count("audit").await?, before, "nothing has changed");
    done(&site.usher, &["user", "enable", &ann], "may sign in again")?;
    written(&site, "user enabled")?;
    done(&site.usher, &["user", "enable", &ann], "was not disabled")?;
    site.admitted(Person::new("ann")).await?;
    is_out(&site, &mut here, Instant::now()).await?;
    Ok(())
}

#[tokio::test]
async fn an_administrator_by_hand_comes_and_goes_while_signed_in() -> anyhow::Result<()> {
    let site = Acme::start(&SETTINGS).await?;
    let mut ann = site.admitted(Person::new("ann")).await?;
    let is_admin = async |ann: &mut Visitor| anyhow::Ok(site.session(ann).await?["admin"].clone());
    let shown = async |ann: &mut Visitor| anyhow::Ok(ann.get(site.url("/account")).await?.body);
    assert_eq!(is_admin(&mut ann).await?, false);
    let member = shown(&mut ann).await?;
    done(
        &site.usher,
        &["user", "set-admin", ANN],
        "is administrator of company acme",
    )?;
    let since = Instant::now();
    assert_eq!(is_admin(&mut ann).await?, true);
    assert_ne!(shown(&mut ann).await?, member, "the page says so");
    ensure!(since.elapsed() < SOON);
    let record = written(&site, "administrator role given")?;
    assert_eq!(
        (&record["admin"], &record["company"]),
        (&json!("granted"), &json!("acme"))
    );
    // The next sign-in, without a role, takes nothing away.
    let mut ann = site.admitted(Person::new("ann")).await?;
    assert_eq!(is_admin(&mut ann).await?, true);

    done(
        &site.usher,
        &["user", "set-admin", ANN, "--off"],
        "no longer administrator",
    )?;
    let since = Instant::now();
    assert_eq!(is_admin(&mut ann).await?, false);
    ensure!(since.elapsed() < SOON);
    assert_eq!(
        written(&site, "administrator role taken")?["admin"],
        "revoked"
    );
    Ok(())
}

#[tokio::test]
async fn a_role_from_claims_stays_and_the_command_says_where_from() -> anyhow::Result<()> {
    let site = Acme::start(&SETTINGS).await?;
    let mut ann = site.admitted(Person::new("ann").role("admin")).await?;
    let issuer = site.provider.issuer();
    let off = ["user", "set-admin", ANN, "--off"];
    let words = [
        "stays administrator",
        &issuer,
        "admin_role",
        "groups.admins",
    ];
    refused(&site.usher, &off, &words)?;
    done(&site.usher, &["user", "set-admin", ANN], "is administrator")?;
    let answer = site.usher.run(&off)?;
    assert_eq!(answer.code, Some(0), "{answer:#?}");
    assert!(answer.stderr.contains("by hand any more"), "{answer:#?}");
    assert!(answer.stderr.contains("warning: "), "{answer:#?}");
    assert_eq!(site.session(&mut ann).await?["admin"], true);
    let shown = json_of(&site.usher, &["user", "show", ANN])?;
    assert_eq!(shown["admin_origins"], json!(["idp"]));
    Ok(())
}

#[tokio::test]
async fn an_operator_is_made_on_the_host_alone() -> anyhow::Result<()> {
    let site = Acme::start(&SETTINGS).await?;
    site.admitted(Person::new("ann")).await?;
    let operator = || anyhow::Ok(json_of(&site.usher, &["user", "show", ANN])?["operator"].clone());
    assert_eq!(operator()?, false);
    done(
        &site.usher,
        &["user", "set-operator", ANN],
        "is an operator",
    )?;
    assert_eq!(operator()?, true);
    written(&site, "operator role given")?;
    done(&site.usher, &["user", "set-operator", ANN], "already")?;
    done(
        &site.usher,
        &["user", "set-operator", ANN, "--off"],
        "no longer an operator",
    )?;
    assert_eq!(operator()?, false);
    written(&site, "operator role taken")?;
    done(
        &site.usher,
        &["user", "set-operator", ANN, "--off"],
        "was no operator",
    )?;
    Ok(())
}

#[tokio::test]
async fn signing_out_ends_all_sessions_and_says_how_many() -> anyhow::Result<()> {
    let site = Acme::start(&SETTINGS).await?;
    let mut here = site.admitted(Person::new("ann")).await?;
    let mut there = site.admitted(Person::new("ann")).await?;
    let mut ben = site.admitted(Person::new("ben")).await?;
    done(&site.usher, &["user", "sign-out", ANN], "2 sessions ended")?;
    let since = Instant::now();
    is_out(&site, &mut here, since).await?;
    is_out(&site, &mut there, since).await?;
    assert_eq!(site.session_status(&mut ben).await?, 200);
    written(&site, "user signed out, 2 sessions ended")?;
    done(&site.usher, &["user", "sign-out", ANN], "was not signed in")?;
    site.admitted(Person::new("ann")).await?;
    done(&site.usher, &["user", "sign-out", ANN], "1 session ended")?;
    Ok(())
}

#[tokio::test]
async fn a_deleted_user_stays_deleted() -> anyhow::Result<()> {
    let site = Acme::start(&SETTINGS).await?;
    let mut ann = site.admitted(Person::new("ann")).await?;
    let user = id(&site, &mut ann).await?;
    misused(
        &site.usher,
        &["user", "delete", ANN],
        &["--yes", "usher user disable"],
    )?;
    assert_eq!(
        site.session_status(&mut ann).await?,
        200,
        "nobody confirmed it"
    );

    done(
        &site.usher,
        &["user", "delete", ANN, "--yes"],
        "1 session ended",
    )?;
    is_out(&site, &mut ann, Instant::now()).await?;
    let record = written(&site, "user deleted, 1 session ended")?;
    assert_eq!(record["user"], user);
    assert!(!record.to_string().contains("ann"), "{record}");
    let (_, page) = site.sign_in(Person::new("ann")).await?;
    assert_eq!(page.status, 403, "{page}");
    assert_eq!(site.newest_record()?["code"], "disabled");
    let shown = json_of(&site.usher, &["user", "show", &user])?;
    assert_eq!(
        (&shown["status"], &shown["email"]),
        (&json!("deleted"), &json!(null))
    );
    for verb in ["disable", "enable", "set-admin", "set-operator"] {
        refused(&site.usher, &["user", verb, &user], &["is deleted"])?;
    }
    refused(
        &site.usher,
        &["user", "delete", &user, "--yes"],
        &["is deleted"],
    )?;

    // What was deleted stays so; the person is let in again as somebody new.
    let (issuer, sub) = (site.provider.issuer(), Person::new("ann").sub);
    let unlink = [
        "user",
        "unlink",
        &user,
        "--issuer",
        &issuer,
        "--subject",
        &sub,
    ];
    done(&site.usher, &unlink, "no longer user")?;
    let mut ann = site.admitted(Person::new("ann")).await?;
    assert_ne!(id(&site, &mut ann).await?, user);
    let shown = json_of(&site.usher, &["user", "show", &user])?;
    assert_eq!(shown["status"], "deleted");
    Ok(())
}
