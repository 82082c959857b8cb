//! Administrator or not, and who may not come in at all (`spec.md` §4.8, §4.9).

use reqwest::StatusCode;
use serde_json::json;

use super::site::{Plan, Site, read, saw};

const PROHIBIT: (&str, &str, &str) = (
    "services",
    "groups__prohibit_user_signup_if_not_in_group",
    "true",
);

/// Fails without: the setting `groups__admins`.
#[tokio::test]
async fn member_of_an_administrator_group_is_an_administrator() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = plan
        .set("services", "groups__admins", r#"["administrators"]"#)
        .start()
        .await?;
    let session = site.session_of("alice").await?;
    assert_eq!(session["admin"], true);
    assert_eq!(session["company"], json!({"id": "acme", "name": "Acme"}));
    assert_eq!(session["groups"], json!([]), "no group of the company");
    let record = site.only_record()?;
    assert_eq!(record["admin"], "granted");
    let read = read(&record, "/groups");
    assert_eq!(read["source"], "access_token");
    assert_eq!(read["value"], json!(["administrators"]));
    Ok(())
}

/// Fails without: the revocation in `admin::conclude` of the default policy.
#[tokio::test]
async fn administrator_who_left_the_group_is_none_any_more() -> anyhow::Result<()> {
    let Some(site) = Site::start(&[]).await? else {
        return Ok(());
    };
    let administration = site.keycloak.administration();
    let groups = ["administrators", "research"];
    let nina = administration.create_user("nina", &groups).await?;
    assert_eq!(site.session_of("nina").await?["admin"], true);
    administration
        .set_member(&nina, "administrators", false)
        .await?;
    assert_eq!(site.session_of("nina").await?["admin"], false);
    assert_eq!(site.last_record()?["admin"], "revoked");
    Ok(())
}

/// Fails without: `groups__admins` alone being a reason to read the groups
/// (`Groups::claim_is_used` of the default policy).
#[tokio::test]
async fn administrator_groups_work_with_synchronisation_off() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = plan
        .set("services", "groups__enabled", "false")
        .start()
        .await?;
    let administration = site.keycloak.administration();
    let groups = ["administrators", "research"];
    let olga = administration.create_user("olga", &groups).await?;
    let session = site.session_of("olga").await?;
    assert_eq!(
        (&session["admin"], &session["groups"]),
        (&json!(true), &json!([]))
    );
    for group in groups {
        administration.set_member(&olga, group, false).await?;
    }
    assert_eq!(site.session_of("olga").await?["admin"], false);
    Ok(())
}

/// Fails without: the role at Keycloak; with another `admin_role` too.
#[tokio::test]
async fn person_with_the_realm_role_admin_is_an_administrator() -> anyhow::Result<()> {
    let Some(site) = Site::start(&[]).await? else {
        return Ok(());
    };
    let session = site.session_of("bob").await?;
    assert_eq!(session["admin"], true);
    assert_eq!(session["groups"], json!(["research"]));
    let record = site.only_record()?;
    assert_eq!(record["admin"], "granted");
    assert_eq!(
        read(&record, "/realm_access/roles")["value"],
        json!(["admin"])
    );
    Ok(())
}

/// Fails without: the setting `admin_role`.
#[tokio::test]
async fn another_role_may_make_administrators_and_then_admin_does_not() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let administration = plan.realm().administration();
    administration
        .create("roles", &json!({"name": "chief"}))
        .await?;
    let petra = administration.create_user("petra", &[]).await?;
    administration.grant(&petra, "chief").await?;
    let site = plan.set("services", "admin_role", "chief").start().await?;
    assert_eq!(site.session_of("petra").await?["admin"], true);
    assert_eq!(site.session_of("bob").await?["admin"], false);
    // The roles that everybody has are there, so the token does say no.
    administration.revoke(&petra, "chief").await?;
    assert_eq!(site.session_of("petra").await?["admin"], false);
    assert_eq!(site.last_record()?["admin"], "revoked");
    Ok(())
}

/// Fails without: `keycloak::client_roles` asking for our own client alone.
#[tokio::test]
async fn role_of_our_client_counts_and_that_of_another_does_not() -> anyhow::Result<()> {
    let Some(site) = Site::start(&[]).await? else {
        return Ok(());
    };
    let administration = site.keycloak.administration();
    let other = json!({"clientId": "payroll-system", "enabled": true});
    administration.create("clients", &other).await?;
    for client in [&site.client_id, "payroll-system"] {
        administration.create_client_role(client, "admin").await?;
    }
    let quinn = administration.create_user("quinn", &[]).await?;
    administration
        .grant_client_role(&quinn, "payroll-system", "admin")
        .await?;
    assert_eq!(site.session_of("quinn").await?["admin"], false);
    administration
        .grant_client_role(&quinn, &site.client_id, "admin")
        .await?;
    assert_eq!(site.session_of("quinn").await?["admin"], true);
    let pointer = format!("/resource_access/{}/roles", site.client_id);
    assert_eq!(
        read(&site.last_record()?, &pointer)["value"],
        json!(["admin"])
    );
    Ok(())
}

/// Fails without: the setting `admin_role`, empty.
#[tokio::test]
async fn empty_role_leaves_administrators_to_the_application() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = plan
        .set("services", "admin_role", "")
        .without("services", "groups__admins")
        .start()
        .await?;
    assert_eq!(site.session_of("bob").await?["admin"], false);
    assert_eq!(site.last_record()?["admin"], "unchanged");
    site.usher.must(&["user", "set-admin", "bob@example.com"])?;
    assert_eq!(site.session_of("bob").await?["admin"], true);
    Ok(())
}

/// Keycloak leaves an empty list of roles out, and that says nothing: a person whose only
/// role was taken away stays an administrator until another claim says no.
///
/// Fails without: `Says::Nothing` where no roles claim is present.
#[tokio::test]
async fn absent_roles_claim_revokes_nothing() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = plan.without("services", "groups__admins").start().await?;
    let administration = site.keycloak.administration();
    let rosa = administration.create_user("rosa", &[]).await?;
    administration.grant(&rosa, "admin").await?;
    administration.revoke(&rosa, "default-roles-usher").await?;
    assert_eq!(site.session_of("rosa").await?["admin"], true);
    administration.revoke(&rosa, "admin").await?;
    assert_eq!(site.session_of("rosa").await?["admin"], true);
    let record = site.last_record()?;
    assert_eq!(record["admin"], "unchanged");
    assert!(saw(&record, "admin.role").contains("no roles"));
    Ok(())
}

/// Fails without: the setting `groups__prohibit_user_signup_if_not_in_group`.
#[tokio::test]
async fn person_without_a_group_is_refused_and_leaves_no_trace_but_the_record() -> anyhow::Result<()>
{
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = plan.set(PROHIBIT.0, PROHIBIT.1, PROHIBIT.2).start().await?;
    let (page, record) = site.refused("dave").await?;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "{page}");
    assert_eq!(record["outcome"], "refused");
    assert_eq!(record["code"], "group_required");
    let reference = record["ref"].as_str().expect("a reference");
    assert!(
        page.text().contains(reference),
        "{reference} is not on the page: {page}"
    );
    for secret in ["research", "administrators", "dave@example.com"] {
        assert!(
            !page.text().contains(secret),
            "{secret} is on the page: {page}"
        );
    }
    assert_eq!(site.usher.must(&["user", "list", "--json"])?.trim(), "[]");
    site.admitted("carol").await?;
    Ok(())
}

/// Fails without: the setting `groups__prohibit_user_signup_if_not_in_group`.
#[tokio::test]
async fn known_user_who_left_the_last_group_is_refused_too() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = plan.set(PROHIBIT.0, PROHIBIT.1, PROHIBIT.2).start().await?;
    let administration = site.keycloak.administration();
    let sven = administration.create_user("sven", &["research"]).await?;
    let mut before = site.admitted("sven").await?;
    administration.set_member(&sven, "research", false).await?;
    administration.set_member(&sven, "operations", true).await?;
    let (page, record) = site.refused("sven").await?;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "{page}");
    assert_eq!(record["code"], "group_required");
    assert_eq!(record["groups"]["unknown"], json!(["operations"]));
    assert!(
        !page.text().contains("For whoever runs this service"),
        "the claim is there, nothing is set up wrongly: {page}"
    );
    // A refusal changes nothing, not even what he had.
    let session = site.session(&mut before).await?;
    assert_eq!(session["groups"], json!(["research"]));
    Ok(())
}

/// Fails without: the setting `groups__admins` (she is refused).
#[tokio::test]
async fn administrator_group_lets_in_where_a_group_is_required() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = plan
        .set(PROHIBIT.0, PROHIBIT.1, PROHIBIT.2)
        .set("services", "groups__admins", r#"["administrators"]"#)
        .start()
        .await?;
    assert_eq!(site.session_of("alice").await?["groups"], json!([]));
    Ok(())
}
