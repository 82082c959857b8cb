//! Groups follow the claims (`spec.md` §4.7).

use serde_json::{Value, json};

use super::site::{Plan, Site, saw};

/// Fails without: the setting `groups__enabled`.
#[tokio::test]
async fn member_gets_the_groups_that_the_company_has_and_none_is_created() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = plan
        .set("services", "groups__enabled", "true")
        .start()
        .await?;
    let session = site.session_of("carol").await?;
    assert_eq!(session["admin"], false);
    assert_eq!(session["groups"], json!(["research"]));
    let record = site.only_record()?;
    assert_eq!(record["groups"]["added"], json!(["research"]));
    assert_eq!(record["groups"]["unknown"], json!(["operations"]));
    let groups = site
        .usher
        .must(&["group", "list", "--company", "acme", "--json"])?;
    assert!(!groups.contains("operations"), "never created: {groups}");
    Ok(())
}

/// Fails without: `groups__enabled` being asked in `groups::change` of the default policy.
#[tokio::test]
async fn nobody_is_put_into_groups_unless_the_site_wants_it() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = plan.without("services", "groups__enabled").start().await?;
    assert_eq!(site.session_of("carol").await?["groups"], json!([]));
    let record = site.only_record()?;
    assert_eq!(record["groups"]["added"], json!([]));
    Ok(())
}

/// Fails without: `GroupChange::Replace` in `directory::apply` taking memberships away.
#[tokio::test]
async fn group_taken_away_at_keycloak_is_gone_at_the_next_sign_in() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = plan
        .run("group create --company acme operations")?
        .start()
        .await?;
    let administration = site.keycloak.administration();
    let frank = administration.create_user("frank", &["research"]).await?;
    assert_eq!(
        site.session_of("frank").await?["groups"],
        json!(["research"])
    );
    administration
        .set_member(&frank, "operations", true)
        .await?;
    administration.set_member(&frank, "research", false).await?;
    assert_eq!(
        site.session_of("frank").await?["groups"],
        json!(["operations"])
    );
    let record = site.last_record()?;
    assert_eq!(record["groups"]["added"], json!(["operations"]));
    assert_eq!(record["groups"]["removed"], json!(["research"]));
    // The last one: Keycloak leaves the claim out.
    administration
        .set_member(&frank, "operations", false)
        .await?;
    assert_eq!(site.session_of("frank").await?["groups"], json!([]));
    let record = site.last_record()?;
    assert_eq!(record["groups"]["removed"], json!(["operations"]));
    assert!(saw(&record, "groups.absent").contains("read as no groups"));
    Ok(())
}

/// Fails without: the setting `groups__absent` (the last group is taken away).
#[tokio::test]
async fn absent_claim_changes_nothing_where_the_site_says_leave() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = plan
        .set("services", "groups__absent", "leave")
        .start()
        .await?;
    let administration = site.keycloak.administration();
    let lena = administration
        .create_user("lena", &["research", "administrators"])
        .await?;
    site.admitted("lena").await?;
    for group in ["research", "administrators"] {
        administration.set_member(&lena, group, false).await?;
    }
    let session = site.session_of("lena").await?;
    assert_eq!(session["groups"], json!(["research"]));
    let record = site.last_record()?;
    assert_eq!(record["groups"]["removed"], json!([]));
    assert!(saw(&record, "groups.absent").contains("nothing changes"));
    assert!(saw(&record, "admin.group").contains("not known"));
    Ok(())
}

/// Fails without: the origin `manual` (`group member add` writing `idp`).
#[tokio::test]
async fn membership_given_by_hand_survives_every_sign_in() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = plan
        .run("group create --company acme reviewers")?
        .start()
        .await?;
    let administration = site.keycloak.administration();
    let mona = administration.create_user("mona", &["research"]).await?;
    site.admitted("mona").await?;
    let member = ["group", "member", "add", "--company", "acme"];
    for group in ["reviewers", "research"] {
        let arguments = [&member[..], &[group, "mona@example.com"]].concat();
        site.usher.must(&arguments)?;
    }
    administration.set_member(&mona, "research", false).await?;
    let both = json!(["research", "reviewers"]);
    assert_eq!(site.session_of("mona").await?["groups"], both);
    let member = ["group", "member", "remove", "--company", "acme"];
    let arguments = [&member[..], &["research", "mona@example.com"]].concat();
    site.usher.must(&arguments)?;
    assert_eq!(
        site.session_of("mona").await?["groups"],
        json!(["reviewers"])
    );
    Ok(())
}

/// Fails without: the mapper's `full.path` (`research` is found, and no hint given); and where
/// somebody takes the leading `/` away.
#[tokio::test]
async fn full_paths_are_kept_as_they_are_and_hinted_at() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let administration = plan.realm().administration();
    let team = administration.create_group("team").await?;
    let child = json!({"name": "painters"});
    administration
        .create(&format!("groups/{team}/children"), &child)
        .await?;
    administration
        .create_user("pablo", &["team/painters", "research"])
        .await?;
    let site = plan
        .client(|client| client.set_groups_mapper("full.path", "true"))
        .run("group create --company acme /team/painters")?
        .run("group create --company acme painters")?
        .start()
        .await?;
    assert_eq!(
        site.session_of("pablo").await?["groups"],
        json!(["/team/painters"])
    );
    let record = site.only_record()?;
    assert_eq!(record["groups"]["unknown"], json!(["/research"]));
    assert!(saw(&record, "groups.path").contains("Full group path"));
    Ok(())
}

/// Fails without: the setting `groups__claim` (no `groups` in the token, so no groups here).
#[tokio::test]
async fn groups_come_from_the_claim_that_the_site_names() -> anyhow::Result<()> {
    // Keycloak nests at a dot, unless it is escaped.
    for (mapped, named) in [
        ("teams", "teams"),
        ("access.teams", "/access/teams"),
        (r"acme\.teams", "acme.teams"),
        (r"https://acme\.example/teams", "https://acme.example/teams"),
    ] {
        let Some(plan) = Plan::new().await? else {
            return Ok(());
        };
        let site = plan
            .client(|client| client.set_groups_mapper("claim.name", mapped))
            .set("services", "groups__claim", named)
            .start()
            .await?;
        let session = site.session_of("carol").await?;
        assert_eq!(session["groups"], json!(["research"]), "{named}");
    }
    Ok(())
}

/// Fails without: the setting `groups__case_sensitive`.
#[tokio::test]
async fn letter_case_may_be_ignored_in_groups_and_administrators() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = plan
        .run("group delete --company acme research")?
        .run("group create --company acme Research")?
        .set("services", "groups__admins", r#"["OPERATIONS"]"#)
        .set("services", "groups__case_sensitive", "off")
        .start()
        .await?;
    let session = site.session_of("carol").await?;
    assert_eq!(session["groups"], json!(["Research"]));
    assert_eq!(session["admin"], true);
    // By default it counts.
    let site = site
        .restart(&[("services", "groups__case_sensitive", "on")])
        .await?;
    let session = site.session_of("carol").await?;
    assert_eq!(session["groups"], json!([]));
    assert_eq!(session["admin"], false);
    Ok(())
}

/// A mapper that says that the groups are somewhere else, as providers do with people in very
/// many.
const ELSEWHERE: [(&str, &str, &str); 3] = [
    ("hasgroups", "boolean", "true"),
    ("hasgroups", "String", "true"),
    ("_claim_names", "JSON", r#"{"groups":"src1"}"#),
];

/// Fails without: the mapper with the marker (the absent claim then takes the group away, and
/// the administrator role).
#[tokio::test]
async fn groups_that_are_elsewhere_change_nothing_and_are_not_fetched() -> anyhow::Result<()> {
    for (number, (claim, kind, value)) in ELSEWHERE.into_iter().enumerate() {
        let Some(plan) = Plan::new().await? else {
            return Ok(());
        };
        // The roles that everybody has would say no.
        let site = plan.set("services", "admin_role", "").start().await?;
        let username = format!("overage-{number}");
        let administration = site.keycloak.administration();
        administration
            .create_user(&username, &["research", "administrators"])
            .await?;
        let before = site.session_of(&username).await?;
        assert_eq!(before["groups"], json!(["research"]));
        mark(&site, claim, kind, value).await?;
        let after = site.session_of(&username).await?;
        assert_eq!(after["groups"], before["groups"], "{claim} {kind}");
        assert_eq!(after["admin"], true, "{claim} {kind}");
        let record = site.last_record()?;
        assert!(saw(&record, "groups.elsewhere").contains("nothing is fetched"));
        assert_eq!(record["logs"][0]["level"], "warn", "{}", record["logs"]);
        let prohibit = "groups__prohibit_user_signup_if_not_in_group";
        let site = site.restart(&[("services", prohibit, "true")]).await?;
        let (page, record) = site.refused(&username).await?;
        assert_eq!(page.status, 403, "{claim} {kind}: {page}");
        assert_eq!(record["code"], "group_required");
    }
    Ok(())
}

/// Puts a claim with a fixed value in the place of the groups.
async fn mark(site: &Site, claim: &str, kind: &str, value: &str) -> anyhow::Result<()> {
    let administration = site.keycloak.administration();
    let client = administration.client(&site.client_id).await?;
    let mappers = format!("{client}/protocol-mappers/models");
    let groups: Value = administration.get(&mappers).await?[0]["id"].clone();
    let groups = groups.as_str().unwrap_or_default();
    administration
        .remove(&format!("{mappers}/{groups}"))
        .await?;
    let mapper = json!({
        "name": claim, "protocol": "openid-connect",
        "protocolMapper": "oidc-hardcoded-claim-mapper",
        "config": {
            "claim.name": claim, "claim.value": value, "jsonType.label": kind,
            "id.token.claim": "true", "access.token.claim": "true",
            "userinfo.token.claim": "true",
        },
    });
    administration.create(&mappers, &mapper).await?;
    Ok(())
}
