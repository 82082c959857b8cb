use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::domain::{
    AdminEffect, AuditOutcome, Call, Effect, FindGroups, Finding, Found, Kind, Level, LogLine,
    Lookup, Matching, PolicyId, Read, Reading, Source, Step,
};
use crate::store::fixture::{Fixture, at, contains, vault};

fn settings(claims: RecordedClaims, redact: &[&str]) -> RecordSettings {
    RecordSettings {
        days: 30,
        claims,
        redact: redact.iter().map(ToString::to_string).collect(),
    }
}

fn claims() -> Claims {
    Claims {
        configured: Source::AccessToken,
        id_token: json!({"sub": "ann", "secret": "canary-one"}),
        access_token: Some(json!({
            "groups": ["Dev", "canary-two"],
            "address": {"street": "canary-three", "city": "Bonn"},
        })),
        userinfo: None,
    }
}

fn read(pointer: &str, value: Value) -> Read {
    Read {
        source: Source::AccessToken,
        pointer: pointer.into(),
        found: Reading::Value { value },
    }
}

fn a_record(number: u8) -> Record {
    let name = |name: &str| name.to_owned();
    Record {
        reference: Reference::from_bytes([number; 12]),
        time: at(i64::from(number)),
        kind: Kind::SignIn,
        provider: Some("keycloak".parse().unwrap()),
        subject_hmac: Some("00ff".into()),
        outcome: AuditOutcome::Admitted,
        code: None,
        detail: None,
        company: Some("acme".parse().unwrap()),
        user: None,
        groups: Effect {
            added: vec![name("Dev")],
            removed: Vec::new(),
            unknown: vec![name("canary-two")],
        },
        admin: AdminEffect::Granted,
        policy: Some(PolicyId {
            sha256: "abc".into(),
            contract: "0.1.0".into(),
        }),
        settings_sha256: Some("def".into()),
        reads: vec![
            read("/groups", json!(["Dev", "canary-two"])),
            read(
                "/address",
                json!({"street": "canary-three", "city": "Bonn"}),
            ),
            Read {
                source: Source::IdToken,
                pointer: "/none".into(),
                found: Reading::Absent {},
            },
        ],
        lookups: vec![Lookup {
            call: Call::FindGroups {
                asked: FindGroups {
                    company: "acme".into(),
                    names: vec![name("Dev"), name("canary-two")],
                    matching: Matching::Exact,
                },
                answer: vec![Found {
                    asked: "Dev".into(),
                    name: "Dev".into(),
                }],
            },
        }],
        trace: vec![Step {
            rule: "groups".into(),
            finding: Finding::Hit,
            saw: "Dev and canary-two".into(),
        }],
        logs: vec![LogLine {
            level: Level::Info,
            message: "lives in canary-three".into(),
        }],
        durations_us: BTreeMap::from([(name("decide"), 42)]),
    }
}

async fn kept(fixture: &Fixture, number: u8, settings: &RecordSettings) {
    let mut tx = fixture.store.begin().await.unwrap();
    let written = a_record(number);
    record(&mut tx, &written, Some(&claims()), &vault(), settings)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn shown(fixture: &Fixture, number: u8) -> Record {
    let reference = Reference::from_bytes([number; 12]);
    show(&fixture.store, &reference, &vault())
        .await
        .unwrap()
        .unwrap()
}

async fn kept_claims(fixture: &Fixture, number: u8) -> Option<Claims> {
    let reference = Reference::from_bytes([number; 12]);
    super::claims(&fixture.store, &reference, &vault())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_record_comes_back_whole_and_none_of_its_values_is_on_the_disk() {
    let fixture = Fixture::new().await;
    kept(&fixture, 1, &settings(RecordedClaims::All, &[])).await;
    assert_eq!(shown(&fixture, 1).await, a_record(1));
    assert_eq!(kept_claims(&fixture, 1).await, Some(claims()));
    let disk = fixture.bytes_on_disk();
    assert!(contains(&disk, "keycloak"));
    assert!(!contains(&disk, "canary") && !contains(&disk, "Bonn"));
    let unknown = Reference::from_bytes([9; 12]);
    assert_eq!(
        show(&fixture.store, &unknown, &vault()).await.unwrap(),
        None
    );
}

#[tokio::test]
async fn a_record_of_a_dropped_transaction_is_none() {
    let fixture = Fixture::new().await;
    let mut tx = fixture.store.begin().await.unwrap();
    let settings = settings(RecordedClaims::All, &[]);
    record(&mut tx, &a_record(1), None, &vault(), &settings)
        .await
        .unwrap();
    drop(tx);
    assert!(list(&fixture.store, 10, &vault()).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_newest_come_first_and_all_can_be_walked_in_pages() {
    let fixture = Fixture::new().await;
    let settings = settings(RecordedClaims::None, &[]);
    let mut tx = fixture.store.begin().await.unwrap();
    for number in 0..450_u32 {
        let mut one = a_record(0);
        let [a, b, ..] = number.to_le_bytes();
        one.reference = Reference::from_bytes([a % 32, a / 32, b, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        one.time = at(i64::from(number));
        record(&mut tx, &one, None, &vault(), &settings)
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    let newest = list(&fixture.store, 3, &vault()).await.unwrap();
    let times: Vec<_> = newest.iter().map(|record| record.time).collect();
    assert_eq!(times, [at(449), at(448), at(447)]);

    let vault = vault();
    let mut records = all(&fixture.store, &vault);
    let mut expected = 450;
    while let Some(record) = records.next().await.unwrap() {
        expected -= 1;
        assert_eq!(record.time, at(expected));
    }
    assert_eq!(expected, 0);
}

#[tokio::test]
async fn where_only_read_claims_are_kept_the_others_are_not() {
    let fixture = Fixture::new().await;
    kept(&fixture, 1, &settings(RecordedClaims::Read, &[])).await;
    assert_eq!(shown(&fixture, 1).await, a_record(1));
    assert_eq!(kept_claims(&fixture, 1).await, None);
}

#[tokio::test]
async fn where_no_claims_are_kept_it_stays_visible_what_was_read_but_not_its_value() {
    let fixture = Fixture::new().await;
    kept(&fixture, 1, &settings(RecordedClaims::None, &[])).await;
    assert_eq!(kept_claims(&fixture, 1).await, None);
    let mut record = shown(&fixture, 1).await;
    let json = serde_json::to_value(&record).unwrap();
    assert_eq!(
        json["reads"][0],
        json!({"source": "access_token", "pointer": "/groups", "withheld": true})
    );
    assert_eq!(record.reads[2], a_record(1).reads[2]);
    assert_eq!(
        (record.trace[0].saw.as_str(), record.trace[0].rule.as_str()),
        ("", "groups")
    );
    assert!(record.lookups.is_empty() && record.logs.is_empty());
    // What the administrator is to see.
    assert_eq!(record.groups.unknown, ["canary-two"]);
    record.groups.unknown.clear();
    assert!(!format!("{record:?}").contains("canary"));
}

#[tokio::test]
async fn redacted_pointers_are_never_kept_wherever_a_policy_repeats_them() {
    let fixture = Fixture::new().await;
    let redact = ["/secret", "/groups/1", "/address/street", "/nowhere"];
    kept(&fixture, 1, &settings(RecordedClaims::All, &redact)).await;
    let record = shown(&fixture, 1).await;
    let kept = kept_claims(&fixture, 1).await.unwrap();
    for text in [format!("{record:?}"), format!("{kept:?}")] {
        assert!(!text.contains("canary"), "{text}");
    }
    let json = serde_json::to_value(&record).unwrap();
    assert_eq!(json["reads"][0]["value"], json!(["Dev", null]));
    assert_eq!(json["reads"][1]["value"], json!({"city": "Bonn"}));
    assert_eq!(record.trace[0].saw, "Dev and [redacted]");
    assert_eq!(record.logs[0].message, "lives in [redacted]");
    assert_eq!(record.groups.unknown, ["[redacted]"]);
    assert_eq!(kept.id_token, json!({"sub": "ann"}));
}

#[tokio::test]
async fn a_redacted_claim_and_all_below_it_is_withheld_and_a_bare_name_is_one() {
    let fixture = Fixture::new().await;
    kept(
        &fixture,
        1,
        &settings(RecordedClaims::All, &["address", "/groups"]),
    )
    .await;
    let record = shown(&fixture, 1).await;
    assert_eq!(record.reads[0].found, Reading::Withheld { withheld: true });
    assert_eq!(record.reads[1].found, Reading::Withheld { withheld: true });
    assert_eq!(record.reads[2].found, Reading::Absent {});
    let kept = kept_claims(&fixture, 1).await.unwrap();
    assert_eq!(kept.access_token, Some(json!({})));
}

#[tokio::test]
async fn values_are_removed_in_time_and_the_record_stays() {
    let fixture = Fixture::new().await;
    const DAY: i64 = 24 * 3600;
    kept(&fixture, 0, &settings(RecordedClaims::All, &[])).await;
    kept(&fixture, 1, &settings(RecordedClaims::All, &[])).await;
    assert_eq!(purge(&fixture.store, at(30 * DAY - 1)).await.unwrap(), 0);
    assert_eq!(purge(&fixture.store, at(30 * DAY)).await.unwrap(), 1);
    let gone = shown(&fixture, 0).await;
    assert!(gone.reads.is_empty() && gone.lookups.is_empty() && gone.trace.is_empty());
    assert!(gone.logs.is_empty() && gone.groups.unknown.is_empty());
    assert_eq!(kept_claims(&fixture, 0).await, None);
    assert_eq!(
        (gone.groups.added, gone.admin),
        (vec!["Dev".into()], AdminEffect::Granted)
    );
    assert_eq!(shown(&fixture, 1).await, a_record(1));
    assert_eq!(purge(&fixture.store, at(30 * DAY)).await.unwrap(), 0);
}

#[tokio::test]
async fn with_no_days_no_value_is_kept_at_all() {
    let fixture = Fixture::new().await;
    let mut settings = settings(RecordedClaims::All, &[]);
    settings.days = 0;
    kept(&fixture, 1, &settings).await;
    assert!(shown(&fixture, 1).await.reads.is_empty());
    assert_eq!(kept_claims(&fixture, 1).await, None);
}

#[tokio::test]
async fn with_another_key_the_rest_of_a_record_is_still_shown() {
    let fixture = Fixture::new().await;
    kept(&fixture, 1, &settings(RecordedClaims::All, &[])).await;
    let other = Vault::open(&crate::domain::Secret::new("another secret key")).unwrap();
    let records = list(&fixture.store, 10, &other).await.unwrap();
    assert_eq!(records[0].company, a_record(1).company);
    assert!(records[0].reads.is_empty());
    let reference = Reference::from_bytes([1; 12]);
    assert!(
        super::claims(&fixture.store, &reference, &other)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn sealed_values_belong_to_their_record() {
    let fixture = Fixture::new().await;
    kept(&fixture, 1, &settings(RecordedClaims::All, &[])).await;
    let reference = Reference::from_bytes([1; 12]);
    let sealed = fixture.store.audit_claims(&reference).await;
    let sealed = sealed.unwrap().unwrap();
    let there = context(&reference, "claims");
    let elsewhere = context(&Reference::from_bytes([2; 12]), "claims");
    assert!(vault().unseal(&there, &sealed).is_ok());
    assert!(vault().unseal(&elsewhere, &sealed).is_err());
}
