//! What is read about a person, and where from (`spec.md` §4.1, §4.2, §4.10).

use serde_json::{Value, json};

use super::site::{Plan, read};

/// Fails without: the setting `claims__name` (`Carol Carter`).
#[tokio::test]
async fn name_comes_from_the_claim_that_the_site_names() -> anyhow::Result<()> {
    for (claim, name) in [
        (None, "Carol Carter"),
        (Some("preferred_username"), "carol"),
        (Some("family_name"), "Carter"),
        (Some("/given_name"), "Carol"),
        (Some("no_such_claim"), "carol"),
    ] {
        let Some(plan) = Plan::new().await? else {
            return Ok(());
        };
        let plan = plan.without("services", "claims__name");
        let site = match claim {
            Some(claim) => plan.set("services", "claims__name", claim),
            None => plan,
        };
        let site = site.start().await?;
        let session = site.session_of("carol").await?;
        assert_eq!(session["user"]["name"], name, "{claim:?}");
    }
    Ok(())
}

/// Fails without: the setting `claims__email` (the address is `carol@example.com`).
#[tokio::test]
async fn address_comes_from_the_claim_that_the_site_names() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let upn = json!({"claim.value": "Carol.Carter@corp.example", "jsonType.label": "String"});
    let site = plan
        .client(|client| client.add_mapper("oidc-hardcoded-claim-mapper", "upn", &upn))
        .set("services", "claims__email", "upn")
        .start()
        .await?;
    let session = site.session_of("carol").await?;
    assert_eq!(session["user"]["email"], "carol.carter@corp.example");
    Ok(())
}

/// `email_verified` speaks of `email`, not of the claim that the site takes instead.
///
/// Fails without: `about_this` in `Verification::of`.
#[tokio::test]
async fn another_address_is_not_verified_by_the_flag_of_the_first() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let upn = json!({"claim.value": "boss@corp.example", "jsonType.label": "String"});
    let site = plan
        .client(|client| client.add_mapper("oidc-hardcoded-claim-mapper", "upn", &upn))
        .without("secure", "default_company")
        .set("services", "claims__email", "upn")
        .run("domain add --company acme corp.example")?
        .start()
        .await?;
    let (_, record) = site.refused("carol").await?;
    assert_eq!(record["code"], "email_unverified");
    Ok(())
}

/// Whatever claim the site calls the user's id, people are told apart by issuer and subject.
///
/// Fails without: `VerifiedIdentity` taking `sub` of the ID token and nothing else.
#[tokio::test]
async fn user_id_claim_never_becomes_the_identity() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let same = json!({"claim.value": "everybody", "jsonType.label": "String"});
    let site = plan
        .client(|client| client.add_mapper("oidc-hardcoded-claim-mapper", "uid", &same))
        .set("services", "claims__user_id", "uid")
        .start()
        .await?;
    let carol = site.session_of("carol").await?;
    let bob = site.session_of("bob").await?;
    assert_ne!(carol["user"]["id"], bob["user"]["id"]);
    assert_eq!(site.session_of("carol").await?["user"], carol["user"]);
    Ok(())
}

/// Fails without: the setting `get_info_from_access_token`, either way.
#[tokio::test]
async fn groups_are_read_from_the_one_configured_source() -> anyhow::Result<()> {
    let tokens = [
        "id.token.claim",
        "access.token.claim",
        "userinfo.token.claim",
    ];
    for (written, source, setting, groups) in [
        (
            "access.token.claim",
            "access_token",
            "true",
            json!(["research"]),
        ),
        ("access.token.claim", "userinfo", "false", json!([])),
        ("userinfo.token.claim", "access_token", "true", json!([])),
        (
            "userinfo.token.claim",
            "userinfo",
            "false",
            json!(["research"]),
        ),
        ("id.token.claim", "access_token", "true", json!([])),
        ("id.token.claim", "userinfo", "false", json!([])),
    ] {
        let Some(plan) = Plan::new().await? else {
            return Ok(());
        };
        let site = plan
            .client(|client| {
                for token in tokens {
                    client
                        .set_groups_mapper(token, if token == written { "true" } else { "false" });
                }
            })
            .set("services", "get_info_from_access_token", setting)
            .start()
            .await?;
        let session = site.session_of("carol").await?;
        assert_eq!(session["groups"], groups, "{written} {setting}");
        assert_eq!(
            read(&site.only_record()?, "/groups")["source"],
            source,
            "{written} {setting}"
        );
    }
    Ok(())
}

/// Keycloak writes roles to the access token alone.
///
/// Fails without: the setting `get_info_from_access_token` (bob is an administrator).
#[tokio::test]
async fn role_is_not_found_in_userinfo() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = plan
        .set("services", "get_info_from_access_token", "false")
        .start()
        .await?;
    assert_eq!(site.session_of("bob").await?["admin"], false);
    let reads = site.only_record()?["reads"].clone();
    let reads = reads.as_array().into_iter().flatten();
    for read in reads.filter(|read| read["pointer"] == "/realm_access/roles") {
        assert_eq!(
            (&read["source"], read.get("value")),
            (&json!("userinfo"), None)
        );
    }
    Ok(())
}

/// Fails without: name and address being written at every sign-in in `directory::apply`, and
/// with the identity being anything but issuer and subject.
#[tokio::test]
async fn renamed_person_stays_the_same_and_is_called_by_the_new_name() -> anyhow::Result<()> {
    let Some(plan) = Plan::alone("renaming").await? else {
        return Ok(());
    };
    let site = plan.start().await?;
    let administration = site.realm.administration();
    administration
        .change_realm(&json!({"editUsernameAllowed": true}))
        .await?;
    let id = administration.create_user("tilda", &["research"]).await?;
    let mut first = site.admitted("tilda").await?;
    let before = site.session(&mut first).await?;
    let changes = json!({
        "username": "tilda-new", "email": "tilda.new@example.com",
        "credentials": [{"type": "password", "value": "tilda-new-password"}],
    });
    administration.change_user(&id, &changes).await?;
    let after = site.session_of("tilda-new").await?;
    assert_eq!(after["user"]["id"], before["user"]["id"]);
    assert_eq!(after["user"]["name"], "tilda-new");
    assert_eq!(after["user"]["email"], "tilda.new@example.com");
    let users: Value = serde_json::from_str(&site.usher.must(&["user", "list", "--json"])?)?;
    assert_eq!(users.as_array().map(Vec::len), Some(1), "{users}");
    // Somebody new gets the old name and address: another person, who does not take over.
    let heir = administration.create_user("tilda", &[]).await?;
    let heir_session = site.session_of("tilda").await?;
    assert_ne!(heir_session["user"]["id"], before["user"]["id"], "{heir}");
    assert_eq!(heir_session["groups"], json!([]));
    Ok(())
}
