//! The operations of the commands, and what they say when they refuse.

use std::fmt::Debug;

use super::*;
use crate::domain::{CompanyId, Origin, Role, UserId};
use crate::store::Store;
use crate::store::fixture::{Fixture, at, entropy, write};

fn id(text: &str) -> CompanyId {
    text.parse().unwrap()
}

fn refusal<T: Debug>(result: Result<T, DirectoryError>) -> String {
    result.unwrap_err().to_string()
}

async fn with_acme() -> Fixture {
    let fixture = Fixture::new().await;
    write(&fixture.store, async |tx| {
        companies::create(tx, &id("acme"), "Acme", at(0)).await
    })
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
    let again = write(store, async |tx| {
        companies::create(tx, &id("acme"), "Other", at(1)).await
    })
    .await;
    assert!(refusal(again).contains("already"));
    // Ids are case-sensitive.
    write(store, async |tx| {
        companies::create(tx, &id("ACME"), "Other", at(1)).await
    })
    .await
    .unwrap();
    let all = companies::list(store).await.unwrap();
    let names: Vec<_> = all
        .iter()
        .map(|c| (c.id.as_str(), c.name.as_str()))
        .collect();
    assert_eq!(names, [("ACME", "Other"), ("acme", "Acme")]);
    write(store, async |tx| {
        companies::delete(tx, &id("ACME"), false).await
    })
    .await
    .unwrap();
    let gone = refusal(
        write(store, async |tx| {
            companies::delete(tx, &id("ACME"), true).await
        })
        .await,
    );
    assert!(gone.contains("usher company create --id ACME"), "{gone}");
    assert!(!companies::exists(store, &id("ACME")).await.unwrap());
}

#[tokio::test]
async fn names_are_bounded_and_free_of_control_characters() {
    let fixture = with_acme().await;
    let store = &fixture.store;
    for bad in ["", "  ", "a\nb", "a\0", &"x".repeat(257)] {
        assert!(
            write(store, async |tx| companies::create(
                tx,
                &id("b"),
                bad,
                at(0)
            )
            .await)
            .await
            .is_err(),
            "{bad:?}"
        );
        assert!(
            write(store, async |tx| groups::create(
                tx,
                &id("acme"),
                bad,
                at(0)
            )
            .await)
            .await
            .is_err(),
            "{bad:?}"
        );
    }
    for good in ["/dev/ops", " Dev ", "Entwicklung & Büro", &"ü".repeat(256)] {
        write(store, async |tx| {
            groups::create(tx, &id("acme"), good, at(0)).await
        })
        .await
        .unwrap();
    }
}

#[tokio::test]
async fn a_company_with_anything_in_it_is_deleted_by_force_only() {
    let fixture = with_acme().await;
    let store = &fixture.store;
    let (acme, now) = (id("acme"), at(0));
    write(store, async |tx| {
        groups::create(tx, &acme, "Dev", now).await
    })
    .await
    .unwrap();
    write(store, async |tx| {
        domains::add(tx, &acme, "acme.com", now).await
    })
    .await
    .unwrap();
    write(store, async |tx| {
        invitations::add(tx, &acme, "a@b.c", Role::User, now).await
    })
    .await
    .unwrap();
    let ann = user(store, None).await;
    let said = refusal(write(store, async |tx| companies::delete(tx, &acme, false).await).await);
    let contents = "1 user, 1 group, 1 domain, 1 open invitation";
    assert!(
        said.contains(contents) && said.contains("--force"),
        "{said}"
    );
    write(store, async |tx| companies::delete(tx, &acme, true).await)
        .await
        .unwrap();
    assert!(groups::list(store, None).await.unwrap().is_empty());
    assert!(domains::list(store, None).await.unwrap().is_empty());
    assert!(invitations::list(store, None).await.unwrap().is_empty());
    let left = users::show(store, ann.as_str()).await.unwrap();
    assert_eq!(left.user.company, None);
    let homeless = refusal(
        write(store, async |tx| {
            users::set_admin(tx, &ann, true, at(1)).await
        })
        .await,
    );
    assert!(homeless.contains("in no company"), "{homeless}");
}

#[tokio::test]
async fn a_group_belongs_to_a_company_and_is_created_once() {
    let fixture = with_acme().await;
    let store = &fixture.store;
    write(store, async |tx| {
        groups::create(tx, &id("acme"), "Dev", at(0)).await
    })
    .await
    .unwrap();
    let again = write(store, async |tx| {
        groups::create(tx, &id("acme"), "Dev", at(0)).await
    })
    .await;
    assert!(refusal(again).contains("has a group \"Dev\" already"));
    for said in [
        refusal(
            write(store, async |tx| {
                groups::create(tx, &id("no"), "Dev", at(0)).await
            })
            .await,
        ),
        refusal(write(store, async |tx| groups::delete(tx, &id("no"), "Dev").await).await),
        refusal(groups::list(store, Some(&id("no"))).await),
        refusal(domains::list(store, Some(&id("no"))).await),
        refusal(invitations::list(store, Some(&id("no"))).await),
        refusal(users::list(store, Some(&id("no"))).await),
        refusal(groups::members(store, &id("no"), "Dev").await),
    ] {
        assert!(said.contains("usher company create --id no"), "{said}");
    }
    let said = refusal(
        write(store, async |tx| {
            groups::delete(tx, &id("acme"), "dev").await
        })
        .await,
    );
    assert!(
        said.contains("usher group create --company acme 'dev'"),
        "{said}"
    );
    let ann = user(store, None).await;
    write(store, async |tx| {
        groups::add_member(tx, &id("acme"), "Dev", &ann, at(1)).await
    })
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
    write(store, async |tx| {
        groups::delete(tx, &id("acme"), "Dev").await
    })
    .await
    .unwrap();
    assert!(groups::list(store, None).await.unwrap().is_empty());
}

#[tokio::test]
async fn one_open_invitation_for_an_address_over_the_installation() {
    let fixture = with_acme().await;
    let store = &fixture.store;
    write(store, async |tx| {
        companies::create(tx, &id("globex"), "Globex", at(0)).await
    })
    .await
    .unwrap();
    let add = |company, email| {
        write(store, async move |tx| {
            invitations::add(tx, company, email, Role::Admin, at(0)).await
        })
    };
    let (acme, globex, nowhere) = (id("acme"), id("globex"), id("no"));
    add(&acme, " Ann@Acme.com").await.unwrap();
    let said = refusal(add(&globex, "ann@acme.com").await);
    let remedy = "usher invite remove --company acme --email ann@acme.com";
    assert!(said.contains(remedy), "{said}");
    assert!(refusal(add(&nowhere, "b@b.c").await).contains("no company \"no\""));
    assert!(refusal(add(&acme, "x@evil,y@corp").await).contains("not an e-mail address"));
    let not_there = write(store, async |tx| {
        invitations::remove(tx, &globex, "ann@acme.com").await
    })
    .await;
    assert!(refusal(not_there).contains("no open invitation"));
    write(store, async |tx| {
        invitations::remove(tx, &acme, "ANN@acme.com").await
    })
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
    write(store, async |tx| {
        companies::create(tx, &id("globex"), "Globex", at(0)).await
    })
    .await
    .unwrap();
    write(store, async |tx| {
        domains::add(tx, &id("acme"), "Acme.COM", at(0)).await
    })
    .await
    .unwrap();
    for company in ["globex", "acme"] {
        let said = refusal(
            write(store, async |tx| {
                domains::add(tx, &id(company), "acme.com", at(0)).await
            })
            .await,
        );
        assert!(
            said.contains("usher domain remove --company acme acme.com"),
            "{said}"
        );
    }
    assert!(
        refusal(
            write(store, async |tx| domains::add(tx, &id("no"), "b.c", at(0))
                .await)
            .await
        )
        .contains("no company")
    );
    assert!(
        refusal(
            write(store, async |tx| domains::remove(
                tx,
                &id("globex"),
                "acme.com"
            )
            .await)
            .await
        )
        .contains("domain list")
    );
    assert_eq!(
        domains::list(store, None).await.unwrap()[0].domain,
        "acme.com"
    );
    write(store, async |tx| {
        domains::remove(tx, &id("acme"), "ACME.com").await
    })
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
    write(store, async |tx| {
        companies::create(tx, &id("globex"), "Globex", at(0)).await
    })
    .await
    .unwrap();
    let others = users::list(store, Some(&id("globex"))).await.unwrap();
    assert!(others.is_empty());
}
