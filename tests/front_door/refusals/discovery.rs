//! Metadata that cannot be used: the attempt does not even begin.

use usher_tests::provider::{Endpoint, Faults, Provider, Says, edit};
use usher_tests::visitor::Visitor;

use crate::acme::{MAIN, connect, furnished, sign_ins};

/// What is wrong, how it is made so, and what the log tells the operator.
type Case = (&'static str, fn(&mut Faults), &'static str);

const CASES: &[Case] = &[
    (
        "html",
        |f| {
            f.says.insert(Endpoint::Discovery, Says::Html);
        },
        "HTML instead of JSON; is base_url right?",
    ),
    (
        "status",
        |f| {
            f.says.insert(Endpoint::Discovery, Says::Status(404));
        },
        "status 404; is base_url right?",
    ),
    (
        "redirect",
        |f| {
            f.says
                .insert(Endpoint::Discovery, Says::Redirect("/hostile".into()));
        },
        "is base_url right?",
    ),
    (
        "issuer",
        |f| {
            f.metadata = edit(|metadata| metadata["issuer"] = "https://other.example".into());
        },
        "set base_url to the issuer",
    ),
    (
        "pkce",
        |f| {
            f.metadata = edit(|metadata| {
                metadata["code_challenge_methods_supported"] = vec!["plain"].into();
            });
        },
        "S256 is not among them",
    ),
    (
        "endpoint",
        |f| {
            f.metadata = edit(|metadata| {
                metadata["token_endpoint"] = "http://169.254.169.254/token".into();
            });
        },
        "must be https",
    ),
];

#[tokio::test]
async fn metadata_that_cannot_be_used_is_explained_to_the_operator() -> anyhow::Result<()> {
    let mut usher = furnished()?;
    let mut providers = Vec::new();
    for (name, fault, _) in CASES {
        let provider = Provider::start();
        fault(&mut provider.faults());
        usher = connect(usher, &provider, name, &[]);
        providers.push(provider);
    }
    let server = usher.serve().await?;
    for ((name, _, words), provider) in CASES.iter().zip(&providers) {
        let mut visitor = Visitor::new();
        let start = format!("/login/start?provider={name}");
        let page = visitor.get(server.url(&start)).await?;
        assert_eq!(page.status, 502, "{name}: {page}");
        assert_eq!(
            page.texts("h1"),
            ["The identity provider reported an error"]
        );
        assert!(!page.body.contains("hostile"), "{name}");
        assert_eq!(visitor.cookies.names(), [""; 0], "{name}: no attempt");
        let log = server.stderr();
        assert!(log.contains(words), "{name}: {words:?} is not in {log}");
        for endpoint in [Endpoint::Keys, Endpoint::Token, Endpoint::Authorize] {
            assert_eq!(provider.calls(endpoint), 0, "{name}: {endpoint:?}");
        }
    }
    let mut visitor = Visitor::new();
    let ready = visitor.get(server.url("/readyz?verbose")).await?.json()?;
    for (name, _, words) in CASES {
        let told = ready["providers"][name]["last_error"]["message"].as_str();
        assert!(told.is_some_and(|told| told.contains(words)), "{ready}");
    }
    assert!(
        sign_ins(usher.audit()?).is_empty(),
        "nothing reached a callback"
    );
    Ok(())
}

#[tokio::test]
async fn a_misconfigured_provider_disturbs_no_other() -> anyhow::Result<()> {
    let (good, bad) = (Provider::start(), Provider::start());
    bad.faults().says.insert(Endpoint::Discovery, Says::Html);
    let usher = connect(furnished()?, &good, MAIN, &[("default_company", "acme")]);
    let usher = connect(usher, &bad, "bad", &[]);
    let server = usher.serve().await?;
    let mut visitor = Visitor::new();
    let page = visitor.get(server.url("/login")).await?;
    assert_eq!(page.texts(".down").len(), 1, "{page}");
    let page = visitor
        .get(server.url("/login/start?provider=main"))
        .await?;
    let page = visitor.settle(page).await?;
    assert_eq!(page.status, 200, "{page}");
    Ok(())
}
