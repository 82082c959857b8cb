//! Holes that other products had and that no test elsewhere is about: what would let somebody
//! in who should not be, or keep somebody out who should.

use std::collections::HashSet;

use anyhow::Context;
use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;
use usher::oidc::Handshake;
use usher_tests::parts;
use usher_tests::provider::{Algorithm, Endpoint, Person, Provider, Signature, edit};
use usher_tests::visitor::Visitor;

use super::module::{Module, set};
use crate::acme::{Acme, MAIN, connect, furnished};

const INTO_ACME: (&str, &str) = ("default_company", "acme");

async fn site() -> anyhow::Result<Acme> {
    Acme::start(&[INTO_ACME]).await
}

/// The id of whoever is signed in.
async fn user(site: &Acme, visitor: &mut Visitor) -> anyhow::Result<String> {
    let session = site.session(visitor).await?;
    let id = session["user"]["id"].as_str().context("an id")?;
    Ok(id.to_owned())
}

#[tokio::test]
async fn k14_metadata_widens_nothing_that_is_configured() -> anyhow::Result<()> {
    let module = Module::start(&[]).await?;
    let provider = &module.site.provider;
    provider.publish("of-another", Algorithm::Es256);
    provider.faults().metadata = edit(|metadata| {
        for name in ["id_token", "userinfo", "token_endpoint_auth"] {
            metadata[format!("{name}_signing_alg_values_supported")] =
                json!(["ES256", "HS256", "none"]);
        }
        metadata["token_endpoint_auth_methods_supported"] = json!(["none", "client_secret_post"]);
        metadata["scopes_supported"] = json!(["openid", "offline_access", "everything"]);
        metadata["response_modes_supported"] = json!(["fragment"]);
        metadata["request_parameter_supported"] = true.into();
    });
    module.accepts().await?;
    let asked = &provider.requests(Endpoint::Authorize)[0];
    assert_eq!(asked["scope"], "openid profile email");
    assert!(!asked.contains_key("request"), "{asked:?}");
    let asked = &provider.requests(Endpoint::Token)[0];
    assert!(asked["authorization"].starts_with("Basic "), "{asked:?}");
    provider.faults().id_signature = Signature::With(Algorithm::Es256);
    module.refuses("alg").await?;
    provider.faults().id_header = set("alg", json!("none"));
    provider.faults().id_signature = Signature::Nothing;
    module.refuses("alg").await
}

/// Rows: K25, hole 7, hole 49
#[tokio::test]
async fn hole5_nothing_but_issuer_and_subject_opens_an_account() -> anyhow::Result<()> {
    let by_address = [INTO_ACME, ("claims__user_id", "preferred_username")];
    for settings in [&[INTO_ACME][..], &by_address] {
        let site = Acme::start(settings).await?;
        let admin = Person::new("admin").role("admin");
        let mut first = site.admitted(admin.clone()).await?;
        let known = user(&site, &mut first).await?;

        let claims = [
            admin.sub.to_uppercase(),
            format!("{} ", admin.sub).trim_end().to_owned() + "0",
            known.clone(),
            "admin@example.com".to_owned(),
            "admin".to_owned(),
        ];
        for (number, sub) in claims.into_iter().enumerate() {
            let address = format!("other{number}@example.com");
            let other = Person::new("admin").subject(&sub).email(&address, true);
            let mut other = site.admitted(other).await?;
            assert_ne!(user(&site, &mut other).await?, known, "{sub}");
            let session = site.session(&mut other).await?;
            assert_eq!(session["admin"], false, "{sub}");
        }
        assert_eq!(site.count("users").await?, 6);
        let mut again = site.admitted(admin).await?;
        assert_eq!(user(&site, &mut again).await?, known);
    }
    Ok(())
}

#[tokio::test]
async fn hole6_a_name_that_is_anothers_address_keeps_nobody_out() -> anyhow::Result<()> {
    let site = site().await?;
    let mut eve = Person::new("eve");
    eve.name = "ann@example.com".to_owned();
    eve.username.clone_from(&eve.name);
    let mut eve = site.admitted(eve).await?;
    let mut ann = site.admitted(Person::new("ann")).await?;
    assert_ne!(user(&site, &mut eve).await?, user(&site, &mut ann).await?);
    assert_eq!(site.count("users").await?, 2);
    let shown = site
        .usher
        .must(&["user", "show", "ann@example.com", "--json"])?;
    let shown: Value = serde_json::from_str(&shown)?;
    assert_eq!(shown["id"], *user(&site, &mut ann).await?, "{shown}");
    Ok(())
}

#[tokio::test]
async fn hole14_a_provider_that_was_taken_away_lets_nobody_in() -> anyhow::Result<()> {
    let (provider, other) = (Provider::start(), Provider::start());
    let usher = connect(furnished()?, &provider, MAIN, &[INTO_ACME]);
    let usher = connect(usher, &other, "other", &[INTO_ACME]);
    let site = Acme::open(provider, usher).await?;
    let mut ann = Visitor::new();
    let answer = site.up_to_the_callback(&mut ann, "other").await?;

    let Acme {
        provider,
        mut usher,
        server,
    } = site;
    server.stop()?;
    for (name, _) in other.settings("other") {
        usher.unset(&name);
    }
    usher.unset("CLEARML__secure__login__sso__oauth_client__other__default_company");
    let site = Acme::open(provider, usher).await?;
    let page = ann.follow(&answer).await?;
    assert_eq!(page.status, 404, "{page}");
    // Nor by way of a provider that is still there.
    let mut url = answer.redirect().context("an answer")?;
    url.set_path("/callback_main");
    assert_eq!(ann.get(url).await?.status, 400);
    assert_eq!(site.session_status(&mut ann).await?, 401);
    assert_eq!(site.count("sessions").await?, 0);
    for endpoint in [Endpoint::Token, Endpoint::Userinfo] {
        assert_eq!(
            (other.calls(endpoint), site.provider.calls(endpoint)),
            (0, 0)
        );
    }
    Ok(())
}

/// Rows: S12
#[tokio::test]
async fn hole16_no_password_is_ever_asked_for_or_taken() -> anyhow::Result<()> {
    let site = site().await?;
    let mut ann = site.admitted(Person::new("ann")).await?;
    for mut visitor in [Visitor::new(), ann.clone()] {
        for path in ["/", "/login?choose=1", "/account", "/logout", "/ghost"] {
            let page = visitor.get(site.url(path)).await?;
            let fields = page.attributes("input[type=password]", "name");
            assert!(fields.is_empty(), "{path}: {fields:?}");
        }
    }
    let fields = [("username", "ann"), ("password", "secret")];
    for path in ["/login", "/login/start", "/login/acme", "/api/v1/session"] {
        let mut eve = Visitor::new();
        let page = eve.post(site.url(path), &fields).await?;
        assert!([404, 405].contains(&page.status.as_u16()), "{path}: {page}");
        assert_eq!(site.session_status(&mut eve).await?, 401, "{path}");
    }
    let basic = ("authorization", "Basic YW5uOnNlY3JldA==");
    let mut eve = Visitor::new().with_header(basic.0, basic.1);
    assert_eq!(site.session_status(&mut eve).await?, 401);
    assert_eq!(site.session_status(&mut ann).await?, 200);
    Ok(())
}

/// Rows: S10
#[tokio::test]
async fn s10_a_proxy_of_the_environment_is_not_asked() -> anyhow::Result<()> {
    let provider = Provider::start();
    // Nobody listens there, so that whoever asks it gets nothing.
    let nowhere = format!("http://127.0.0.1:{}", parts::free_port());
    let mut usher = connect(furnished()?, &provider, MAIN, &[INTO_ACME]);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"] {
        usher.set(name, nowhere.clone());
    }
    let site = Acme::open(provider, usher).await?;
    site.admitted(Person::new("ann")).await.map(drop)
}

#[tokio::test]
async fn k6_each_connection_has_a_redirect_uri_of_its_own() -> anyhow::Result<()> {
    let site = Acme::start_with(&[(MAIN, &[INTO_ACME]), ("other", &[INTO_ACME])]).await?;
    for name in [MAIN, "other"] {
        site.up_to_the_callback(&mut Visitor::new(), name).await?;
    }
    let asked = site.provider.requests(Endpoint::Authorize);
    let redirects: Vec<&str> = asked.iter().map(|asked| &*asked["redirect_uri"]).collect();
    let expected = [site.url("/callback_main"), site.url("/callback_other")];
    assert_eq!(redirects, expected);
    Ok(())
}

/// Eve has a code of Ann's, as a log or a referrer may give it away, and puts it into an attempt
/// of her own; state and cookie are then hers and right.
#[tokio::test]
async fn hole28_a_code_of_anothers_attempt_is_worth_nothing() -> anyhow::Result<()> {
    let site = site().await?;
    let (mut ann, mut eve) = (Visitor::new(), Visitor::new());
    site.provider.sign_in_as(Person::new("ann"));
    let anns = site.up_to_the_callback(&mut ann, MAIN).await?;
    site.provider.sign_in_as(Person::new("eve"));
    let eves = site.up_to_the_callback(&mut eve, MAIN).await?;
    let (anns, mut eves) = (
        anns.redirect().context("an answer")?,
        eves.redirect().context("an answer")?,
    );
    let of = |url: &Url, name: &str| {
        let mut pairs = url.query_pairs();
        pairs.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
    };
    let (code, state) = (of(&anns, "code"), of(&eves, "state"));
    let iss = site.provider.issuer();
    let pairs = [
        ("code", code.context("a code")?),
        ("state", state.context("a state")?),
        ("iss", iss),
    ];
    eves.query_pairs_mut().clear().extend_pairs(pairs);
    let page = eve.get(eves).await?;
    assert_eq!(page.status, 502, "{page}");
    assert_eq!(site.session_status(&mut eve).await?, 401);
    let record = site.newest_record()?;
    let detail = record["detail"].as_str().unwrap_or_default();
    assert!(detail.contains("invalid_grant"), "{record}");
    assert_eq!(record["policy"], json!(null));
    assert_eq!(site.count("users").await?, 0);
    Ok(())
}

#[test]
fn hole25_a_million_states_are_all_distinct() {
    let entropy = usher::app::Options::default().entropy;
    let draw = |_| Handshake::draw(&entropy, Timestamp::UNIX_EPOCH).state;
    let states: HashSet<String> = (0..1_000_000).map(draw).collect();
    assert_eq!(states.len(), 1_000_000);
}

/// Rows: hole 39, hole 40
#[tokio::test]
async fn hole38_no_header_names_a_path_or_a_person_that_is_believed() -> anyhow::Result<()> {
    let site = site().await?;
    let mut ann = site.admitted(Person::new("ann")).await?;
    for name in [
        "x-forwarded-uri",
        "x-original-uri",
        "x-original-url",
        "x-rewrite-url",
        "x-forwarded-path",
        "x-forwarded-user",
        "x_forwarded_user",
        "x-forwarded-email",
        "x-usher-user",
        "remote-user",
    ] {
        for value in [
            "/livez",
            "/login",
            "/assets/x.css",
            "ann",
            "ann@example.com",
        ] {
            let mut eve = Visitor::new().with_header(name, value);
            assert_eq!(site.session_status(&mut eve).await?, 401, "{name}: {value}");
            let page = eve.get(site.url("/account")).await?;
            assert!([303, 401].contains(&page.status.as_u16()), "{name}: {page}");
        }
        // Nor does one take away who somebody is.
        let mut ann = ann.clone().with_header(name, "eve");
        let session = site.session(&mut ann).await?;
        assert_eq!(session["user"]["name"], "ann Example", "{name}");
    }
    for value in ["cookie", "x-forwarded-user", "close, cookie"] {
        let mut eve = Visitor::new().with_header("connection", value);
        assert_eq!(site.session_status(&mut eve).await?, 401, "{value}");
    }
    assert_eq!(site.session_status(&mut ann).await?, 200);
    Ok(())
}
