use super::*;
use crate::directory::{companies, groups, users};
use crate::domain::{CompanyId, Origin, SessionLife};
use crate::store::Store;
use crate::store::fixture::{Fixture, at, contains, entropy, vault, write};
use jiff::SignedDuration;

const ISSUER: &str = "https://idp.example";
const LIFE: SessionLife = SessionLife {
    idle: SignedDuration::from_hours(8),
    absolute: SignedDuration::from_hours(24),
};
const HOUR: i64 = 3600;

/// A company acme with the group Dev, and Ann in both.
async fn ann() -> (Fixture, UserId) {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let acme: CompanyId = "acme".parse().unwrap();
    write(store, async |tx| {
        companies::create(tx, &acme, "Acme", at(0)).await
    })
    .await
    .unwrap();
    write(store, async |tx| {
        groups::create(tx, &acme, "Dev", at(0)).await
    })
    .await
    .unwrap();
    let user = UserId::new(at(0), &entropy());
    let mut tx = store.begin().await.unwrap();
    tx.insert_user(&user, "Ann", Some("ann@acme.com"), at(0))
        .await
        .unwrap();
    tx.place(&user, &acme, Origin::Idp, at(0)).await.unwrap();
    tx.join_group(&user, &acme, "Dev", Origin::Idp, at(0))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    (fixture, user)
}

fn new_session(user: &UserId, subject: &str, sid: Option<&str>) -> NewSession {
    NewSession {
        user: user.clone(),
        provider: "keycloak".parse().unwrap(),
        issuer: ISSUER.into(),
        subject: subject.into(),
        provider_session: sid.map(Into::into),
        id_token: Secret::new("canary-id-token"),
        attributes: vec![("team".into(), "blue".into())],
        reference: Reference::from_bytes([7; 12]),
    }
}

async fn opened(store: &Store, session: NewSession, seconds: i64) -> String {
    let mut tx = store.begin().await.unwrap();
    let now = at(seconds);
    let SessionCookie(cookie) = open(&mut tx, session, &vault(), &entropy(), now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    cookie.expose().to_owned()
}

async fn alive(store: &Store, cookie: &str, seconds: i64) -> bool {
    look_up(store, cookie, &LIFE, at(seconds))
        .await
        .unwrap()
        .is_some()
}

#[tokio::test]
async fn a_session_says_who_where_and_what_they_may() {
    let (fixture, user) = ann().await;
    let cookie = opened(&fixture.store, new_session(&user, "ann", None), 0).await;
    assert_eq!(cookie.len(), 43);
    let session = look_up(&fixture.store, &cookie, &LIFE, at(1))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(session.user.id, user);
    assert_eq!(session.user.email.as_deref(), Some("ann@acme.com"));
    assert_eq!(session.company.id.as_str(), "acme");
    assert_eq!(session.company.name, "Acme");
    assert_eq!(session.groups, ["Dev"]);
    assert_eq!(session.attributes, [("team".to_owned(), "blue".to_owned())]);
    assert!(!session.admin && !session.operator);
    assert_eq!(session.expires_at, at(8 * HOUR));
    for other in ["", "x", &cookie[1..], session.id.as_str()] {
        assert!(!alive(&fixture.store, other, 1).await, "{other}");
    }
}

#[tokio::test]
async fn rights_are_read_live() {
    let (fixture, user) = ann().await;
    let store = &fixture.store;
    let acme = "acme".parse().unwrap();
    let cookie = opened(store, new_session(&user, "ann", None), 0).await;
    write(store, async |tx| {
        users::set_admin(tx, &user, true, at(1)).await
    })
    .await
    .unwrap();
    write(store, async |tx| users::set_operator(tx, &user, true).await)
        .await
        .unwrap();
    // In the group twice, by claims and by a person: listed once.
    write(store, async |tx| {
        groups::add_member(tx, &acme, "Dev", &user, at(1)).await
    })
    .await
    .unwrap();
    let session = look_up(store, &cookie, &LIFE, at(2))
        .await
        .unwrap()
        .unwrap();
    assert!(session.admin && session.operator);
    assert_eq!(session.groups, ["Dev"]);
    write(store, async |tx| {
        users::set_admin(tx, &user, false, at(3)).await
    })
    .await
    .unwrap();
    write(store, async |tx| groups::delete(tx, &acme, "Dev").await)
        .await
        .unwrap();
    let session = look_up(store, &cookie, &LIFE, at(4))
        .await
        .unwrap()
        .unwrap();
    assert!(!session.admin && session.groups.is_empty());
}

#[tokio::test]
async fn disabling_deleting_and_losing_the_company_end_sessions() {
    let (fixture, user) = ann().await;
    let store = &fixture.store;
    let open = || opened(store, new_session(&user, "ann", None), 0);
    let cookie = open().await;
    write(store, async |tx| users::disable(tx, &user).await)
        .await
        .unwrap();
    write(store, async |tx| users::enable(tx, &user).await)
        .await
        .unwrap();
    assert!(!alive(store, &cookie, 1).await);
    let cookie = open().await;
    let acme = "acme".parse().unwrap();
    write(store, async |tx| companies::delete(tx, &acme, true).await)
        .await
        .unwrap();
    assert!(!alive(store, &cookie, 1).await);
    let cookie = open().await;
    write(store, async |tx| users::delete(tx, &user, at(1)).await)
        .await
        .unwrap();
    assert!(!alive(store, &cookie, 1).await);
    assert!(
        of_user(store, &user, &LIFE, at(1))
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_session_ends_after_idle_time_or_when_its_life_is_over() {
    let (fixture, user) = ann().await;
    let store = &fixture.store;
    let idle = opened(store, new_session(&user, "ann", None), 0).await;
    let used = opened(store, new_session(&user, "ann", None), 0).await;
    for hours in [7, 14, 21] {
        assert!(alive(store, &used, hours * HOUR).await, "{hours} h");
    }
    assert!(alive(store, &idle, 8 * HOUR - 1).await);
    let idle = opened(store, new_session(&user, "ann", None), 0).await;
    assert!(!alive(store, &idle, 8 * HOUR).await);
    assert!(alive(store, &used, 24 * HOUR - 1).await);
    assert!(!alive(store, &used, 24 * HOUR).await);
    assert_eq!(purge(store, &LIFE, at(24 * HOUR)).await.unwrap(), 3);
}

#[tokio::test]
async fn use_is_noted_once_a_minute_and_oftener_where_idle_time_is_short() {
    let (fixture, user) = ann().await;
    let store = &fixture.store;
    let cookie = opened(store, new_session(&user, "ann", None), 0).await;
    let last_seen =
        || async { of_user(store, &user, &LIFE, at(90)).await.unwrap()[0].last_seen_at };
    for (used, noted) in [(59, 0), (60, 60), (61, 60)] {
        assert!(alive(store, &cookie, used).await);
        assert_eq!(last_seen().await, at(noted), "used after {used} s");
    }
    let short = SessionLife {
        idle: SignedDuration::from_secs(4),
        ..LIFE
    };
    for seconds in 62..80 {
        let session = look_up(store, &cookie, &short, at(seconds)).await.unwrap();
        assert!(session.is_some(), "{seconds}");
    }
}

#[tokio::test]
async fn an_endless_life_is_no_overflow() {
    let (fixture, user) = ann().await;
    let cookie = opened(&fixture.store, new_session(&user, "ann", None), 0).await;
    let endless = SessionLife {
        idle: SignedDuration::MAX,
        absolute: SignedDuration::MAX,
    };
    let session = look_up(&fixture.store, &cookie, &endless, at(1))
        .await
        .unwrap();
    assert_eq!(session.unwrap().expires_at, Timestamp::MAX);
}

#[tokio::test]
async fn ending_gives_the_hint_once() {
    let (fixture, user) = ann().await;
    let store = &fixture.store;
    let cookie = opened(store, new_session(&user, "ann", None), 0).await;
    let ended = end(store, &cookie, &vault()).await.unwrap().unwrap();
    assert_eq!(ended.id_token.unwrap().expose(), "canary-id-token");
    assert!(!alive(store, &cookie, 1).await);
    assert_eq!(end(store, &cookie, &vault()).await.unwrap(), None);
    let cookie = opened(store, new_session(&user, "ann", None), 0).await;
    let other_key = Vault::open(&Secret::new("another secret key")).unwrap();
    let ended = end(store, &cookie, &other_key).await.unwrap().unwrap();
    assert_eq!(ended.id_token, None);
}

/// Rows: S4
#[tokio::test]
async fn sessions_end_by_user_by_identity_by_provider_session_and_one_by_one() {
    let (fixture, user) = ann().await;
    let store = &fixture.store;
    let sid = "sid ;/= with blanks";
    let open = |subject, sid| opened(store, new_session(&user, subject, sid), 0);
    let (a, b) = (
        open("ann", Some(sid)).await,
        open("ann", Some("other")).await,
    );
    let (c, d) = (open("ann", None).await, open("linked", Some(sid)).await);
    // The same sid of another provider is another session.
    let by_sid = async |issuer| {
        let mut tx = store.begin().await.unwrap();
        let ended = end_by_sid(&mut tx, issuer, sid).await.unwrap();
        tx.commit().await.unwrap();
        ended
    };
    assert_eq!(by_sid("https://other").await, []);
    assert_eq!(by_sid(ISSUER).await, [user.clone(), user.clone()]);
    assert!(!alive(store, &a, 1).await && !alive(store, &d, 1).await);
    assert!(alive(store, &b, 1).await && alive(store, &c, 1).await);
    let mut tx = store.begin().await.unwrap();
    let ended = end_by_identity(&mut tx, ISSUER, "ann").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ended.len(), 2);

    let (a, b) = (open("ann", None).await, open("ann", None).await);
    let listed = of_user(store, &user, &LIFE, at(1)).await.unwrap();
    assert_eq!(listed.len(), 2);
    let id = SessionId::new(hash_token(&a));
    let stranger = UserId::new(at(0), &entropy());
    assert!(!end_one_of_user(store, &stranger, &id).await.unwrap());
    assert!(end_one_of_user(store, &user, &id).await.unwrap());
    assert!(!alive(store, &a, 1).await && alive(store, &b, 1).await);
    assert_eq!(end_all_of_user(store, &user).await.unwrap(), 1);
}

#[tokio::test]
async fn a_new_sign_in_replaces_the_browsers_session_or_changes_nothing() {
    let (fixture, user) = ann().await;
    let store = &fixture.store;
    let old = opened(store, new_session(&user, "ann", None), 0).await;
    let mut tx = store.begin().await.unwrap();
    end_within(&mut tx, &old).await.unwrap();
    let new = new_session(&user, "ann", None);
    open(&mut tx, new, &vault(), &entropy(), at(1))
        .await
        .unwrap();
    drop(tx);
    assert!(alive(store, &old, 2).await);
    assert_eq!(of_user(store, &user, &LIFE, at(2)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn sessions_work_while_the_database_is_locked_for_writing() {
    let (fixture, user) = ann().await;
    let store = &fixture.store;
    let cookie = opened(store, new_session(&user, "ann", None), 0).await;
    let lock = store.begin().await.unwrap();
    assert!(alive(store, &cookie, HOUR).await);
    drop(lock);
}

/// Rows: S2, S5
#[tokio::test]
async fn neither_cookie_nor_id_token_is_on_the_disk() {
    let (fixture, user) = ann().await;
    let cookie = opened(&fixture.store, new_session(&user, "ann", None), 0).await;
    let disk = fixture.bytes_on_disk();
    assert!(contains(&disk, "keycloak"));
    assert!(!contains(&disk, &cookie) && !contains(&disk, "canary"));
}
