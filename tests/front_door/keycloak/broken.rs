//! Eight connections that are set up wrongly: what the person sees, and what the record
//! tells the engineer.

use reqwest::StatusCode;
use serde_json::{Value, json};
use usher_tests::clock;
use usher_tests::keycloak::broken::Fault;
use usher_tests::keycloak::{self, password};
use usher_tests::visitor::{Page, Visitor};

use super::site::{Plan, Site};

/// What is seen of a fault.
struct Seen {
    status: u16,
    /// In the record, if the attempt reached the callback.
    code: Option<&'static str>,
    /// On the page.
    words: &'static [&'static str],
    /// In `usher audit show`.
    shown: &'static [&'static str],
}

/// `carol` signs in, whom a sound connection lets in.
async fn meets(fault: Fault, seen: Seen) -> anyhow::Result<()> {
    let Some(site) = broken(fault).await? else {
        return Ok(());
    };
    let page = as_far_as_it_goes(&site).await?;
    assert_eq!(page.status.as_u16(), seen.status, "{page}");
    for words in seen.words {
        assert!(page.text().contains(words), "no {words:?}: {}", page.text());
    }
    let Some(code) = seen.code else {
        assert_eq!(site.sign_ins()?, [] as [Value; 0]);
        return Ok(());
    };
    assert_eq!(site.only_record()?["code"], code);
    let shown = shown(&site, &page)?;
    for words in seen.shown {
        assert!(shown.contains(words), "no {words:?}: {shown}");
    }
    Ok(())
}

async fn broken(fault: Fault) -> anyhow::Result<Option<Site>> {
    match Plan::new().await? {
        Some(plan) => plan.start_with(fault).await.map(Some),
        None => Ok(None),
    }
}

/// Some faults do not even let people come to Keycloak's form.
async fn as_far_as_it_goes(site: &Site) -> anyhow::Result<Page> {
    let mut carol = Visitor::new();
    let page = site.begin(&mut carol).await?;
    if page.form("#kc-form-login").is_err() {
        return Ok(page);
    }
    let page = keycloak::sign_in(&mut carol, page, "carol", &password("carol")).await?;
    carol.settle(page).await
}

/// `usher audit show` with the reference that stands on the page.
fn shown(site: &Site, page: &Page) -> anyhow::Result<String> {
    let reference = page.texts("#reference").join("");
    site.usher.must(&["audit", "show", &reference])
}

#[tokio::test]
async fn all_is_well_without_a_fault() -> anyhow::Result<()> {
    let prohibit = "groups__prohibit_user_signup_if_not_in_group";
    let Some(site) = Site::start(&[("services", prohibit, "true")]).await? else {
        return Ok(());
    };
    let (_, page) = site.sign_in("carol").await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    Ok(())
}

/// Fails without: `Login::missing_groups`; and with the mapper (she is let in).
#[tokio::test]
async fn missing_mapper_is_an_absent_groups_claim() -> anyhow::Result<()> {
    meets(Fault::NoMapper, NO_GROUPS).await
}

/// Fails without: `Login::missing_groups`; and with the mapper writing to the access token.
#[tokio::test]
async fn groups_in_userinfo_alone_are_an_absent_groups_claim() -> anyhow::Result<()> {
    meets(Fault::GroupsOnlyInUserinfo, NO_GROUPS).await
}

const NO_GROUPS: Seen = Seen {
    status: 403,
    code: Some("group_required"),
    words: &[
        "Your account is in no group that may use this service",
        "The token carried no groups claim at all",
        "mapper Group Membership",
        "added to the access token",
    ],
    shown: &[
        "groups: there is no claim /groups in the access_token",
        "mapper Group Membership",
        "groups claim absent in the access token",
    ],
};

/// The page is Keycloak's own: it sends nobody to an address that it does not know.
///
/// Fails without: the fault (she is let in). It is Keycloak that refuses.
#[tokio::test]
async fn wrong_redirect_uri_ends_at_keycloak() -> anyhow::Result<()> {
    let seen = Seen {
        status: 400,
        code: None,
        words: &["Invalid parameter: redirect_uri"],
        shown: &[],
    };
    meets(Fault::WrongRedirectUri, seen).await
}

/// Fails without: the words for `unauthorized_client`, which is how Keycloak says it.
#[tokio::test]
async fn wrong_secret_is_refused_by_keycloak() -> anyhow::Result<()> {
    let seen = Seen {
        status: 502,
        code: Some("provider_error"),
        words: &[
            "The identity provider reported an error",
            "The client id or secret is not accepted",
            "tab Credentials",
        ],
        shown: &["unauthorized_client", "client_secret_file"],
    };
    meets(Fault::WrongSecret, seen).await
}

/// Fails without: `discovery::issuer` comparing byte for byte.
#[tokio::test]
async fn another_issuer_is_refused_before_anybody_leaves() -> anyhow::Result<()> {
    let seen = Seen {
        status: 502,
        code: None,
        words: &[
            "The identity provider reported an error",
            "Set base_url to exactly the issuer",
        ],
        shown: &[],
    };
    meets(Fault::IssuerDiffers, seen).await
}

/// Fails without: the shifted clock (she is let in).
#[tokio::test]
async fn clock_five_minutes_off_is_named() -> anyhow::Result<()> {
    let seen = Seen {
        status: 502,
        code: Some("clock_skew"),
        words: &["Two clocks disagree", "Set both by NTP"],
        shown: &["s ahead of our clock", "Set both by NTP"],
    };
    meets(Fault::ClockFiveMinutesOff, seen).await
}

/// Fails without: the check of `sub` in `verify::access_token`.
#[tokio::test]
async fn lightweight_access_token_is_named_with_its_switch() -> anyhow::Result<()> {
    const SWITCH: &str = "switch off \"Always use lightweight access token\"";
    let seen = Seen {
        status: 502,
        code: Some("token_invalid"),
        words: &["The identity provider’s answer did not hold", SWITCH],
        shown: &["access_token.sub", SWITCH],
    };
    meets(Fault::LightweightTokens, seen).await
}

/// Userinfo answers such a token 401: the switch is named there too.
///
/// Fails without: the hint in `userinfo::refused`.
#[tokio::test]
async fn lightweight_access_token_is_named_at_userinfo_too() -> anyhow::Result<()> {
    let Some(site) = broken(Fault::LightweightTokens).await? else {
        return Ok(());
    };
    let site = site
        .restart(&[("services", "get_info_from_access_token", "false")])
        .await?;
    let (page, record) = site.refused("carol").await?;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY, "{page}");
    assert_eq!(record["code"], "provider_error");
    let detail = record["detail"].as_str().unwrap_or_default();
    assert!(detail.starts_with("userinfo.status: "), "{detail}");
    assert!(
        page.text().contains("Always use lightweight access token"),
        "{page}"
    );
    Ok(())
}

/// What the advice says for whoever wants lightweight tokens does let people in.
///
/// Fails without: `lightweight.claim` on any of these mappers.
#[tokio::test]
async fn lightweight_access_token_will_do_with_every_mapper_added_to_it() -> anyhow::Result<()> {
    let Some(plan) = Plan::new().await? else {
        return Ok(());
    };
    let site = plan
        .client(|client| {
            let switch = "/attributes/client.use.lightweight.access.token.enabled";
            client.set(switch, "true".into());
            client.set_groups_mapper("lightweight.claim", "true");
            let added = |attribute: &str| {
                json!({
                    "user.attribute": attribute, "jsonType.label": "String",
                    "lightweight.claim": "true",
                })
            };
            client.add_mapper("oidc-sub-mapper", "sub", &added(""));
            let kind = "oidc-usermodel-attribute-mapper";
            client.add_mapper(kind, "preferred_username", &added("username"));
        })
        .start()
        .await?;
    let session = site.session_of("carol").await?;
    assert_eq!(session["groups"], json!(["research"]));
    assert_eq!(session["user"]["name"], "carol");
    Ok(())
}

/// Fails without: the check of `alg` in `Unverified::open`.
#[tokio::test]
async fn changed_algorithm_is_named_with_the_setting() -> anyhow::Result<()> {
    let seen = Seen {
        status: 502,
        code: Some("token_invalid"),
        words: &[
            "The identity provider’s answer did not hold",
            "another algorithm than signing_algorithm names",
        ],
        shown: &["PS256", "only RS256 is accepted", "signing_algorithm"],
    };
    meets(Fault::AlgorithmChanged, seen).await
}

/// Five minutes ahead, the tokens look old, not expired: people are let in. With tokens that
/// live a minute they are not.
///
/// Fails without: `Refusal::Skewed` in `checks::not_expired` (`token_invalid`).
#[tokio::test]
async fn clock_that_is_ahead_is_named_where_it_matters() -> anyhow::Result<()> {
    for (life, code) in [("300", None), ("60", Some("clock_skew"))] {
        let Some(plan) = Plan::new().await? else {
            return Ok(());
        };
        let site = plan
            .client(|client| client.set("/attributes/access.token.lifespan", life.into()))
            .usher(|usher| clock::shift(usher, 300))?
            .start()
            .await?;
        let (_, page) = site.sign_in("carol").await?;
        assert_eq!(
            page.status == StatusCode::OK,
            code.is_none(),
            "{life}: {page}"
        );
        let found = &site.only_record()?["code"];
        assert_eq!(found.as_str(), code, "{life}: {found}");
    }
    Ok(())
}
