//! Where somebody may be placed.

use super::*;

#[tokio::test]
async fn a_company_that_does_not_exist_is_refused_and_never_made() {
    let fixture = directory().await;
    let store = &fixture.store;
    for unknown in ["nowhere", "ACME", "", "not an id", "start"] {
        let refused = attempt(Who::subject("ann"), unknown).signs_in(store).await;
        assert_eq!(refused, Err(Code::CompanyUnknown), "{unknown}");
    }
    assert_eq!(companies::list(store).await.unwrap().len(), 2);
    assert!(users::list(store, None).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_known_user_stays_in_their_company() {
    let fixture = directory().await;
    let store = &fixture.store;
    let user = attempt(Who::subject("ann"), "acme")
        .signs_in(store)
        .await
        .unwrap()
        .user;
    let who = Who::subject("ann").named("Changed");
    let refused = attempt(who, "globex").signs_in(store).await;
    assert_eq!(refused, Err(Code::CompanyMismatch));
    let then = details(store, &user).await.user;
    assert_eq!(then.company.unwrap().as_str(), "acme");
    assert_eq!(then.name, "Ann");
}

#[tokio::test]
async fn whoever_asked_for_a_company_must_be_placed_there() {
    let fixture = directory().await;
    let store = &fixture.store;
    let elsewhere = || attempt(Who::subject("ann"), "acme").asked("globex");
    for attempt in [elsewhere(), elsewhere().may_move()] {
        assert_eq!(attempt.signs_in(store).await, Err(Code::CompanyMismatch));
    }
    let there = attempt(Who::subject("ann"), "acme").asked("acme");
    assert!(there.signs_in(store).await.is_ok());
}

#[tokio::test]
async fn where_moving_is_allowed_what_claims_gave_ends_and_the_rest_stays() {
    let fixture = directory().await;
    let store = &fixture.store;
    let acme = "acme".parse().unwrap();
    let first = attempt(Who::subject("ann"), "acme")
        .groups(&["Dev", "Ops"])
        .admin(AdminChange::Grant);
    let user = first.signs_in(store).await.unwrap().user;
    write(store, async |tx| {
        groups::add_member(tx, &acme, "Ops", &user, at(61)).await
    })
    .await
    .unwrap();

    let move_to = |company| attempt(Who::subject("ann"), company).may_move();
    let moved = move_to("globex")
        .adds(&["Dev"])
        .signs_in(store)
        .await
        .unwrap();
    assert_eq!(moved.user, user);
    assert_eq!(moved.groups.added, ["Dev"]);
    assert_eq!(moved.groups.removed, ["Dev", "Ops"]);
    assert_eq!(moved.admin, AdminEffect::Revoked);
    let then = details(store, &user).await;
    assert_eq!(then.user.company.unwrap().as_str(), "globex");
    assert_eq!(then.groups, memberships(&[("Dev", &[IDP])]));
    assert!(!then.user.admin);
    assert!(
        groups::members(store, &acme, "Ops")
            .await
            .unwrap()
            .is_empty()
    );

    // What a person gave in the old company counts again once they are back.
    move_to("acme").signs_in(store).await.unwrap();
    let back = details(store, &user).await.groups;
    assert_eq!(back, memberships(&[("Ops", &[MANUAL])]));
}

#[tokio::test]
async fn an_invitation_to_the_company_decided_is_accepted_with_its_role() {
    let fixture = directory().await;
    let store = &fixture.store;
    invite(store, "acme", "Ann@acme.com", Role::Admin).await;
    let ann = || Who::subject("ann").verified("ann@acme.com");
    // Whatever `admin` says.
    let invited = attempt(ann(), "acme").admin(AdminChange::Revoke);
    let applied = invited.signs_in(store).await.unwrap();
    assert_eq!(applied.admin, AdminEffect::Unchanged);
    let then = details(store, &applied.user).await;
    assert_eq!(then.user.admin_origins, [MANUAL]);
    assert_eq!(then.company_origin, Some(MANUAL));
    let kept = &invitations::list(store, None).await.unwrap()[0];
    assert_eq!(kept.accepted_at, Some(at(60)));
    assert_eq!(kept.accepted_by.as_ref(), Some(&applied.user));
    // It gives its role once.
    write(store, async |tx| {
        users::set_admin(tx, &applied.user, false, at(70)).await
    })
    .await
    .unwrap();
    attempt(ann(), "acme").signs_in(store).await.unwrap();
    assert!(!details(store, &applied.user).await.user.admin);
}

#[tokio::test]
async fn an_invitation_stays_open_for_another_company_or_an_unverified_email() {
    let fixture = directory().await;
    let store = &fixture.store;
    invite(store, "globex", "ann@acme.com", Role::Admin).await;
    invite(store, "acme", "bob@acme.com", Role::Admin).await;
    let ann = Who::subject("ann").verified("ann@acme.com");
    let ann = attempt(ann, "acme").signs_in(store).await.unwrap().user;
    let bob = Who::subject("bob").unverified("bob@acme.com");
    let bob = attempt(bob, "acme").signs_in(store).await.unwrap().user;
    for user in [ann, bob] {
        assert!(!details(store, &user).await.user.admin);
    }
    let all = invitations::list(store, None).await.unwrap();
    assert!(all.iter().all(|invited| invited.accepted_at.is_none()));
}

#[tokio::test]
async fn a_user_whose_company_was_deleted_is_placed_like_a_new_one() {
    let fixture = directory().await;
    let store = &fixture.store;
    let user = attempt(Who::subject("ann"), "acme")
        .signs_in(store)
        .await
        .unwrap()
        .user;
    let acme = "acme".parse().unwrap();
    let refused = write(store, async |tx| companies::delete(tx, &acme, false).await)
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("1 user, 2 groups"),
        "{refused}"
    );
    write(store, async |tx| companies::delete(tx, &acme, true).await)
        .await
        .unwrap();
    let seen = view(store, &Who::subject("ann").identity()).await.unwrap();
    assert!(seen.known.unwrap().memberships.is_empty());
    let placed = attempt(Who::subject("ann"), "globex")
        .signs_in(store)
        .await
        .unwrap();
    assert_eq!(placed.user, user);
}
