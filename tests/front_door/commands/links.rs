//! `usher user link` and `unlink`.

use tokio::time::Instant;
use usher_tests::provider::Person;

use super::users::{ANN, SETTINGS, id, is_out, written};
use super::{done, refused};
use crate::acme::Acme;

#[tokio::test]
async fn a_linked_identity_is_the_same_user_until_it_is_unlinked() -> anyhow::Result<()> {
    let site = Acme::start(&SETTINGS).await?;
    let mut ann = site.admitted(Person::new("ann")).await?;
    let user = id(&site, &mut ann).await?;
    let mut renamed = Person::new("ann");
    renamed.sub = "another-subject".to_owned();
    let (_, page) = site.sign_in(renamed.clone()).await?;
    assert_eq!(page.status, 403, "{page}");
    assert_eq!(site.newest_record()?["code"], "account_exists");

    let issuer = site.provider.issuer();
    let of = |verb, subject| ["user", verb, ANN, "--issuer", &issuer, "--subject", subject];
    done(&site.usher, &of("link", &renamed.sub), "is now user")?;
    let record = written(&site, &format!("identity of {issuer} linked"))?;
    assert_eq!(record["user"], user);
    assert!(
        !record.to_string().contains(&renamed.sub),
        "a subject is no detail"
    );
    done(&site.usher, &of("link", &renamed.sub), "was already")?;
    let mut again = site.admitted(renamed.clone()).await?;
    assert_eq!(id(&site, &mut again).await?, user);

    // Nobody loses an identity to somebody else.
    site.admitted(Person::new("ben")).await?;
    let steal = [
        "user",
        "link",
        "ben@example.com",
        "--issuer",
        &issuer,
        "--subject",
        &renamed.sub,
    ];
    refused(
        &site.usher,
        &steal,
        &["belongs to user", "usher user unlink"],
    )?;
    refused(&site.usher, &of("link", ""), &["iss, sub"])?;
    refused(
        &site.usher,
        &of("unlink", "no-such-subject"),
        &["no such identity", "usher user show"],
    )?;

    done(&site.usher, &of("unlink", &renamed.sub), "1 session ended")?;
    is_out(&site, &mut again, Instant::now()).await?;
    assert_eq!(
        site.session_status(&mut ann).await?,
        200,
        "opened with the other one"
    );
    let (_, page) = site.sign_in(renamed.clone()).await?;
    assert_eq!(page.status, 403, "{page}");
    let last = Person::new("ann").sub;
    done(
        &site.usher,
        &of("unlink", &last),
        "that was the last identity",
    )?;
    is_out(&site, &mut ann, Instant::now()).await?;
    Ok(())
}

#[tokio::test]
async fn an_issuer_that_nobody_came_from_is_a_warning_with_the_likely_one() -> anyhow::Result<()> {
    let site = Acme::start(&SETTINGS).await?;
    site.admitted(Person::new("ann")).await?;
    let issuer = site.provider.issuer();
    let misspelt = format!("{issuer}/");
    let link = ["user", "link", ANN, "--issuer", &misspelt, "--subject", "s"];
    done(&site.usher, &link, &format!("did you mean {issuer}?"))?;
    Ok(())
}
