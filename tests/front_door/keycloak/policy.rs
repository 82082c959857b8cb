//! A site's own policy, on real tokens: the example that places people by their department.

use reqwest::StatusCode;
use serde_json::json;
use usher_tests::parts;

use super::site::{Plan, Site};

const TABLE: &str = r#"{"departments":{"Physics":"acme","Chemistry":"beta"}}"#;
const MOVED: &str = r#"{"departments":{"Physics":"beta","Chemistry":"beta"}}"#;

/// `uma` is in Physics, `vito` in Law; their departments are their last names.
async fn departments() -> anyhow::Result<Option<Plan>> {
    let Some(plan) = Plan::new().await? else {
        return Ok(None);
    };
    let module = parts::policies().join("department.wasm");
    let plan = plan
        .client(|client| {
            let config = json!({"user.attribute": "lastName", "jsonType.label": "String"});
            client.add_mapper("oidc-usermodel-attribute-mapper", "department", &config);
        })
        .without("secure", "default_company")
        .run("company create --id beta --name Beta")?
        .set("services", "policy__module", &module.display().to_string())
        .set("services", "policy__settings", TABLE);
    Ok(Some(plan))
}

async fn in_department(site: &Site, username: &str, department: &str) -> anyhow::Result<()> {
    let person = json!({ "lastName": department });
    let administration = site.keycloak.administration();
    administration.create_person(username, &person).await?;
    Ok(())
}

/// Fails without: the settings `policy__module` (`no_company`) and `policy__settings`
/// (`department_closed`).
#[tokio::test]
async fn own_policy_places_people_by_the_sites_own_table() -> anyhow::Result<()> {
    let Some(plan) = departments().await? else {
        return Ok(());
    };
    let site = plan.start().await?;
    in_department(&site, "uma", "Physics").await?;
    in_department(&site, "vito", "Law").await?;
    assert_eq!(site.session_of("uma").await?["company"]["id"], "acme");
    let record = site.last_record()?;
    assert_eq!(record["trace"][0]["rule"], "department");
    let (page, record) = site.refused("vito").await?;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "{page}");
    assert_eq!(record["code"], "department_closed");
    assert!(
        page.text()
            .contains("The rules of this service do not let you in"),
        "{page}"
    );
    Ok(())
}

/// Fails without: the setting `policy__may_move`.
#[tokio::test]
async fn known_person_is_moved_only_where_the_site_allows_it() -> anyhow::Result<()> {
    let Some(plan) = departments().await? else {
        return Ok(());
    };
    let site = plan.start().await?;
    in_department(&site, "wanda", "Physics").await?;
    let mut before = site.admitted("wanda").await?;
    let site = site
        .restart(&[("services", "policy__settings", MOVED)])
        .await?;
    let (page, record) = site.refused("wanda").await?;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "{page}");
    assert_eq!(record["code"], "company_mismatch");
    assert_eq!(site.session(&mut before).await?["company"]["id"], "acme");

    let site = site
        .restart(&[("services", "policy__may_move", "true")])
        .await?;
    assert_eq!(site.session_of("wanda").await?["company"]["id"], "beta");
    let old = before.get(site.server.url("/api/v1/session")).await?;
    assert_eq!(old.status, StatusCode::UNAUTHORIZED, "sessions there end");
    Ok(())
}
