//! Policies that refuse or fail.

use serde_json::json;
use usher_tests::provider::{Person, Provider};
use usher_tests::visitor::Visitor;

use super::{Before, Expected};
use crate::acme::{Acme, connect, furnished};
use crate::guest::Guest;

const REFUSED: Expected<'static> = Expected {
    status: 403,
    heading: "The rules of this service do not let you in",
    code: "department_closed",
    outcome: "refused",
    detail: "",
};
const FAILED: Expected<'static> = Expected {
    status: 503,
    heading: "The rules for signing in could not be applied",
    code: "policy_failed",
    outcome: "failed",
    detail: "",
};
const HOST_CODES: [&str; 6] = [
    "disabled",
    "account_exists",
    "company_unknown",
    "token_invalid",
    "policy_refused",
    "unavailable",
];

fn failed(detail: &str) -> Expected<'_> {
    Expected { detail, ..FAILED }
}

#[tokio::test]
async fn a_policy_that_refuses_or_fails_lets_nobody_in() -> anyhow::Result<()> {
    let cases: [(&str, Guest<'_>, Expected<'_>); 7] = [
        (
            "custom",
            Guest::Refuse("department_closed", "<b>Closed</b> today."),
            REFUSED,
        ),
        (
            "own",
            Guest::Refuse("no_company", "Ask Ada."),
            Expected {
                heading: "No company is linked to your e-mail address",
                code: "no_company",
                ..REFUSED
            },
        ),
        ("trap", Guest::Trap, failed("trap: ")),
        (
            "loop",
            Guest::Loop,
            failed("timeout: more than 50 ms in the policy"),
        ),
        ("invalid", Guest::Invalid, failed("invalid: ")),
        (
            "error",
            Guest::Fail("no such department"),
            failed("error: no such department"),
        ),
        (
            "ghost",
            Guest::Admit("ghost"),
            Expected {
                heading: "Sign-in is not fully set up",
                code: "company_unknown",
                ..FAILED
            },
        ),
    ];
    let site = site(&cases.map(|(name, guest, _)| (name, guest))).await?;
    for (name, _, expected) in cases {
        let before = Before::of(&site).await?;
        let mut ann = Visitor::new();
        let page = site
            .sign_in_with(&mut ann, name, Person::new("ann"))
            .await?;
        let record = before
            .refused(&site, name, (&mut ann, &page), expected)
            .await?;
        assert!(record["policy"]["sha256"].is_string(), "{name}");
        assert_eq!(record["reads"], json!([]), "{name}: it reads nothing");
        let words = match name {
            "custom" => vec!["<b>Closed</b> today.".to_owned()],
            "own" => vec!["Ask Ada.".to_owned()],
            _ => Vec::new(),
        };
        assert_eq!(page.texts(".message p"), words, "{name}");
        assert!(!page.body.contains("department"), "{name}: {page}");
    }
    Ok(())
}

#[tokio::test]
async fn a_host_code_from_a_policy_is_an_invalid_answer() -> anyhow::Result<()> {
    let site = site(&HOST_CODES.map(|code| (code, Guest::Refuse(code, "")))).await?;
    for code in HOST_CODES {
        let before = Before::of(&site).await?;
        let mut ann = Visitor::new();
        let page = site
            .sign_in_with(&mut ann, code, Person::new("ann"))
            .await?;
        before
            .refused(&site, code, (&mut ann, &page), failed("invalid: "))
            .await?;
    }
    Ok(())
}

/// A site where each policy has a provider of its own name.
async fn site(policies: &[(&str, Guest<'_>)]) -> anyhow::Result<Acme> {
    let provider = Provider::start();
    let mut usher = furnished()?;
    for (name, guest) in policies {
        let file = usher.path(&format!("{name}.wasm"));
        std::fs::write(&file, guest.component()?)?;
        let file = file.display().to_string();
        usher = connect(usher, &provider, name, &[("policy__module", &file)]);
    }
    Acme::open(provider, usher).await
}
