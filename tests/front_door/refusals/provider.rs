//! Providers that answer with an error, with nonsense, or not at all.

use std::time::Duration;

use serde_json::json;
use usher_tests::provider::{Endpoint, Faults, Iss, Person, Says, edit};
use usher_tests::visitor::Visitor;

use super::{Before, Expected};
use crate::acme::{Acme, MAIN};

const ERROR: Expected<'static> = Expected {
    status: 502,
    heading: "The identity provider reported an error",
    code: "provider_error",
    outcome: "failed",
    detail: "",
};
const DENIED: Expected<'static> = Expected {
    status: 400,
    heading: "The sign-in was cancelled",
    outcome: "refused",
    detail: "error: the provider answered with access_denied",
    ..ERROR
};
const UNATTENDED: Expected<'static> = Expected {
    heading: "The identity provider has to ask you something first",
    detail: "error: the provider answered with login_required",
    ..ERROR
};
const UNREACHABLE: Expected<'static> = Expected {
    heading: "The identity provider does not answer",
    code: "provider_unreachable",
    ..ERROR
};
const INTO_ACME: (&str, &str) = ("default_company", "acme");

/// What is wrong, how it is made so, and the detail that is recorded.
type Case = (&'static str, fn(&mut Faults), &'static str);

async fn refuse(
    site: &Acme,
    case: &str,
    fault: impl FnOnce(&mut Faults),
    expected: Expected<'_>,
) -> anyhow::Result<()> {
    site.provider.behave();
    fault(&mut site.provider.faults());
    let before = Before::of(site).await?;
    let (mut ann, page) = site.sign_in(Person::new("ann")).await?;
    let record = before
        .refused(site, case, (&mut ann, &page), expected)
        .await?;
    assert_eq!(
        record["policy"],
        json!(null),
        "{case}: the policy was asked"
    );
    Ok(())
}

/// Rows: C36, hole 31
#[tokio::test]
async fn an_error_instead_of_a_code_is_shown_in_our_own_words() -> anyhow::Result<()> {
    for mode in ["query", "form_post"] {
        let site = Acme::start(&[INTO_ACME, ("response_mode", mode)]).await?;
        let says =
            |error: &'static str| move |faults: &mut Faults| faults.error = Some(error.to_owned());
        refuse(&site, mode, says("access_denied"), DENIED).await?;
        refuse(&site, mode, says("login_required"), UNATTENDED).await?;
        for (error, detail) in [
            (
                "server_error",
                "error: the provider answered with server_error",
            ),
            (
                "<script>hostile()</script>",
                "error: the provider answered with an error code that is not registered",
            ),
        ] {
            let expected = Expected { detail, ..ERROR };
            refuse(&site, error, says(error), expected).await?;
        }
        assert_eq!(site.provider.calls(Endpoint::Token), 0, "{mode}");
    }
    Ok(())
}

#[tokio::test]
async fn k9_k10_an_answer_of_another_issuer_never_reaches_the_token_endpoint() -> anyhow::Result<()>
{
    let site = Acme::start(&[INTO_ACME]).await?;
    let cases: [Case; 3] = [
        ("F17 no iss", |f| f.iss = Iss::Missing, "response.iss: "),
        (
            "F16 another iss",
            |f| f.iss = Iss::Wrong("https://evil.example".into()),
            "response.iss: iss is https://evil.example, expected ",
        ),
        (
            "K10 no iss with an error",
            |f| {
                f.iss = Iss::Missing;
                f.error = Some("access_denied".into());
            },
            "response.iss: ",
        ),
    ];
    for (case, fault, detail) in cases {
        refuse(&site, case, fault, Expected { detail, ..ERROR }).await?;
    }
    assert_eq!(site.provider.calls(Endpoint::Token), 0);
    Ok(())
}

#[tokio::test]
async fn nonsense_from_the_token_endpoint_admits_nobody() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME]).await?;
    let says = |says: Says| {
        move |faults: &mut Faults| {
            faults.says.insert(Endpoint::Token, says);
        }
    };
    let refused = r#"{"error":"invalid_client","error_description":"hostile"}"#;
    for (case, fault, detail) in [
        ("400", Says::Status(400), "token.answer: "),
        ("500", Says::Status(500), "token.answer: "),
        ("HTML", Says::Html, "token.answer: "),
        ("empty", Says::Text(String::new()), "token.answer: "),
        ("{}", Says::Text("{}".into()), "token"),
        ("[]", Says::Text("[]".into()), "token.answer: "),
        (
            "an error with status 200",
            Says::Text(refused.into()),
            "token",
        ),
        (
            "a redirect",
            Says::Redirect("/hostile".into()),
            "token.answer: ",
        ),
    ] {
        refuse(&site, case, says(fault), Expected { detail, ..ERROR }).await?;
    }
    let dpop = |faults: &mut Faults| {
        faults.token_answer = edit(|answer| answer["token_type"] = "DPoP".into());
    };
    let detail = "token_type: ";
    refuse(&site, "DPoP", dpop, Expected { detail, ..ERROR }).await?;
    let huge = Says::Text(format!("{{\"x\":\"{}\"}}", "a".repeat(300 * 1024)));
    let (mut ann, page) = {
        site.provider.behave();
        site.provider.faults().says.insert(Endpoint::Token, huge);
        site.sign_in(Person::new("ann")).await?
    };
    assert_eq!(page.status, 502, "{page}");
    assert_eq!(site.session_status(&mut ann).await?, 401);

    site.provider.behave();
    site.admitted(Person::new("ann")).await?;
    Ok(())
}

#[tokio::test]
async fn nonsense_from_the_key_set_admits_nobody() -> anyhow::Result<()> {
    // A failure of the key set is remembered for a while, so each has a site of its own.
    for (case, says) in [
        ("HTML", Says::Html),
        ("500", Says::Status(500)),
        ("no keys", Says::Text(r#"{"keys":[]}"#.into())),
    ] {
        let site = Acme::start(&[INTO_ACME]).await?;
        site.provider.faults().says.insert(Endpoint::Keys, says);
        let before = Before::of(&site).await?;
        let (mut ann, page) = site.sign_in(Person::new("ann")).await?;
        let expected = Expected {
            detail: "jwks",
            ..ERROR
        };
        before
            .refused(&site, case, (&mut ann, &page), expected)
            .await?;
    }
    Ok(())
}

#[tokio::test]
async fn nonsense_from_userinfo_admits_nobody() -> anyhow::Result<()> {
    let settings = [INTO_ACME, ("get_info_from_access_token", "false")];
    let site = Acme::start(&settings).await?;
    for (case, says, detail) in [
        ("HTML", Says::Html, "userinfo"),
        ("500", Says::Status(500), "userinfo.status: "),
        ("401", Says::Status(401), "userinfo.status: "),
        (
            "a redirect",
            Says::Redirect("/hostile".into()),
            "userinfo.status: ",
        ),
    ] {
        let fault = |faults: &mut Faults| {
            faults.says.insert(Endpoint::Userinfo, says);
        };
        refuse(&site, case, fault, Expected { detail, ..ERROR }).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_provider_that_went_away_is_unreachable() -> anyhow::Result<()> {
    let mut site = Acme::start(&[INTO_ACME]).await?;
    let mut ann = Visitor::new();
    let page = site.up_to_the_callback(&mut ann, MAIN).await?;
    site.provider.go_down();
    let before = Before::of(&site).await?;
    let page = ann.follow(&page).await?;
    before
        .refused(
            &site,
            "gone",
            (&mut ann, &page),
            Expected {
                detail: "outbound.connect: ",
                ..UNREACHABLE
            },
        )
        .await?;
    site.provider.come_back();
    site.admitted(Person::new("ann")).await?;

    // Ten seconds are the limit.
    let late = Says::Late(Duration::from_secs(20));
    site.provider.faults().says.insert(Endpoint::Token, late);
    let before = Before::of(&site).await?;
    let mut bob = Visitor::new();
    let page = site
        .sign_in_with(&mut bob, MAIN, Person::new("bob"))
        .await?;
    let expected = Expected {
        detail: "outbound.timeout: ",
        ..UNREACHABLE
    };
    before
        .refused(&site, "late", (&mut bob, &page), expected)
        .await?;
    Ok(())
}
