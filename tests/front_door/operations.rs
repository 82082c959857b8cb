//! The listener of its own for health and metrics (`USHER__OPS_LISTEN`).

use usher_tests::parts;
use usher_tests::provider::{Person, Provider};
use usher_tests::visitor::Visitor;

use crate::acme::{Acme, MAIN, connect, furnished};

const INTO_ACME: (&str, &str) = ("default_company", "acme");

async fn apart(settings: &[(&str, &str)]) -> anyhow::Result<(Acme, String)> {
    let provider = Provider::start();
    let address = format!("127.0.0.1:{}", parts::free_port());
    let usher = furnished()?.with("USHER__OPS_LISTEN", &address);
    let usher = connect(usher, &provider, MAIN, settings);
    let site = Acme::open(provider, usher).await?;
    Ok((site, format!("http://{address}")))
}

#[tokio::test]
async fn health_and_metrics_have_a_listener_of_their_own() -> anyhow::Result<()> {
    let (site, ops) = apart(&[INTO_ACME]).await?;
    let mut probe = Visitor::new();
    for (path, status) in [
        ("/livez", 200),
        ("/readyz", 200),
        ("/readyz?verbose", 200),
        ("/metrics", 200),
        ("/login", 404),
        ("/account", 404),
    ] {
        let there = probe.get(format!("{ops}{path}")).await?;
        assert_eq!(there.status.as_u16(), status, "{path} there: {there}");
    }
    for path in ["/livez", "/readyz", "/metrics"] {
        let here = probe.get(site.url(path)).await?;
        assert_eq!(here.status.as_u16(), 404, "{path} here: {here}");
    }
    Ok(())
}

#[tokio::test]
async fn without_it_health_is_on_the_main_one_and_there_are_no_metrics() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME]).await?;
    let mut probe = Visitor::new();
    for (path, status) in [("/livez", 200), ("/readyz", 200), ("/metrics", 404)] {
        let page = probe.get(site.url(path)).await?;
        assert_eq!(page.status.as_u16(), status, "{path}: {page}");
    }
    Ok(())
}

#[tokio::test]
async fn sign_ins_are_counted_by_how_they_ended() -> anyhow::Result<()> {
    let (site, ops) = apart(&[INTO_ACME, ("groups__enabled", "true"), PROHIBIT]).await?;
    for _ in 0..2 {
        site.admitted(Person::new("ann").groups(["research"]))
            .await?;
    }
    let (_, page) = site.sign_in(Person::new("bea")).await?;
    assert_eq!(page.status, 403, "{page}");
    site.provider.faults().clock_ahead = 300;
    let (_, page) = site.sign_in(Person::new("ann")).await?;
    assert_eq!(page.status, 502, "{page}");

    let page = Visitor::new().get(format!("{ops}/metrics")).await?;
    let kind = page.header("content-type").unwrap_or_default();
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    let text = &page.body;
    let main = "provider=\"main\"";
    for line in [
        format!("usher_sign_ins_total{{{main},outcome=\"admitted\",code=\"\"}} 2"),
        format!("usher_sign_ins_total{{{main},outcome=\"refused\",code=\"group_required\"}} 1"),
        format!("usher_sign_ins_total{{{main},outcome=\"failed\",code=\"clock_skew\"}} 1"),
        format!("usher_sign_in_seconds_count{{{main}}} 4"),
        format!("usher_provider_up{{{main}}} 1"),
        "usher_database_up 1".to_owned(),
        "# EOF".to_owned(),
    ] {
        assert!(text.lines().any(|l| l == line), "no {line}: {text}");
    }
    for secret in ["ann", "bea", "example.com", "research"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    Ok(())
}

const PROHIBIT: (&str, &str) = ("groups__prohibit_user_signup_if_not_in_group", "true");

#[tokio::test]
async fn an_address_that_is_taken_is_said_with_its_setting() -> anyhow::Result<()> {
    let provider = Provider::start();
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    let usher = furnished()?.with("USHER__OPS_LISTEN", &address);
    let usher = connect(usher, &provider, MAIN, &[INTO_ACME]);
    let answer = usher.run(&["serve"])?;
    assert_eq!(answer.code, Some(2), "{answer:#?}");
    for words in [address.as_str(), "USHER__OPS_LISTEN", "ss -ltnp"] {
        assert!(answer.stderr.contains(words), "{words}: {answer:#?}");
    }
    Ok(())
}
