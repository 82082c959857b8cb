use anyhow::Context;
use serde_json::{Value, json};
use usher_tests::visitor::{Page, Visitor};

use crate::acme::{Acme, sign_ins};

/// What nobody may read on a page: words of the provider, tokens, names of groups.
const NEVER_SHOWN: [&str; 7] = [
    "hostile",
    TOKEN,
    "research",
    "Operations",
    "ghosts",
    "Beta",
    "00000000-0000",
];

/// How every token of the provider begins.
const TOKEN: &str = "eyJhbGciOi";

/// How an attempt must end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<'a> {
    pub(crate) status: u16,
    pub(crate) heading: &'a str,
    /// As recorded.
    pub(crate) code: &'a str,
    pub(crate) outcome: &'a str,
    /// The beginning of the record's detail; empty if there is none.
    pub(crate) detail: &'a str,
}

/// A token that does not hold.
pub(crate) const WRONG: Expected<'static> = Expected {
    status: 502,
    heading: "The identity provider’s answer did not hold",
    code: "token_invalid",
    outcome: "failed",
    detail: "",
};

/// How things were before the attempt.
pub(crate) struct Before {
    directory: String,
    sessions: i64,
    records: usize,
}

impl Before {
    pub(crate) async fn of(site: &Acme) -> anyhow::Result<Self> {
        Ok(Self {
            directory: site.directory().await?,
            sessions: site.count("sessions").await?,
            records: sign_ins(site.usher.audit()?).len(),
        })
    }

    /// The attempt ended on `page` as expected, and nothing came of it but one record, which
    /// is given back.
    pub(crate) async fn refused(
        self,
        site: &Acme,
        case: &str,
        (visitor, page): (&mut Visitor, &Page),
        expected: Expected<'_>,
    ) -> anyhow::Result<Value> {
        assert_eq!(page.status, expected.status, "{case}: {page}");
        assert_eq!(page.texts("h1"), [expected.heading], "{case}");
        assert_eq!(
            visitor.cookies.value("usher"),
            None,
            "{case}: no session cookie"
        );
        assert_eq!(site.session_status(visitor).await?, 401, "{case}");
        assert_eq!(site.directory().await?, self.directory, "{case}");
        assert_eq!(site.count("sessions").await?, self.sessions, "{case}");

        let records = sign_ins(site.usher.audit()?);
        assert_eq!(records.len(), self.records + 1, "{case}: one record");
        let record = records.into_iter().next().context("a record")?;
        is_recorded(case, &record, expected);
        is_shown(case, page, &record)?;
        Ok(record)
    }
}

fn is_recorded(case: &str, record: &Value, expected: Expected<'_>) {
    assert_eq!(record["code"], expected.code, "{case}: {record}");
    assert_eq!(record["outcome"], expected.outcome, "{case}: {record}");
    match record["detail"].as_str() {
        None => assert_eq!(expected.detail, "", "{case}: {record}"),
        Some(detail) => assert!(
            !expected.detail.is_empty() && detail.starts_with(expected.detail),
            "{case}: {detail}"
        ),
    }
    for nothing in ["company", "user"] {
        assert_eq!(record[nothing], json!(null), "{case}: {record}");
    }
    assert_eq!(record["groups"]["added"], json!([]), "{case}");
    assert_eq!(record["groups"]["removed"], json!([]), "{case}");
    assert_eq!(record["admin"], "unchanged", "{case}");
    let text = record.to_string();
    for secret in ["hostile", TOKEN] {
        assert!(!text.contains(secret), "{case}: {secret} is in {text}");
    }
    if record["subject_hmac"].is_null() {
        // Nobody was proved to be anybody: the policy was not asked.
        assert_eq!(record["policy"], json!(null), "{case}");
        assert_eq!(record["reads"], json!([]), "{case}");
        assert_eq!(record["lookups"], json!([]), "{case}");
    }
}

fn is_shown(case: &str, page: &Page, record: &Value) -> anyhow::Result<()> {
    let reference = record["ref"].as_str().context("a reference")?;
    assert_eq!(page.texts("#reference"), [reference], "{case}");
    // The sealed way out is random, so that it may spell any short word.
    let exit = page.attributes("input[name=exit]", "value");
    let body = exit
        .iter()
        .fold(page.body.clone(), |body, exit| body.replace(exit, ""));
    assert!(!page.body.contains(TOKEN), "{case}: {page}");
    for secret in NEVER_SHOWN {
        assert!(!body.contains(secret), "{case}: {secret} in {page}");
    }
    let text = page.text();
    // Whoever has no address has none to be masked.
    let known = !record["subject_hmac"].is_null() && case != "no address";
    assert_eq!(text.contains("•••@"), known, "{case}: {page}");
    assert!(
        !text.contains("ann@example.com"),
        "{case}: the address is masked"
    );
    let again = page.attributes("a.button.first", "href");
    assert!(
        again.iter().all(|href| href.starts_with("/login")) && again.len() == 1,
        "{case}: a way on: {again:?}"
    );
    Ok(())
}
