//! The host's own rules and those of the default policy.

use serde_json::{Value, json};
use usher_tests::provider::{Edit, Person, edit, without};
use usher_tests::visitor::Visitor;

use super::{Before, Expected};
use crate::acme::{Acme, MAIN};

const NO_COMPANY: Expected<'static> = Expected {
    status: 403,
    heading: "No company is linked to your e-mail address",
    code: "no_company",
    outcome: "refused",
    detail: "",
};
const UNVERIFIED: Expected<'static> = Expected {
    heading: "Your e-mail address is not verified",
    code: "email_unverified",
    ..NO_COMPANY
};
const GROUP_REQUIRED: Expected<'static> = Expected {
    heading: "Your account is in no group that may use this service",
    code: "group_required",
    ..NO_COMPANY
};
/// The claim was not there at all.
const NO_GROUPS: Expected<'static> = Expected {
    detail: "groups: there is no claim /groups in the access_token",
    ..GROUP_REQUIRED
};
const ACCOUNT_EXISTS: Expected<'static> = Expected {
    heading: "Your account has to be connected first",
    code: "account_exists",
    ..NO_COMPANY
};
const DISABLED: Expected<'static> = Expected {
    heading: "Sign-in is closed for this account",
    code: "disabled",
    ..NO_COMPANY
};
const MISMATCH: Expected<'static> = Expected {
    heading: "Your account cannot sign in there",
    code: "company_mismatch",
    ..NO_COMPANY
};
const UNKNOWN: Expected<'static> = Expected {
    status: 503,
    heading: "Sign-in is not fully set up",
    code: "company_unknown",
    outcome: "failed",
    detail: "",
};

const INTO_ACME: (&str, &str) = ("default_company", "acme");

/// A sign-in that must be refused.
async fn refuse(
    site: &Acme,
    case: &str,
    person: Person,
    expected: Expected<'_>,
) -> anyhow::Result<Value> {
    let before = Before::of(site).await?;
    let (mut visitor, page) = site.sign_in(person).await?;
    before
        .refused(site, case, (&mut visitor, &page), expected)
        .await
}

#[tokio::test]
async fn nobody_without_a_company_comes_in() -> anyhow::Result<()> {
    let site = Acme::start(&[]).await?;
    let record = refuse(&site, "nothing", Person::new("ann"), NO_COMPANY).await?;
    assert!(record["policy"]["sha256"].is_string(), "the policy said no");
    assert_ne!(record["trace"], json!([]));
    let unverified = Person::new("ann").email("ann@example.com", false);
    refuse(&site, "unverified", unverified, UNVERIFIED).await?;
    let mut nameless = Person::new("ann");
    nameless.email = None;
    refuse(&site, "no address", nameless, NO_COMPANY).await?;

    // The words do not tell whether a company would have matched.
    let invite = ["invite", "add", "--company", "beta", "--email"];
    site.usher
        .must(&[&invite[..], &["ann@example.com"]].concat())?;
    let unverified = Person::new("ann").email("ann@example.com", false);
    refuse(&site, "invited", unverified, UNVERIFIED).await?;
    Ok(())
}

#[tokio::test]
async fn hole3_only_the_literal_true_verifies_an_address() -> anyhow::Result<()> {
    let site = Acme::start(&[]).await?;
    let invite = ["invite", "add", "--company", "beta", "--email"];
    site.usher
        .must(&[&invite[..], &["ann@example.com"]].concat())?;
    let says = |value: Value| edit(move |claims| claims["email_verified"] = value.clone());
    let cases: [(&str, Edit); 7] = [
        ("false", says(json!(false))),
        ("\"true\"", says(json!("true"))),
        ("\"false\"", says(json!("false"))),
        ("0", says(json!(0))),
        ("1", says(json!(1))),
        ("null", says(json!(null))),
        ("absent", without("email_verified")),
    ];
    for (case, change) in cases {
        site.provider.faults().access_claims = change;
        refuse(&site, case, Person::new("ann"), UNVERIFIED).await?;
    }
    site.provider.behave();
    site.admitted(Person::new("ann")).await?;
    Ok(())
}

/// Rows: hole 10
#[tokio::test]
async fn a_group_is_required_of_everybody_at_every_sign_in() -> anyhow::Result<()> {
    let site = Acme::start(&[
        INTO_ACME,
        ("groups__enabled", "true"),
        ("groups__prohibit_user_signup_if_not_in_group", "true"),
    ])
    .await?;
    refuse(&site, "none", Person::new("ann"), NO_GROUPS).await?;
    let stranger = Person::new("ann").groups(["ghosts"]);
    let record = refuse(&site, "unknown group", stranger, GROUP_REQUIRED).await?;
    assert_eq!(record["groups"]["unknown"], json!(["ghosts"]));
    let other_case = Person::new("ann").groups(["Research"]);
    refuse(&site, "another case", other_case, GROUP_REQUIRED).await?;

    site.admitted(Person::new("ann").groups(["research"]))
        .await?;
    refuse(&site, "known by now", Person::new("ann"), NO_GROUPS).await?;
    Ok(())
}

#[tokio::test]
async fn hole1_hole2_an_address_does_not_open_anothers_account() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME]).await?;
    site.admitted(Person::new("ann")).await?;
    for (case, person) in [
        ("verified", Person::new("ann").subject("another")),
        (
            "unverified",
            Person::new("ann")
                .subject("another")
                .email("ann@example.com", false),
        ),
        (
            "in another case",
            Person::new("ann")
                .subject("another")
                .email("Ann@Example.COM", true),
        ),
        (
            "subject in another case",
            Person::new("ann").subject(&Person::new("ann").sub.to_uppercase()),
        ),
    ] {
        let record = refuse(&site, case, person, ACCOUNT_EXISTS).await?;
        assert_eq!(record["policy"], json!(null), "{case}: not asked");
    }
    site.admitted(Person::new("ann")).await?;
    Ok(())
}

#[tokio::test]
async fn hole12_hole13_a_disabled_or_deleted_user_stays_out_whatever_claims_say()
-> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME]).await?;
    site.admitted(Person::new("ann")).await?;
    let admin = || {
        Person::new("ann")
            .role("admin")
            .email("new@example.com", true)
    };
    for (case, sql) in [
        ("disabled", "UPDATE users SET disabled = TRUE"),
        (
            "deleted",
            "UPDATE users SET disabled = FALSE, deleted_at = 1, name = '', email = NULL",
        ),
    ] {
        assert_eq!(site.execute(sql).await?, 1);
        let record = refuse(&site, case, admin(), DISABLED).await?;
        assert_eq!(record["policy"], json!(null), "{case}: not asked");
    }
    Ok(())
}

#[tokio::test]
async fn whoever_asks_for_a_company_must_be_placed_there() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME]).await?;
    for (case, company) in [("new", "beta"), ("new", "ghost"), ("known", "beta")] {
        if case == "known" {
            site.admitted(Person::new("ann")).await?;
        }
        let before = Before::of(&site).await?;
        site.provider.sign_in_as(Person::new("ann"));
        let mut ann = Visitor::new();
        let page = ann.get(site.url(&format!("/login/{company}"))).await?;
        let page = ann.settle(page).await?;
        before
            .refused(&site, case, (&mut ann, &page), MISMATCH)
            .await?;
        let again = page.attributes("a.button.first", "href");
        assert_eq!(
            again,
            [format!(
                "/login/start?provider=main&company={company}&return_to=%2Faccount"
            )],
            "trying again asks for the same"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_default_company_that_is_gone_admits_nobody() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME]).await?;
    site.usher
        .must(&["company", "delete", "--id", "acme", "--force"])?;
    let record = refuse(&site, "gone", Person::new("ann"), UNKNOWN).await?;
    assert!(record["policy"]["sha256"].is_string());
    assert!(
        site.server.stderr().contains("company_unknown"),
        "the operator is told"
    );
    Ok(())
}

#[tokio::test]
async fn hole8_hole9_an_address_that_is_none_places_nobody() -> anyhow::Result<()> {
    let site = Acme::start(&[]).await?;
    site.usher
        .must(&["domain", "add", "--company", "beta", "corp.com"])?;
    for address in [
        "x@evil.com,y@corp.com",
        "x@evil.com@corp.com",
        "x@evil.com y@corp.com",
        "x@evil.com\ny@corp.com",
        "x@corp.com.evil.com",
        "x@evilcorp.com",
        "x@sub.corp.com",
        "@corp.com",
        "corp.com",
        "\"x@evil.com\"@corp.com",
        "x@corp.com\u{0}",
    ] {
        let (mut eve, page) = site
            .sign_in(Person::new("eve").email(address, true))
            .await?;
        assert!([403, 502].contains(&page.status.as_u16()), "{page}");
        assert_eq!(site.session_status(&mut eve).await?, 401, "{address:?}");
        assert_eq!(site.count("users").await?, 0, "{address:?}");
        let record = site.newest_record()?;
        match record["code"].as_str() {
            Some("no_company") => {
                let others = ["x@corp.com.evil.com", "x@evilcorp.com", "x@sub.corp.com"];
                assert!(others.contains(&address), "{address}");
            }
            code => {
                assert_eq!(code, Some("token_invalid"), "{address:?}: {record}");
                assert_eq!(record["policy"], json!(null), "{address:?}: not asked");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_refusal_leaves_the_session_that_was_there_alone() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME]).await?;
    let mut ann = site.admitted(Person::new("ann")).await?;
    let stranger = Person::new("ann").subject("another");
    let page = site.sign_in_with(&mut ann, MAIN, stranger).await?;
    assert_eq!(page.status, 403, "{page}");
    let session = site.session(&mut ann).await?;
    assert_eq!(session["user"]["name"], "ann Example");
    Ok(())
}

#[tokio::test]
async fn someone_else_may_sign_in_from_the_refused_page() -> anyhow::Result<()> {
    let site = Acme::start(&[]).await?;
    let (mut visitor, page) = site.sign_in(Person::new("ann")).await?;
    assert_eq!(page.status, 403);
    let form = page.form("form[action=\"/logout\"]")?;
    assert!(!page.body.contains("id_token"), "{page}");
    let page = visitor.submit(&form).await?;
    let end = page.redirect().expect("to the provider");
    assert!(end.path().ends_with("/logout"), "{end}");
    assert!(end.query().is_some_and(|q| q.contains("id_token_hint=")));
    let page = visitor.settle(page).await?;
    assert_eq!(page.url.path(), "/logout/done");
    let text = page.text();
    assert!(
        text.contains("Your session at main has ended too."),
        "{text}"
    );
    assert_eq!(page.attributes("a.button", "href"), ["/login?choose=1"]);
    Ok(())
}
