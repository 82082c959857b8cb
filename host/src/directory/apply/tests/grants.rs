//! Groups and administrators.

use super::*;

#[tokio::test]
async fn memberships_from_claims_become_exactly_what_is_decided() {
    let fixture = directory().await;
    let store = &fixture.store;
    let ann = || attempt(Who::subject("ann"), "acme");
    let first = ann()
        .groups(&["Ops", "Dev", "Ops"])
        .signs_in(store)
        .await
        .unwrap();
    assert_eq!(first.groups.added, ["Ops", "Dev"]);
    let again = ann().groups(&["Dev", "Ops"]).signs_in(store).await.unwrap();
    assert_eq!(again.groups, Effect::default());
    let fewer = ann().groups(&["Dev"]).signs_in(store).await.unwrap();
    assert_eq!(fewer.groups.removed, ["Ops"]);
    let none = ann().groups(&[]).signs_in(store).await.unwrap();
    assert_eq!(none.groups.removed, ["Dev"]);
    assert!(details(store, &first.user).await.groups.is_empty());
}

#[tokio::test]
async fn groups_may_be_added_or_left_alone() {
    let fixture = directory().await;
    let store = &fixture.store;
    let ann = || attempt(Who::subject("ann"), "acme");
    let user = ann().groups(&["Dev"]).signs_in(store).await.unwrap().user;
    let added = ann().adds(&["Ops"]).signs_in(store).await.unwrap().groups;
    assert_eq!((added.added, added.removed.len()), (texts(&["Ops"]), 0));
    let left = ann().signs_in(store).await.unwrap().groups;
    assert_eq!(left, Effect::default());
    assert_eq!(details(store, &user).await.groups.len(), 2);
}

#[tokio::test]
async fn group_names_that_the_company_lacks_are_reported_and_never_made() {
    let fixture = directory().await;
    let store = &fixture.store;
    let asked = ["dev", "Dev", "ghost", "/Dev", "ghost"];
    let applied = attempt(Who::subject("ann"), "acme").groups(&asked);
    let effect = applied.signs_in(store).await.unwrap().groups;
    assert_eq!(effect.added, ["Dev"]);
    assert_eq!(effect.unknown, ["dev", "ghost", "/Dev"]);
    assert_eq!(groups::list(store, None).await.unwrap().len(), 3);
}

#[tokio::test]
async fn memberships_given_by_a_person_are_never_taken_away_by_claims() {
    let fixture = directory().await;
    let store = &fixture.store;
    let acme = "acme".parse().unwrap();
    let ann = || attempt(Who::subject("ann"), "acme");
    let user = ann().groups(&["Dev"]).signs_in(store).await.unwrap().user;
    for group in ["Dev", "Ops"] {
        let new = write(store, async |tx| {
            groups::add_member(tx, &acme, group, &user, at(61)).await
        })
        .await;
        assert!(new.unwrap());
    }
    let both = memberships(&[("Dev", &[IDP, MANUAL]), ("Ops", &[MANUAL])]);
    assert_eq!(details(store, &user).await.groups, both);
    let effect = ann().groups(&[]).signs_in(store).await.unwrap().groups;
    assert_eq!(effect.removed, ["Dev"]);
    let kept = memberships(&[("Dev", &[MANUAL]), ("Ops", &[MANUAL])]);
    assert_eq!(details(store, &user).await.groups, kept);
    let gone = write(store, async |tx| {
        groups::remove_member(tx, &acme, "Ops", &user).await
    })
    .await;
    assert!(gone.unwrap().was);
    let kept = memberships(&[("Dev", &[MANUAL])]);
    assert_eq!(details(store, &user).await.groups, kept);
}

#[tokio::test]
async fn the_administrator_role_is_granted_revoked_or_left_alone() {
    let fixture = directory().await;
    let store = &fixture.store;
    let ann = |change| attempt(Who::subject("ann"), "acme").admin(change);
    for (change, effect, after) in [
        (AdminChange::Leave, AdminEffect::Unchanged, false),
        (AdminChange::Revoke, AdminEffect::Unchanged, false),
        (AdminChange::Grant, AdminEffect::Granted, true),
        (AdminChange::Grant, AdminEffect::Unchanged, true),
        (AdminChange::Leave, AdminEffect::Unchanged, true),
        (AdminChange::Revoke, AdminEffect::Revoked, false),
    ] {
        let applied = ann(change).signs_in(store).await.unwrap();
        assert_eq!(applied.admin, effect, "{change:?}");
        let then = details(store, &applied.user).await.user;
        assert_eq!(then.admin, after, "{change:?}");
    }
}

#[tokio::test]
async fn an_administrator_made_by_a_person_is_never_unmade_by_claims() {
    let fixture = directory().await;
    let store = &fixture.store;
    let ann = |change| attempt(Who::subject("ann"), "acme").admin(change);
    let user = ann(AdminChange::Grant).signs_in(store).await.unwrap().user;
    write(store, async |tx| {
        users::set_admin(tx, &user, true, at(61)).await
    })
    .await
    .unwrap();
    let then = details(store, &user).await.user;
    assert_eq!(then.admin_origins, [IDP, MANUAL]);
    ann(AdminChange::Revoke).signs_in(store).await.unwrap();
    let then = details(store, &user).await.user;
    assert_eq!(then.admin_origins, [MANUAL]);
    let seen = view(store, &Who::subject("ann").identity()).await.unwrap();
    assert_eq!(seen.known.unwrap().memberships[0].role, Role::Admin);
}

#[tokio::test]
async fn fifty_first_sign_ins_at_once_make_one_user() {
    let fixture = directory().await;
    let mut sign_ins = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let store = fixture.store.clone();
        sign_ins.spawn(async move {
            let ann = Who::subject("ann").verified("ann@acme.com");
            let attempt = attempt(ann, "acme").groups(&["Dev"]);
            attempt.signs_in(&store).await.unwrap()
        });
    }
    let applied = sign_ins.join_all().await;
    assert_eq!(users::list(&fixture.store, None).await.unwrap().len(), 1);
    let joined = applied.iter().filter(|one| !one.groups.added.is_empty());
    assert_eq!(joined.count(), 1);
}
