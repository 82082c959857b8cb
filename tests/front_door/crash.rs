//! Losing the process at any instant leaves no session without its audit record, and no
//! decision half applied.

mod evidence;

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use anyhow::Context;
use tokio::task::JoinSet;
use url::Url;
use usher_tests::provider::{Endpoint, Person, Provider};
use usher_tests::server::Installation;
use usher_tests::visitor::{Page, Visitor};

use self::evidence::Evidence;
use crate::acme::{Acme, MAIN, sign_ins, somebody};

const AT_ONCE: usize = 50;
const SETTINGS: [(&str, &str); 2] = [("default_company", "acme"), ("groups__enabled", "true")];

/// When the process is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// So long after the fifty have set out.
    After(Duration),
    /// As soon as so many of them are in.
    In(usize),
}

/// Rows: S13
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn kill_9_during_fifty_sign_ins_leaves_nothing_half_done() -> anyhow::Result<()> {
    let mut site = Acme::start(&SETTINGS).await?;
    let moments = [
        Moment::After(Duration::from_millis(5)),
        Moment::In(1),
        Moment::In(12),
        Moment::In(30),
        Moment::In(AT_ONCE - 1),
    ];
    let mut before = 0;
    for (round, moment) in moments.into_iter().enumerate() {
        let visits = on_the_way_back(&site, round).await?;
        let (mut let_in, left) = all_at_once(&visits, moment, site).await?;
        site = left.restart_after_kill().await?;

        let evidence = Evidence::of(&site).await?;
        evidence.is_consistent()?;
        // Whoever has seen the answer is in, now too: nothing that was said is lost.
        assert!(
            evidence.sessions() >= before + let_in.len(),
            "round {round}: {} of {} sessions",
            evidence.sessions(),
            before + let_in.len()
        );
        for visitor in &mut let_in {
            assert_eq!(site.session_status(visitor).await?, 200, "round {round}");
        }
        before = evidence.sessions();
    }
    assert!(before > 0, "no sign-in was completed in any round");

    site.admitted(person(9, 9)).await?;
    Evidence::of(&site).await?.is_consistent()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_was_cut_off_goes_on_or_starts_again() -> anyhow::Result<()> {
    let site = Acme::start(&SETTINGS).await?;
    let visits = on_the_way_back(&site, 0).await?;
    let (_, left) = all_at_once(&visits, Moment::In(5), site).await?;
    let site = left.restart_after_kill().await?;
    let before = Evidence::of(&site).await?.sessions();

    let (mut went_on, mut starts_again) = (0, 0);
    for (visitor, callback) in visits {
        let mut visitor = visitor;
        let page = visitor.get(callback).await?;
        match page.status.as_u16() {
            303 => went_on += 1,
            // Used, or its code is: with a way to begin anew.
            400 | 502 => {
                starts_again += 1;
                let again = page.attributes("a.button.first", "href");
                assert_eq!(again.len(), 1, "{page}");
                assert_eq!(visitor.cookies.value("usher"), None, "{page}");
            }
            _ => panic!("{page}"),
        }
    }
    assert_eq!(went_on + starts_again, AT_ONCE);
    let evidence = Evidence::of(&site).await?;
    evidence.is_consistent()?;
    assert_eq!(evidence.sessions(), before + went_on);
    Ok(())
}

/// Rows: K4, S3, S13, hole 30
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_hits_of_one_callback_are_one_sign_in() -> anyhow::Result<()> {
    let site = Acme::start(&SETTINGS).await?;
    site.provider.sign_in_as(person(0, 3));
    let mut visitor = somebody();
    let page = site.up_to_the_callback(&mut visitor, MAIN).await?;
    let callback = page.redirect().context("to the callback")?;

    let mut hits = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (mut visitor, callback) = (visitor.clone(), callback.clone());
        hits.spawn(async move {
            let page = visitor.get(callback).await?;
            anyhow::Ok((visitor, page))
        });
    }
    let (mut let_in, mut refused, mut too_often) = (Vec::new(), 0, 0);
    while let Some(hit) = hits.join_next().await {
        let (visitor, page) = hit??;
        match page.status.as_u16() {
            303 => let_in.push(visitor),
            status @ (400 | 429) => {
                *(if status == 400 {
                    &mut refused
                } else {
                    &mut too_often
                }) += 1;
                assert_eq!(visitor.cookies.value("usher"), None, "{page}");
            }
            _ => panic!("{page}"),
        }
    }
    assert_eq!(let_in.len(), 1);
    assert_eq!(1 + refused + too_often, AT_ONCE);
    // S9: ten a minute with one attempt; those beyond reach nothing and are not recorded.
    assert!((9..=20).contains(&refused), "{refused} reached it");
    assert_eq!(site.provider.calls(Endpoint::Token), 1, "one exchange");
    assert_eq!(site.count("sessions").await?, 1);
    assert_eq!(site.count("users").await?, 1);
    let records = sign_ins(site.usher.audit()?);
    let of = |outcome: &str| records.iter().filter(|r| r["outcome"] == outcome).count();
    assert_eq!((records.len(), of("admitted")), (1 + refused, 1));
    let others = records.iter().filter(|r| r["outcome"] != "admitted");
    for record in others {
        assert_eq!(record["code"], "state_invalid", "{record}");
    }
    for visitor in &mut let_in {
        assert_eq!(site.session_status(visitor).await?, 200);
    }
    Evidence::of(&site).await?.is_consistent()
}

#[tokio::test]
async fn what_is_half_applied_would_be_seen() -> anyhow::Result<()> {
    let site = Acme::start(&SETTINGS).await?;
    site.admitted(person(0, 10)).await?;
    let whole = Evidence::of(&site).await?;
    whole.is_consistent()?;
    for (missing, half) in whole.halves() {
        let checked = std::panic::catch_unwind(AssertUnwindSafe(|| half.is_consistent()));
        assert!(!matches!(checked, Ok(Ok(()))), "not seen: {missing}");
    }
    Ok(())
}

/// Somebody whose groups and role change from round to round.
fn person(round: usize, number: usize) -> Person {
    // Every third is new in their round, the others come again.
    let name = match number % 3 {
        0 => format!("person-{round}-{number}"),
        _ => format!("person-{number}"),
    };
    let person = Person::new(&name);
    let person = match (round + number) % 4 {
        0 => person,
        1 => person.groups(["research"]),
        2 => person.groups(["research", "Operations", "ghosts"]),
        _ => person.groups(["Operations"]),
    };
    match (round + number) % 5 {
        0 => person.role("admin"),
        _ => person,
    }
}

/// Fifty visitors who have said yes at the provider, and where it sends them back to.
async fn on_the_way_back(site: &Acme, round: usize) -> anyhow::Result<Vec<(Visitor, Url)>> {
    let mut visits = Vec::new();
    for number in 0..AT_ONCE {
        site.provider.sign_in_as(person(round, number));
        let mut visitor = somebody();
        let page = site.up_to_the_callback(&mut visitor, MAIN).await?;
        let callback = page.redirect().context("the provider sends nobody back")?;
        visits.push((visitor, callback));
    }
    Ok(visits)
}

/// What is left of a site whose service was killed.
struct Left {
    provider: Provider,
    usher: Installation,
}

impl Left {
    async fn restart_after_kill(self) -> anyhow::Result<Acme> {
        Acme::open(self.provider, self.usher).await
    }
}

/// All fifty come back at once, and at some moment the process is gone. Gives those who have
/// seen that they are in.
async fn all_at_once(
    visits: &[(Visitor, Url)],
    moment: Moment,
    site: Acme,
) -> anyhow::Result<(Vec<Visitor>, Left)> {
    let mut under_way = JoinSet::new();
    for (visitor, callback) in visits {
        let (mut visitor, callback) = (visitor.clone(), callback.clone());
        under_way.spawn(async move {
            // Most are cut off.
            let page: Option<Page> = visitor.get(callback).await.ok();
            page.filter(|page| page.status == 303).map(|_| visitor)
        });
    }
    let mut let_in = Vec::new();
    match moment {
        Moment::After(time) => tokio::time::sleep(time).await,
        Moment::In(enough) => {
            while let_in.len() < enough
                && let Some(visit) = under_way.join_next().await
            {
                let_in.extend(visit?);
            }
        }
    }
    let Acme {
        provider,
        usher,
        server,
    } = site;
    server.kill()?;
    while let Some(visit) = under_way.join_next().await {
        let_in.extend(visit?);
    }
    Ok((let_in, Left { provider, usher }))
}
