//! Sign-ins that succeed.

pub(crate) mod client_key;
mod decided;
mod discreet;
mod initiated;
mod providers;

use anyhow::Context;
use serde_json::json;
use url::Url;
use usher_tests::provider::{Endpoint, Person};
use usher_tests::visitor::{Page, Visitor};

use crate::acme::{Acme, MAIN, read, sign_ins};

const INTO_ACME: (&str, &str) = ("default_company", "acme");

/// A parameter of the query.
fn parameter(url: &Url, name: &str) -> Option<String> {
    let mut pairs = url.query_pairs().filter(|(key, _)| key == name);
    pairs.next().map(|(_, value)| value.into_owned())
}

fn redirect(page: &Page) -> anyhow::Result<Url> {
    assert_eq!(page.status, 303, "{page}");
    page.redirect().with_context(|| format!("{page}"))
}

/// Rows: K8
#[tokio::test]
async fn a_sign_in_takes_six_steps() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME]).await?;
    let mut ann = Visitor::new().with_header("accept", "text/html");

    // 1 Somebody who is not signed in is sent to the sign-in page.
    let page = ann.get(site.url("/account")).await?;
    assert_eq!(redirect(&page)?.path(), "/login");
    // 2 With one provider there is nothing to choose.
    let page = ann.follow(&page).await?;
    assert_eq!(redirect(&page)?.path(), "/login/start");
    assert_eq!(ann.cookies.names(), [""; 0], "nothing has begun yet");
    // 3 An attempt begins.
    let page = ann.follow(&page).await?;
    let asked = redirect(&page)?;
    let is = |name: &str, value: &str| {
        assert_eq!(parameter(&asked, name).as_deref(), Some(value), "{name}");
    };
    is("response_type", "code");
    is("code_challenge_method", "S256");
    is("redirect_uri", &site.url("/callback_main"));
    is("scope", "openid profile email");
    for secret in ["state", "nonce", "code_challenge"] {
        let value = parameter(&asked, secret).context(secret)?;
        assert!(value.len() >= 22, "128 bits: {secret}={value}");
    }
    let [attempt] = ann.cookies.names()[..] else {
        panic!("one cookie: {:?}", ann.cookies);
    };
    let attempt = attempt.to_owned();
    let attributes = ann.cookies.attributes(&attempt).context("attributes")?;
    assert_eq!(attributes, "path=/; httponly; samesite=lax; max-age=600");
    // 4 The provider answers.
    let page = ann.follow(&page).await?;
    let answer = page.redirect().context("to the callback")?;
    assert_eq!(answer.path(), "/callback_main");
    // 5 The answer becomes a session, and the attempt is over.
    let page = ann.follow(&page).await?;
    assert_eq!(redirect(&page)?.path(), "/account");
    assert_eq!(ann.cookies.names(), ["usher"]);
    // 6 The account page says who, where and why.
    let page = ann.follow(&page).await?;
    assert_eq!(page.status, 200, "{page}");
    for words in ["ann Example", "Acme", "From main", "company.default"] {
        assert!(page.text().contains(words), "{words}: {page}");
    }
    assert_eq!(site.provider.calls(Endpoint::Token), 1);
    assert_eq!(site.provider.calls(Endpoint::Userinfo), 0);
    assert_eq!(sign_ins(site.usher.audit()?).len(), 1);
    Ok(())
}

/// Rows: C01, S1
#[tokio::test]
async fn the_answer_may_come_as_a_form_from_another_site() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME, ("response_mode", "form_post")]).await?;
    let mut ann = Visitor::new();
    let page = site.up_to_the_callback(&mut ann, MAIN).await?;
    let form = page.submits_itself().context("a form")?;
    assert!(form.post);
    assert_ne!(form.origin, site.server.origin, "sent by another site");
    let [attempt] = ann.cookies.names()[..] else {
        panic!("one cookie: {:?}", ann.cookies);
    };
    let attributes = ann.cookies.attributes(attempt).context("attributes")?;
    assert!(attributes.contains("samesite=none; secure"), "{attributes}");

    let page = ann.submit(&form).await?;
    assert_eq!(redirect(&page)?.path(), "/account");
    let attributes = ann.cookies.attributes("usher").context("a session")?;
    assert_eq!(attributes, "path=/; httponly; samesite=lax");
    assert_eq!(site.session(&mut ann).await?["company"]["id"], "acme");
    Ok(())
}

#[tokio::test]
async fn the_company_of_the_address_and_the_place_to_return_to_are_kept() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME]).await?;
    let place = "/api/v1/session?x=%2F%2Fevil&y=a+b";
    let query: String = url::form_urlencoded::byte_serialize(place.as_bytes()).collect();
    for start in ["/login/acme", "/login", "/login/start?provider=main"] {
        let mut ann = Visitor::new();
        let separator = if start.contains('?') { '&' } else { '?' };
        let url = site.url(&format!("{start}{separator}return_to={query}"));
        let page = ann.get(url).await?;
        let page = ann.settle(page).await?;
        assert_eq!(page.url.as_str(), site.url(place), "{start}");
        assert_eq!(page.json()?["company"]["id"], "acme");
    }
    let mut ann = Visitor::new();
    let page = ann.get(site.url("/login/acme?choose=1")).await?;
    assert_eq!(page.texts(".landing strong"), ["acme"]);
    assert_eq!(
        page.attributes("nav a", "href"),
        ["/login/start?provider=main&company=acme"]
    );
    Ok(())
}

#[tokio::test]
async fn a_company_that_does_not_exist_looks_like_one_that_does() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME]).await?;
    let mut visitor = Visitor::new();
    let there = visitor.get(site.url("/login/acme?choose=1")).await?;
    let missing = visitor.get(site.url("/login/ghost?choose=1")).await?;
    assert_eq!(there.status, 200);
    assert_eq!(there.body.replace("acme", "ghost"), missing.body);
    Ok(())
}

#[tokio::test]
async fn the_sign_in_page_shows_itself_when_there_is_something_to_choose() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME, ("display_name", "Acme <ID>")]).await?;
    let mut visitor = Visitor::new();
    let page = visitor.get(site.url("/login")).await?;
    assert_eq!(
        redirect(&page)?.as_str(),
        site.url("/login/start?provider=main")
    );
    let page = visitor.get(site.url("/login?choose=1")).await?;
    assert_eq!(page.status, 200);
    assert_eq!(page.texts("nav a span"), ["Continue with Acme <ID>"]);

    let other = [INTO_ACME, ("display_name", "Other")];
    let site = Acme::start_with(&[(MAIN, &[INTO_ACME]), ("other", &other)]).await?;
    let page = visitor.get(site.url("/login?return_to=/livez")).await?;
    assert_eq!(page.status, 200);
    assert_eq!(
        page.attributes("nav a", "href"),
        [
            "/login/start?provider=main&return_to=%2Flivez",
            "/login/start?provider=other&return_to=%2Flivez"
        ]
    );
    for provider in [MAIN, "other"] {
        let mut ann = Visitor::new();
        let page = site
            .sign_in_with(&mut ann, provider, Person::new("ann"))
            .await?;
        assert_eq!(page.status, 200, "{page}");
        assert_eq!(site.newest_record()?["provider"], provider);
    }
    assert_eq!(site.count("users").await?, 1, "the issuer is the same");
    let page = visitor.get(site.url("/login/start?provider=ghost")).await?;
    assert_eq!(page.status, 404);
    Ok(())
}

#[tokio::test]
async fn the_record_names_what_was_read_from_where() -> anyhow::Result<()> {
    let site = Acme::start(&[INTO_ACME, ("groups__enabled", "true")]).await?;
    let person = Person::new("ann")
        .groups(["research", "ghosts"])
        .role("admin");
    site.admitted(person).await?;
    let record = site.newest_record()?;
    assert_eq!(record["outcome"], "admitted");
    assert_eq!(record["code"], json!(null));
    assert_eq!(record["company"], "acme");
    assert_eq!(record["admin"], "granted");
    assert_eq!(
        record["groups"],
        json!({"added": ["research"], "removed": [], "unknown": ["ghosts"]})
    );
    assert_eq!(
        *read(&record, "/groups")?,
        json!({"source": "access_token", "pointer": "/groups", "value": ["research", "ghosts"]})
    );
    let roles = read(&record, "/realm_access/roles")?;
    assert_eq!(roles["source"], "access_token");
    assert_eq!(roles["value"], json!(["offline_access", "admin"]));
    let lookups = record["lookups"].as_array().context("lookups")?;
    let groups = lookups.iter().find(|l| l["call"] == "find-groups");
    let groups = groups.context("the groups were looked up")?;
    assert_eq!(groups["asked"]["names"], json!(["research", "ghosts"]));
    for key in ["sha256", "contract"] {
        assert!(record["policy"][key].is_string(), "{record}");
    }
    for key in ["subject_hmac", "settings_sha256"] {
        assert_eq!(record[key].as_str().map(str::len), Some(64), "{key}");
    }
    for step in ["redeem", "verify", "decide", "apply"] {
        assert!(record["durations_us"][step].is_u64(), "{step}: {record}");
    }
    let whole = record.to_string();
    assert!(!whole.contains(&Person::new("ann").sub), "{whole}");
    Ok(())
}
