//! Eight connections that are set up wrongly: what the person sees, and what the record
//! tells the engineer.

use reqwest::StatusCode;
use serde_json::Value;
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
    let records = site.usher.audit()?;
    let Some(code) = seen.code else {
        assert_eq!(records, [] as [Value; 0]);
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

#[tokio::test]
async fn missing_mapper_is_an_absent_groups_claim() -> anyhow::Result<()> {
    let seen = Seen {
        status: 403,
        code: Some("group_required"),
        words: &["Your account is in no group that may use this service"],
        shown: &["groups claim absent in the access token"],
    };
    meets(Fault::NoMapper, seen).await
}

#[tokio::test]
async fn groups_in_userinfo_alone_are_an_absent_groups_claim() -> anyhow::Result<()> {
    let seen = Seen {
        status: 403,
        code: Some("group_required"),
        words: &["Your account is in no group that may use this service"],
        shown: &["groups claim absent in the access token"],
    };
    meets(Fault::GroupsOnlyInUserinfo, seen).await
}

/// The page is Keycloak's own: it sends nobody to an address that it does not know.
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

#[tokio::test]
async fn wrong_secret_is_refused_by_keycloak() -> anyhow::Result<()> {
    let seen = Seen {
        status: 502,
        code: Some("provider_error"),
        words: &["The identity provider reported an error"],
        shown: &["unauthorized_client", "check client_secret"],
    };
    meets(Fault::WrongSecret, seen).await
}

#[tokio::test]
async fn another_issuer_is_refused_before_anybody_leaves() -> anyhow::Result<()> {
    let seen = Seen {
        status: 502,
        code: None,
        words: &["The identity provider reported an error"],
        shown: &[],
    };
    meets(Fault::IssuerDiffers, seen).await
}

#[tokio::test]
async fn clock_five_minutes_off_is_named() -> anyhow::Result<()> {
    let seen = Seen {
        status: 502,
        code: Some("clock_skew"),
        words: &["Two clocks disagree"],
        shown: &["s ahead of our clock: set the provider's clock or ours"],
    };
    meets(Fault::ClockFiveMinutesOff, seen).await
}

#[tokio::test]
async fn lightweight_access_token_is_named_with_its_switch() -> anyhow::Result<()> {
    let seen = Seen {
        status: 502,
        code: Some("token_invalid"),
        words: &["The identity provider’s answer did not hold"],
        shown: &["switch off \"Always use lightweight access token\""],
    };
    meets(Fault::LightweightTokens, seen).await
}

#[tokio::test]
async fn changed_algorithm_is_named_with_the_setting() -> anyhow::Result<()> {
    let seen = Seen {
        status: 502,
        code: Some("token_invalid"),
        words: &["The identity provider’s answer did not hold"],
        shown: &["PS256", "only RS256 is accepted", "signing_algorithm"],
    };
    meets(Fault::AlgorithmChanged, seen).await
}
