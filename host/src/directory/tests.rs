//! The operations of the commands, and what they say when they refuse.

use std::fmt::Debug;

use super::*;
use crate::domain::{CompanyId, Origin, Role, UserId};
use crate::store::Store;
use crate::store::fixture::{Fixture, at, entropy};

fn id(text: &str) -> CompanyId {
    text.parse().unwrap()
}

fn refusal<T: Debug>(result: Result<T, DirectoryError>) -> String {
    result.unwrap_err().to_string()
}

async fn with_acme() -> Fixture {
    let fixture = Fixture::new().await;
    companies::create(&fixture.store, &id("acme"), "Acme", at(0))
        .await
        .unwrap();
    fixture
}

async fn user(store: &Store, email: Option<&str>) -> UserId {
    let user = UserId::new(at(0), &entropy());
    let mut tx = store.begin().await.unwrap();
    tx.insert_user(&user, "Ann", email, at(0)).await.unwrap();
    tx.place(&user, &id("acme"), Origin::Manual, at(0))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    user
}

#[tokio::test]
async fn a_company_is_created_once_listed_and_deleted() {
    let fixture = with_acme().await;
    let store = &fixture.store;
    let again = companies::create(store, &id("acme"), "Other", at(1)).await;
    assert!(refusal(again).contains("already"));
    // Ids are case-sensitive.
    companies::create(store, &id("ACME"), "Other", at(1))
        .await
        .unwrap();
    let all = companies::list(store).await.unwrap();
    let names: Vec<_> = all
        .iter()
        .map(|c| (c.id.as_str(), c.name.as_str()))
        .collect();
    assert_eq!(names, [("ACME", "Other"), ("acme", "Acme")]);
    companies::delete(store, &id("ACME"), false).await.unwrap();
    let gone = refusal(companies::delete(store, &id("ACME"), true).await);
    assert!(gone.contains("usher company create --id ACME"), "{gone}");
    assert!(!companies::exists(store, &id("ACME")).await.unwrap());
}

#[tokio::test]
async fn names_are_bounded_and_free_of_control_characters() {
    let fixture = with_acme().await;
    let store = &fixture.store;
    for bad in ["", "  ", "a\nb", "a\0", &"x".repeat(257)] {
        assert!(
            companies::create(store, &id("b"), bad, at(0))
                .await
                .is_err(),
            "{bad:?}"
        );
        assert!(
            groups::create(store, &id("acme"), bad, at(0))
                .await
                .is_err(),
            "{bad:?}"
        );
    }
    for good in ["/dev/ops", " Dev ", "Entwicklung & Büro", &"ü".repeat(256)] {
        groups::create(store, &id("acme"), good, at(0))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_company_with_anything_in_it_is_deleted_by_force_only() {
    let fixture = with_acme().await;
    let store = &fixture.store;
    let (acme, now) = (id("acme"), at(0));
    groups::create(store, &acme, "Dev", now).await.unwrap();
    domains::add(store, &acme, "acme.com", now).await.unwrap();
    invitations::add(store, &acme, "a@b.c", Role::User, now)
        .await
        .unwrap();
    let ann = user(store, None).await;
    let said = refusal(companies::delete(store, &acme, false).await);
    let contents = "1 user, 1 group, 1 domain, 1 open invitation";
    assert!(
        said.contains(contents) && said.contains("--force"),
        "{said}"
    );
    companies::delete(store, &acme, true).await.unwrap();
    assert!(groups::list(store, None).await.unwrap().is_empty());
    assert!(domains::list(store, None).await.unwrap().is_empty());
    assert!(invitations::list(store, None).await.unwrap().is_empty());
    let left = users::show(store, ann.as_str()).await.unwrap();
    assert_eq!(left.user.company, None);
    let homeless = refusal(users::set_admin(store, &ann, true, at(1)).await);
    assert!(homeless.contains("in no company"), "{homeless}");
}

#[tokio::test]
async fn a_group_belongs_to_a_company_and_is_created_once() {
    let fixture = with_acme().await;
    let store = &fixture.store;
    groups::create(store, &id("acme"), "Dev", at(0))
        .await
        .unwrap();
    let again = groups::create(store, &id("acme"), "Dev", at(0)).await;
    assert!(refusal(again).contains("has a group \"Dev\" already"));
    for said in [
        refusal(groups::create(store, &id("no"), "Dev", at(0)).await),
        refusal(groups::delete(store, &id("no"), "Dev").await),
        refusal(groups::list(store, Some(&id("no"))).await),
        refusal(domains::list(store, Some(&id("no"))).await),
        refusal(invitations::list(store, Some(&id("no"))).await),
        refusal(users::list(store, Some(&id("no"))).await),
        refusal(groups::members(store, &id("no"), "Dev").await),
    ] {
        assert!(said.contains("usher company create --id no"), "{said}");
    }
    let said = refusal(groups::delete(store, &id("acme"), "dev").await);
    assert!(
        said.contains("usher group create --company acme 'dev'"),
        "{said}"
    );
    let ann = user(store, None).await;
    groups::add_member(store, &id("acme"), "Dev", &ann, at(1))
        .await
        .unwrap();
    let members = groups::members(store, &id("acme"), "Dev").await.unwrap();
    assert_eq!(
        (members[0].user.clone(), members[0].origins[0]),
        (ann, Origin::Manual)
    );
    assert_eq!(
        groups::list(store, Some(&id("acme"))).await.unwrap()[0].members,
        1
    );
    groups::delete(store, &id("acme"), "Dev").await.unwrap();
    assert!(groups::list(store, None).await.unwrap().is_empty());
}

#[tokio::test]
async fn one_open_invitation_for_an_address_over_the_installation() {
    let fixture = with_acme().await;
    let store = &fixture.store;
    companies::create(store, &id("globex"), "Globex", at(0))
        .await
        .unwrap();
    let add = |company, email| invitations::add(store, company, email, Role::Admin, at(0));
    let (acme, globex, nowhere) = (id("acme"), id("globex"), id("no"));
    add(&acme, " Ann@Acme.com").await.unwrap();
    let said = refusal(add(&globex, "ann@acme.com").await);
    let remedy = "usher invite remove --company acme --email ann@acme.com";
    assert!(said.contains(remedy), "{said}");
    assert!(refusal(add(&nowhere, "b@b.c").await).contains("no company \"no\""));
    assert!(refusal(add(&acme, "x@evil,y@corp").await).contains("not an e-mail address"));
    let not_there = invitations::remove(store, &globex, "ann@acme.com").await;
    assert!(refusal(not_there).contains("no open invitation"));
    invitations::remove(store, &acme, "ANN@acme.com")
        .await
        .unwrap();
    add(&globex, "ann@acme.com").await.unwrap();
    assert_eq!(
        invitations::list(store, Some(&globex)).await.unwrap()[0].email,
        "ann@acme.com"
    );
    assert!(
        invitations::list(store, Some(&acme))
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_domain_belongs_to_one_company() {
    let fixture = with_acme().await;
    let store = &fixture.store;
    companies::create(store, &id("globex"), "Globex", at(0))
        .await
        .unwrap();
    domains::add(store, &id("acme"), "Acme.COM", at(0))
        .await
        .unwrap();
    for company in ["globex", "acme"] {
        let said = refusal(domains::add(store, &id(company), "acme.com", at(0)).await);
        assert!(
            said.contains("usher domain remove --company acme acme.com"),
            "{said}"
        );
    }
    assert!(refusal(domains::add(store, &id("no"), "b.c", at(0)).await).contains("no company"));
    assert!(
        refusal(domains::remove(store, &id("globex"), "acme.com").await).contains("domain list")
    );
    assert_eq!(
        domains::list(store, None).await.unwrap()[0].domain,
        "acme.com"
    );
    domains::remove(store, &id("acme"), "ACME.com")
        .await
        .unwrap();
    assert!(domains::list(store, None).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_user_is_found_by_id_or_by_email() {
    let fixture = with_acme().await;
    let store = &fixture.store;
    let ann = user(store, Some("ann@acme.com")).await;
    for given in [
        ann.as_str(),
        "ann@acme.com",
        " ANN@acme.com ",
        &ann.as_str().to_uppercase(),
    ] {
        assert_eq!(users::find(store, given).await.unwrap(), ann, "{given}");
    }
    for unknown in ["bob@acme.com", "", "00000000-0000-0000-0000-000000000000"] {
        let said = refusal(users::find(store, unknown).await);
        assert!(said.contains("usher user list"), "{said}");
    }
    let json = serde_json::to_value(users::show(store, "ann@acme.com").await.unwrap()).unwrap();
    assert_eq!(json["email"], "ann@acme.com");
    assert_eq!(json["status"], "active");
    assert_eq!(json["company_origin"], "manual");
    assert_eq!(json["admin_origins"], serde_json::json!([]));
    companies::create(store, &id("globex"), "Globex", at(0))
        .await
        .unwrap();
    let others = users::list(store, Some(&id("globex"))).await.unwrap();
    assert!(others.is_empty());
}
