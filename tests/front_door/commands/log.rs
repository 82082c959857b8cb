//! `usher audit`.

use std::collections::BTreeSet;

use anyhow::Context;
use serde_json::{Value, json};
use usher_tests::provider::Person;

use super::{json_of, misused, refused, table_of};
use crate::acme::Acme;

/// The keys of `spec.md` §6.
const KEYS: [&str; 19] = [
    "admin",
    "code",
    "company",
    "detail",
    "durations_us",
    "groups",
    "kind",
    "logs",
    "lookups",
    "outcome",
    "policy",
    "provider",
    "reads",
    "ref",
    "settings_sha256",
    "subject_hmac",
    "time",
    "trace",
    "user",
];

fn keys(value: &Value) -> BTreeSet<&str> {
    let members = value.as_object().into_iter().flatten();
    members.map(|(key, _)| key.as_str()).collect()
}

#[tokio::test]
async fn the_log_is_listed_newest_first_and_every_record_has_every_key() -> anyhow::Result<()> {
    let site = Acme::start(&[("groups__enabled", "true")]).await?;
    let usher = &site.usher;
    usher.must(&["domain", "add", "--company", "acme", "example.com"])?;
    site.admitted(Person::new("ann").groups(["research", "ghosts"]))
        .await?;
    let (_, page) = site
        .sign_in(Person::new("ben").email("ben@else.example", true))
        .await?;
    assert_eq!(page.status, 403, "{page}");
    site.provider.faults().error = Some("access_denied".to_owned());
    site.sign_in(Person::new("cid")).await?;

    let all = json_of(usher, &["audit", "list", "--kind", "sign-in"])?;
    let records = all.as_array().context("one array")?;
    let outcomes: Vec<_> = records.iter().map(|record| &record["outcome"]).collect();
    assert_eq!(outcomes, ["refused", "refused", "admitted"]);
    let codes: Vec<_> = records.iter().map(|record| &record["code"]).collect();
    assert_eq!(
        codes,
        [&json!("provider_error"), &json!("no_company"), &json!(null)]
    );
    for record in records {
        assert_eq!(keys(record), BTreeSet::from(KEYS), "{record}");
        assert_eq!(
            keys(&record["groups"]),
            BTreeSet::from(["added", "removed", "unknown"])
        );
        let time = record["time"].as_str().context("a time")?;
        time.parse::<jiff::Timestamp>()
            .with_context(|| time.to_owned())?;
        assert_eq!(record["kind"], "sign_in");
        for read in record["reads"].as_array().context("reads")? {
            let expected = ["pointer", "source", "value"];
            assert!(keys(read).is_subset(&BTreeSet::from(expected)), "{read}");
        }
        for lookup in record["lookups"].as_array().context("look-ups")? {
            let expected = ["answer", "asked", "call"];
            assert!(
                keys(lookup).is_subset(&BTreeSet::from(expected)),
                "{lookup}"
            );
        }
        for step in record["trace"].as_array().context("a trace")? {
            assert_eq!(keys(step), BTreeSet::from(["finding", "rule", "saw"]));
        }
    }
    assert_eq!(
        keys(&records[2]["policy"]),
        BTreeSet::from(["contract", "sha256"])
    );

    for limit in [0, 1, 2, 9] {
        let limit_given = limit.to_string();
        let some = [
            "audit",
            "list",
            "--kind",
            "sign-in",
            "--limit",
            &limit_given,
        ];
        let some = json_of(usher, &some)?;
        let expected = &records[..limit.min(3)];
        assert_eq!(some.as_array().map(Vec::as_slice), Some(expected));
    }
    let table = table_of(usher, &["audit", "list", "--limit", "2"])?;
    assert_eq!(
        table[0],
        [
            "REF", "TIME", "PROVIDER", "OUTCOME", "CODE", "DETAIL", "COMPANY", "USER"
        ]
    );
    assert_eq!((table.len(), table[2][4].as_str()), (3, "no_company"));
    Ok(())
}

#[tokio::test]
async fn a_record_is_found_by_the_reference_that_the_page_showed() -> anyhow::Result<()> {
    let site = Acme::start(&[]).await?;
    let usher = &site.usher;
    let (_, page) = site.sign_in(Person::new("ann")).await?;
    let shown = page.texts("#reference");
    let reference = shown[0].as_str();
    let record = json_of(usher, &["audit", "show", reference])?;
    assert_eq!(record, json_of(usher, &["audit", "list"])?[0]);
    assert_eq!(record["ref"], reference);
    assert_eq!(
        json_of(usher, &["audit", "show", &reference.to_lowercase()])?,
        record
    );

    let told = usher.must(&["audit", "show", reference])?;
    for words in [
        reference,
        "refused",
        "no_company",
        "RULE",
        "company.domain",
        "LOOK-UP",
        "DURATION",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    refused(
        usher,
        &["audit", "show", "7777-7777-7777"],
        &["usher audit list"],
    )?;
    misused(usher, &["audit", "show", "nonsense"], &["7KQ2-M4XD-0ZPA"])?;
    misused(usher, &["audit", "list", "--limit", "many"], &["--limit"])?;
    misused(usher, &["audit", "list", "--limit=-1"], &["--limit"])?;
    Ok(())
}

#[tokio::test]
async fn without_its_key_the_log_still_says_what_was_decided() -> anyhow::Result<()> {
    let mut site = Acme::start(&[("default_company", "acme")]).await?;
    site.admitted(Person::new("ann")).await?;
    site.usher
        .set("USHER__SECRET_KEY", "another-key-than-the-service-has-0123");
    let answer = site.usher.run(&["audit", "list", "--json"])?;
    assert_eq!(answer.code, Some(0), "{answer:#?}");
    for words in ["another secret key", "USHER__SECRET_KEY"] {
        assert!(answer.stderr.contains(words), "{words}: {answer:#?}");
    }
    let records: Value = serde_json::from_str(&answer.stdout)?;
    let record = &records[0];
    assert_eq!(record["outcome"], "admitted", "{record}");
    assert_eq!(record["company"], "acme", "{record}");
    for sealed in ["reads", "lookups", "trace"] {
        assert_eq!(record[sealed], json!([]), "{sealed}: {record}");
    }
    Ok(())
}
