//! What was decided: company, groups, administrator, by which policy.

use anyhow::Context;
use serde_json::{Value, json};
use usher_tests::provider::Person;

use super::INTO_ACME;
use crate::acme::{Acme, MAIN};
use crate::guest::Guest;

/// `usher user show --json` of somebody.
fn user(site: &Acme, email: &str) -> anyhow::Result<Value> {
    let printed = site.usher.must(&["user", "show", email, "--json"])?;
    Ok(serde_json::from_str(&printed)?)
}

#[tokio::test]
async fn a_known_user_keeps_their_company() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME]).await?;
    let mut ann = site.admitted(Person::new("ann")).await?;
    let first = site.session(&mut ann).await?;
    let site = site.restart(&[("default_company", "beta")]).await?;
    assert_eq!(
        site.session(&mut ann).await?["company"]["id"],
        "acme",
        "a restart ends no session"
    );
    let mut ann = site.admitted(Person::new("ann")).await?;
    let second = site.session(&mut ann).await?;
    assert_eq!(second["company"]["id"], "acme");
    assert_eq!(second["user"]["id"], first["user"]["id"]);
    let mut bob = site.admitted(Person::new("bob")).await?;
    assert_eq!(site.session(&mut bob).await?["company"]["id"], "beta");
    Ok(())
}

#[tokio::test]
async fn an_invitation_places_and_its_role_is_never_taken_away() -> anyhow::Result<()> {
    let site = Acme::start(&[]).await?;
    let invite = |email: &str, role: &str| {
        let arguments = [
            "invite",
            "add",
            "--company",
            "beta",
            "--email",
            email,
            "--role",
            role,
        ];
        site.usher.must(&arguments)
    };
    invite("bob@example.com", "admin")?;
    invite("cleo@example.com", "user")?;
    let mut bob = site.admitted(Person::new("bob")).await?;
    let session = site.session(&mut bob).await?;
    assert_eq!(session["company"], json!({"id": "beta", "name": "Beta"}));
    assert_eq!(session["admin"], true);
    assert_eq!(
        user(&site, "bob@example.com")?["admin_origins"],
        json!(["manual"])
    );
    // His roles are there at every sign-in, and `admin` is not among them.
    let mut bob = site.admitted(Person::new("bob")).await?;
    assert_eq!(site.session(&mut bob).await?["admin"], true);

    let mut cleo = site.admitted(Person::new("cleo")).await?;
    let session = site.session(&mut cleo).await?;
    assert_eq!(session["company"]["id"], "beta");
    assert_eq!(session["admin"], false);
    let listed = site.usher.must(&["invite", "list", "--json"])?;
    let listed: Vec<Value> = serde_json::from_str(&listed)?;
    assert_eq!(listed.len(), 2);
    for invitation in listed {
        assert!(invitation["accepted_at"].is_string(), "{invitation}");
    }
    Ok(())
}

#[tokio::test]
async fn a_verified_address_of_a_companys_domain_places() -> anyhow::Result<()> {
    let site = Acme::start(&[]).await?;
    site.usher
        .must(&["domain", "add", "--company", "beta", "corp.com"])?;
    let mut ann = site
        .admitted(Person::new("ann").email("Ann@CORP.com", true))
        .await?;
    let session = site.session(&mut ann).await?;
    assert_eq!(session["company"]["id"], "beta");
    let (_, page) = site
        .sign_in(Person::new("eve").email("eve@evilcorp.com", true))
        .await?;
    assert_eq!(page.status, 403, "hole 8: {page}");
    Ok(())
}

#[tokio::test]
async fn groups_follow_the_claims_and_none_is_ever_created() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME, ("groups__enabled", "true")]).await?;
    let groups = site.usher.must(&["group", "list", "--json"])?;
    let ann = || Person::new("ann");
    for (person, now, added, removed, unknown) in [
        (
            ann().groups(["research", "ghosts", "operations"]),
            json!(["research"]),
            json!(["research"]),
            json!([]),
            json!(["ghosts", "operations"]),
        ),
        (
            ann().groups(["Operations"]),
            json!(["Operations"]),
            json!(["Operations"]),
            json!(["research"]),
            json!([]),
        ),
        (
            ann(),
            json!([]),
            json!([]),
            json!(["Operations"]),
            json!([]),
        ),
    ] {
        let mut visitor = site.admitted(person).await?;
        assert_eq!(site.session(&mut visitor).await?["groups"], now);
        let record = site.newest_record()?;
        let changed = json!({"added": added, "removed": removed, "unknown": unknown});
        assert_eq!(record["groups"], changed);
    }
    let after = site.usher.must(&["group", "list", "--json"])?;
    let names = |printed: &str| -> anyhow::Result<Vec<Value>> {
        let groups: Vec<Value> = serde_json::from_str(printed)?;
        Ok(groups
            .into_iter()
            .map(|group| group["name"].clone())
            .collect())
    };
    assert_eq!(names(&groups)?, names(&after)?);
    Ok(())
}

#[tokio::test]
async fn a_membership_given_by_hand_is_never_taken_away() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME, ("groups__enabled", "true")]).await?;
    site.admitted(Person::new("ann")).await?;
    site.usher.must(&[
        "group",
        "member",
        "add",
        "--company",
        "acme",
        "research",
        "ann@example.com",
    ])?;
    let mut ann = site
        .admitted(Person::new("ann").groups(["Operations"]))
        .await?;
    let session = site.session(&mut ann).await?;
    assert_eq!(session["groups"], json!(["Operations", "research"]));
    Ok(())
}

#[tokio::test]
async fn an_administrator_is_made_and_unmade_by_claims() -> anyhow::Result<()> {
    let site = Acme::start(&[
        INTO_ACME,
        ("groups__enabled", "true"),
        ("groups__admins", r#"["bosses"]"#),
    ])
    .await?;
    for (person, admin, effect) in [
        (Person::new("ann").groups(["bosses"]), true, "granted"),
        (Person::new("ann").role("admin"), true, "unchanged"),
        (Person::new("ann").groups(["research"]), false, "revoked"),
    ] {
        let mut ann = site.admitted(person).await?;
        assert_eq!(site.session(&mut ann).await?["admin"], admin);
        assert_eq!(site.newest_record()?["admin"], effect);
    }
    Ok(())
}

#[tokio::test]
async fn another_component_and_a_restart_change_the_outcome() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME]).await?;
    let mut ann = site.admitted(Person::new("ann")).await?;
    assert_eq!(site.session(&mut ann).await?["company"]["id"], "acme");
    let built_in = site.newest_record()?["policy"]["sha256"].clone();

    let file = site.usher.path("beta.wasm");
    std::fs::write(&file, Guest::Admit("beta").component()?)?;
    let file = file.to_str().context("UTF-8")?.to_owned();
    let site = site.restart(&[("policy__module", &file)]).await?;
    let mut bob = site.admitted(Person::new("bob")).await?;
    assert_eq!(site.session(&mut bob).await?["company"]["id"], "beta");
    let record = site.newest_record()?;
    assert_ne!(record["policy"]["sha256"], built_in);
    assert_eq!(record["reads"], json!([]));
    let ready = bob.get(site.url("/readyz?verbose")).await?.json()?;
    let loaded = &ready["providers"][MAIN]["policy"]["sha256"];
    assert_eq!(*loaded, record["policy"]["sha256"]);

    let (_, page) = site.sign_in(Person::new("ann")).await?;
    assert_eq!(page.status, 403, "nobody is moved without may_move: {page}");
    let site = site.restart(&[("policy__may_move", "true")]).await?;
    assert_eq!(site.session(&mut ann).await?["company"]["id"], "acme");
    let mut moved = site.admitted(Person::new("ann")).await?;
    assert_eq!(site.session(&mut moved).await?["company"]["id"], "beta");
    assert_eq!(
        site.session_status(&mut ann).await?,
        401,
        "old sessions end"
    );
    Ok(())
}
