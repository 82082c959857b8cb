//! Which company somebody lands in (`spec.md` §4.6).

use reqwest::StatusCode;
use serde_json::{Value, json};
use usher_tests::keycloak::Client;

use super::site::{Plan, saw};

/// Everything that could place somebody of `example.com`: two companies, a domain.
fn two_companies(plan: Plan) -> anyhow::Result<Plan> {
    plan.run("company create --id beta --name Beta")?
        .run("domain add --company beta example.com")
}

/// Fails without: the setting `default_company` (she lands in `beta`, whose domain it is).
#[tokio::test]
async fn new_user_lands_in_the_default_company_whatever_her_domain() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = two_companies(plan)?
        .set("secure", "default_company", "acme")
        .start()
        .await?;
    let session = site.session_of("carol").await?;
    assert_eq!(session["company"]["id"], "acme");
    let lookups = site.only_record()?["lookups"].to_string();
    assert!(!lookups.contains("domain-company"), "{lookups}");
    Ok(())
}

/// Fails without: accepting the invitation in `directory::apply` (no role, still open).
#[tokio::test]
async fn open_invitation_to_the_default_company_is_accepted_on_the_way() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = plan
        .run("invite add --company acme --email dave@example.com --role admin")?
        .start()
        .await?;
    let session = site.session_of("dave").await?;
    assert_eq!(session["company"]["id"], "acme");
    assert_eq!(session["admin"], true, "the role of the invitation");
    let user = site
        .usher
        .must(&["user", "show", "dave@example.com", "--json"])?;
    let user: Value = serde_json::from_str(&user)?;
    assert_eq!(user["admin_origins"], json!(["manual"]));
    let open = site.usher.must(&["invite", "list", "--json"])?;
    let open: Value = serde_json::from_str(&open)?;
    assert!(open[0]["accepted_at"].is_string(), "{open}");
    // Claims grant him nothing, at this sign-in or the next.
    assert_eq!(site.session_of("dave").await?["admin"], true);
    Ok(())
}

/// Fails without: the invitation (he lands in `beta` by his domain, and is no administrator).
#[tokio::test]
async fn invitation_goes_before_the_domain_and_gives_its_role() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = two_companies(plan)?
        .without("secure", "default_company")
        .run("invite add --company acme --email dave@example.com --role admin")?
        .start()
        .await?;
    let session = site.session_of("dave").await?;
    assert_eq!(
        (&session["company"]["id"], &session["admin"]),
        (&json!("acme"), &json!(true))
    );
    Ok(())
}

/// Fails without: `domain add` (`no_company`).
#[tokio::test]
async fn verified_address_lands_in_the_company_of_its_domain() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = two_companies(plan)?
        .without("secure", "default_company")
        .start()
        .await?;
    assert_eq!(site.session_of("carol").await?["company"]["id"], "beta");
    let record = site.only_record()?;
    assert!(saw(&record, "company.domain").contains("beta"));
    Ok(())
}

/// Fails without: the refusal of `company::find` in the default policy, which this site
/// leaves nothing else to decide by.
#[tokio::test]
async fn nobody_is_let_in_without_a_company() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = plan
        .run("domain add --company acme elsewhere.example")?
        .run("invite add --company acme --email somebody@else.example --role admin")?
        .without("secure", "default_company")
        .start()
        .await?;
    let (page, record) = site.refused("alice").await?;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "{page}");
    assert_eq!(
        (&record["outcome"], &record["code"]),
        (&json!("refused"), &json!("no_company"))
    );
    let text = page.text();
    assert!(text.contains("No company is linked to your e-mail address"));
    assert!(!text.contains("Acme") && !text.contains("acme"), "{text}");
    assert_eq!(site.usher.must(&["user", "list", "--json"])?.trim(), "[]");
    Ok(())
}

/// What Keycloak says of an address, and how it comes to say so.
enum Says {
    /// `email_verified: false`: the person has not verified it.
    False,
    /// Nothing: the client has no mapper for it.
    Nothing,
    /// Something that is not the literal `true`: a mapper wrote it.
    Value(&'static str, &'static str),
}

/// Fails without: `Verification::of` taking the literal `true` alone.
#[tokio::test]
async fn only_the_literal_true_selects_a_company() -> anyhow::Result<()> {
    let cases = [
        ("false", Says::False),
        ("nothing", Says::Nothing),
        ("text", Says::Value("String", "true")),
        ("number", Says::Value("long", "1")),
        ("object", Says::Value("JSON", r#"{"value":true}"#)),
    ];
    for (name, says) in cases {
        let Some(plan) = Plan::new().await? else {
            return Ok(());
        };
        let username = format!("unverified-{name}");
        let verified = !matches!(says, Says::False);
        let person = json!({ "emailVerified": verified });
        let administration = plan.realm().administration();
        administration.create_person(&username, &person).await?;
        let invite = format!("invite add --company acme --email {username}@example.com");
        let site = two_companies(plan)?
            .run(&format!("{invite} --role user"))?
            .without("secure", "default_company")
            .set("services", "scopes", "openid profile")
            .client(|client| says.through(client))
            .start()
            .await?;
        let (page, record) = site.refused(&username).await?;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{name}: {page}");
        assert_eq!(record["code"], "email_unverified", "{name}");
        assert!(page.text().contains("Your e-mail address is not verified"));
        assert_eq!(
            record["lookups"].to_string().matches("invitations").count(),
            0
        );
    }
    Ok(())
}

/// The same client does let in whom Keycloak vouches for.
///
/// Fails without: the mapper for `email_verified` (`email_unverified`).
#[tokio::test]
async fn literal_true_by_the_same_mappers_selects_a_company() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = two_companies(plan)?
        .without("secure", "default_company")
        .set("services", "scopes", "openid profile")
        .client(|client| Says::Value("boolean", "true").through(client))
        .start()
        .await?;
    assert_eq!(site.session_of("carol").await?["company"]["id"], "beta");
    Ok(())
}

impl Says {
    /// The client has its own mappers instead of the scope `email`.
    fn through(&self, client: &mut Client) {
        client.set(
            "/defaultClientScopes",
            json!(["basic", "profile", "roles", "acr", "web-origins"]),
        );
        client.set("/optionalClientScopes", json!([]));
        let email = json!({"user.attribute": "email", "jsonType.label": "String"});
        client.add_mapper("oidc-usermodel-attribute-mapper", "email", &email);
        let (kind, value) = match self {
            Self::Nothing => return,
            Self::False => ("boolean", "false"),
            Self::Value(kind, value) => (*kind, *value),
        };
        let flag = json!({"claim.value": value, "jsonType.label": kind});
        client.add_mapper("oidc-hardcoded-claim-mapper", "email_verified", &flag);
    }
}
