//! Who may come in, and as whom.

use super::*;

#[tokio::test]
async fn a_new_person_becomes_a_user_of_the_company_decided() {
    let fixture = directory().await;
    let who = Who::subject("ann")
        .named("Ann Lee")
        .verified("Ann@Acme.com");
    let applied = attempt(who, "acme").signs_in(&fixture.store).await.unwrap();
    let details = details(&fixture.store, &applied.user).await;
    assert_eq!(details.user.name, "Ann Lee");
    assert_eq!(details.user.email.as_deref(), Some("ann@acme.com"));
    assert_eq!(details.user.company, Some(applied.company));
    assert_eq!(details.company_origin, Some(IDP));
    assert_eq!(details.user.signed_in_at, Some(at(60)));
    assert_eq!(details.identities[0].subject, "ann");
    assert!(!details.user.admin);
}

#[tokio::test]
async fn the_same_identity_is_the_same_user_and_another_subject_another_one() {
    let fixture = directory().await;
    let store = &fixture.store;
    let first = attempt(Who::subject("ann"), "acme")
        .signs_in(store)
        .await
        .unwrap();
    let again = attempt(Who::subject("ann"), "acme")
        .signs_in(store)
        .await
        .unwrap();
    // Subjects are case-sensitive.
    let other = attempt(Who::subject("Ann"), "acme")
        .signs_in(store)
        .await
        .unwrap();
    assert_eq!(first.user, again.user);
    assert_ne!(first.user, other.user);
}

#[tokio::test]
async fn name_and_email_follow_the_provider_and_the_policy_may_set_the_name() {
    let fixture = directory().await;
    let store = &fixture.store;
    let who = Who::subject("ann").verified("ann@acme.com");
    let user = attempt(who, "acme").signs_in(store).await.unwrap().user;
    let who = Who::subject("ann")
        .named("Ann M.")
        .unverified("am@acme.com");
    let mut renamed = attempt(who, "acme");
    renamed.grant.display_name = Some("Dr. Ann".into());
    renamed.signs_in(store).await.unwrap();
    let then = details(store, &user).await.user;
    assert_eq!(then.name, "Dr. Ann");
    assert_eq!(then.email.as_deref(), Some("am@acme.com"));
    let who = Who::subject("ann").named("Ann M.");
    attempt(who, "acme").signs_in(store).await.unwrap();
    let then = details(store, &user).await.user;
    assert_eq!((then.name.as_str(), then.email), ("Ann M.", None));
}

#[tokio::test]
async fn a_disabled_user_is_refused_until_enabled() {
    let fixture = directory().await;
    let store = &fixture.store;
    let user = attempt(Who::subject("ann"), "acme")
        .signs_in(store)
        .await
        .unwrap()
        .user;
    write(store, async |tx| users::disable(tx, &user).await)
        .await
        .unwrap();
    let seen = view(store, &Who::subject("ann").identity()).await.unwrap();
    assert_eq!((seen.standing, seen.known), (Standing::Disabled, None));
    let refused = attempt(Who::subject("ann"), "acme").signs_in(store).await;
    assert_eq!(refused, Err(Code::Disabled));
    write(store, async |tx| users::enable(tx, &user).await)
        .await
        .unwrap();
    assert!(
        attempt(Who::subject("ann"), "acme")
            .signs_in(store)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_deleted_user_stays_refused_and_frees_the_email_address() {
    let fixture = directory().await;
    let store = &fixture.store;
    let ann = || Who::subject("ann").verified("ann@acme.com");
    let first = attempt(ann(), "acme").groups(&["Dev"]);
    let user = first.signs_in(store).await.unwrap().user;
    write(store, async |tx| users::delete(tx, &user, at(70)).await)
        .await
        .unwrap();
    let seen = view(store, &ann().identity()).await.unwrap();
    assert_eq!(seen.standing, Standing::Disabled);
    let refused = attempt(ann(), "acme").signs_in(store).await;
    assert_eq!(refused, Err(Code::Disabled));
    let tombstone = details(store, &user).await;
    assert_eq!(tombstone.user.status, Status::Deleted);
    assert_eq!((tombstone.user.email, tombstone.groups.len()), (None, 0));
    assert_eq!(tombstone.identities.len(), 1);
    let successor = Who::subject("other").verified("ann@acme.com");
    assert!(attempt(successor, "acme").signs_in(store).await.is_ok());
    let error = write(store, async |tx| users::enable(tx, &user).await)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("stays so"), "{error}");
}

#[tokio::test]
async fn the_email_address_of_another_user_is_refused_verified_or_not() {
    let fixture = directory().await;
    let store = &fixture.store;
    let ann = Who::subject("ann").unverified("ann@acme.com");
    attempt(ann, "acme").signs_in(store).await.unwrap();
    for other in [
        Who::subject("eve").verified("ANN@acme.com"),
        Who::subject("eve").unverified("ann@acme.com"),
    ] {
        let seen = view(store, &other.identity()).await.unwrap();
        assert_eq!((seen.standing, seen.known), (Standing::EmailTaken, None));
        let before = everything(store).await;
        let refused = attempt(other, "acme").signs_in(store).await;
        assert_eq!(refused, Err(Code::AccountExists));
        assert_eq!(everything(store).await, before);
    }
}

#[tokio::test]
async fn a_known_user_whose_email_becomes_another_users_is_refused() {
    let fixture = directory().await;
    let store = &fixture.store;
    let ann = Who::subject("ann").verified("ann@acme.com");
    attempt(ann, "acme").signs_in(store).await.unwrap();
    let bob = Who::subject("bob").verified("bob@acme.com");
    attempt(bob, "acme").signs_in(store).await.unwrap();
    let bob = || Who::subject("bob").verified("ann@acme.com");
    let seen = view(store, &bob().identity()).await.unwrap();
    assert_eq!(seen.standing, Standing::EmailTaken);
    let refused = attempt(bob(), "acme").signs_in(store).await;
    assert_eq!(refused, Err(Code::AccountExists));
}

#[tokio::test]
async fn a_linked_identity_is_the_user_it_was_linked_to() {
    let fixture = directory().await;
    let store = &fixture.store;
    let ann = Who::subject("ann").verified("ann@acme.com");
    let user = attempt(ann, "acme").signs_in(store).await.unwrap().user;
    let issuer = "https://idp.example";
    write(store, async |tx| {
        users::link(tx, &user, issuer, "new", at(61)).await
    })
    .await
    .unwrap();
    let new = Who::subject("new").verified("ann@acme.com");
    let applied = attempt(new, "acme").signs_in(store).await.unwrap();
    assert_eq!(applied.user, user);
    let again = write(store, async |tx| {
        users::link(tx, &user, issuer, "new", at(61)).await
    });
    assert!(!again.await.unwrap(), "nothing new");
    let ben = attempt(Who::subject("ben"), "acme").signs_in(store).await;
    let ben = ben.unwrap().user;
    let taken = write(store, async |tx| {
        users::link(tx, &ben, issuer, "new", at(61)).await
    })
    .await;
    assert!(taken.unwrap_err().to_string().contains("belongs to user"));
}

#[tokio::test]
async fn what_is_known_before_the_policy_depends_on_a_verified_email() {
    let fixture = directory().await;
    let store = &fixture.store;
    let acme = "acme".parse().unwrap();
    write(store, async |tx| {
        domains::add(tx, &acme, "Acme.com", at(0)).await
    })
    .await
    .unwrap();
    invite(store, "globex", "Ann@acme.com", Role::Admin).await;
    let verified = Who::subject("ann").verified("ann@ACME.com").identity();
    let seen = view(store, &verified).await.unwrap();
    assert_eq!((seen.standing, seen.known), (Standing::New, None));
    assert_eq!(seen.invitations[0].company.as_str(), "globex");
    assert_eq!(seen.invitations[0].role, Role::Admin);
    assert_eq!(seen.domain_company, Some(acme));
    let unverified = Who::subject("ann").unverified("ann@acme.com");
    for silent in [unverified, Who::subject("ann")] {
        let seen = view(store, &silent.identity()).await.unwrap();
        assert_eq!((seen.invitations.len(), seen.domain_company), (0, None));
    }
}
