//! What people, providers and operators do, and what goes wrong with it.

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use usher_tests::provider::{Asked, Endpoint, Iss, Person, Says, edit};
use usher_tests::visitor::Visitor;

use super::{HOSTILE, KEY, NAMED, PASSWORD, PLANTED, QUOTED, Site};
use crate::acme::{somebody, variable};

/// Somebody signs in, or is refused with this status; what was secret in it is noted.
pub(super) async fn sign_in(
    site: &mut Site,
    provider: &str,
    person: Person,
    status: u16,
) -> anyhow::Result<Visitor> {
    let mut visitor = somebody();
    site.acme.provider.sign_in_as(person);
    let mut page = visitor
        .get(site.acme.url(&format!("/login/start?provider={provider}")))
        .await?;
    note_attempt(site, &visitor)?;
    while let Some(next) = page.redirect() {
        site.keep(&page);
        let code = next.query_pairs().find(|(name, _)| name == "code");
        if let Some((_, code)) = code {
            site.secrets.add("code", code);
        }
        page = visitor.get(next).await?;
    }
    site.keep(&page);
    assert_eq!(page.status, status, "{provider}: {page}");
    let asked = site.acme.provider.requests(Endpoint::Authorize).pop();
    let asked = asked.context("asked")?;
    note(site, &asked, &["state", "nonce"]);
    if let Some(asked) = site.acme.provider.requests(Endpoint::Token).pop() {
        if let Some(verifier) = asked.get("code_verifier") {
            site.secrets.add("verifier", verifier);
        }
        if let Some(assertion) = asked.get("client_assertion") {
            site.secrets.add_token("client assertion", assertion);
        }
    }
    if let Some(session) = visitor.cookies.value("usher") {
        site.secrets.add("session cookie", session);
    }
    Ok(visitor)
}

fn note(site: &mut Site, asked: &Asked, names: &[&str]) {
    for name in names {
        if let Some(value) = asked.get(*name) {
            site.secrets.add(name, value);
        }
    }
}

fn note_attempt(site: &mut Site, visitor: &Visitor) -> anyhow::Result<()> {
    let names = visitor.cookies.names().into_iter();
    let attempts: Vec<&str> = names.filter(|name| name.contains("attempt")).collect();
    let name = attempts.first().context("an attempt")?;
    let value = visitor.cookies.value(name).context("a value")?;
    let (_, browser) = value.split_once('.').context("two parts")?;
    site.secrets.add("attempt cookie", browser);
    Ok(())
}

/// A provider that answers wrongly, and quotes secrets while it does.
pub(super) async fn what_goes_wrong(site: &mut Site) -> anyhow::Result<()> {
    let hostile = format!("{QUOTED} {}", super::CLIENT_SECRET);
    let quoted = serde_json::json!({"error": "invalid_client", "error_description": hostile});
    let truncated = format!("{{\"access_token\": \"{hostile}");
    for says in [
        Says::Text(quoted.to_string()),
        Says::Text(truncated),
        Says::Text(format!("[\"{hostile}\"]")),
        Says::Text(format!(
            "{{\"{QUOTED}\": \"{QUOTED}\", \"token_type\": \"{QUOTED}\"}}"
        )),
        Says::Html,
        Says::Status(500),
        Says::Redirect(format!("https://evil.example/?x={QUOTED}")),
    ] {
        for endpoint in [Endpoint::Token, Endpoint::Userinfo] {
            site.acme.provider.faults().says = [(endpoint, says.clone())].into();
            sign_in(site, "info", Person::new("eve"), 502).await?;
        }
        site.watch_the_provider();
    }
    let set = |document: &'static str, value: &str| {
        let value = value.to_owned();
        edit(move |claims| claims[document] = value.clone().into())
    };
    site.acme.provider.faults().id_claims = set("aud", QUOTED);
    sign_in(site, PLANTED, Person::new("eve"), 502).await?;
    site.watch_the_provider();
    site.acme.provider.faults().id_header = set("kid", NAMED);
    sign_in(site, PLANTED, Person::new("eve"), 502).await?;
    site.watch_the_provider();
    site.acme.provider.faults().access_claims = set("sub", QUOTED);
    sign_in(site, PLANTED, Person::new("eve"), 502).await?;
    site.watch_the_provider();
    site.acme.provider.faults().opaque_access_token = true;
    sign_in(site, PLANTED, Person::new("eve"), 502).await?;
    site.watch_the_provider();
    site.acme.provider.faults().iss = Iss::Wrong(format!("https://{NAMED}/"));
    sign_in(site, PLANTED, Person::new("eve"), 502).await?;
    site.watch_the_provider();
    site.acme.provider.faults().error = Some(QUOTED.to_owned());
    sign_in(site, PLANTED, Person::new("eve"), 502).await?;
    site.watch_the_provider();
    Ok(())
}

/// Requests that carry something which belongs nowhere.
pub(super) async fn what_browsers_send(site: &mut Site) -> anyhow::Result<()> {
    let mut visitor = Visitor::new()
        .with_header("authorization", &format!("Bearer {HOSTILE}"))
        .with_header("proxy-authorization", HOSTILE)
        .with_header("referer", &format!("https://x.example/?code={HOSTILE}"))
        .with_header(
            "cookie",
            &format!("usher={HOSTILE}; usher-attempt-{HOSTILE}=1.{HOSTILE}"),
        );
    for path in [
        "/account?x=HOSTILE",
        "/api/v1/session?token=HOSTILE",
        "/callback_info?code=HOSTILE&state=HOSTILE",
        "/callback_info?error=HOSTILE&error_description=HOSTILE&state=HOSTILE",
        "/callback_info?HOSTILE",
        "/login/start?provider=HOSTILE&return_to=/HOSTILE",
        "/login/start?provider=HOSTILE",
        "/login/start?provider=info&provider=HOSTILE",
        "/login?choose=1&choose=HOSTILE",
        "/login/initiate?iss=HOSTILE&login_hint=HOSTILE",
        "/login/recovery/HOSTILE",
        "/frontchannel_logout_info?iss=HOSTILE&sid=HOSTILE",
        "/logout/done?state=HOSTILE",
        "/ghost?code=HOSTILE",
    ] {
        site.open(&mut visitor, &path.replace("HOSTILE", HOSTILE))
            .await?;
    }
    for path in [
        "/logout",
        "/callback_info",
        "/backchannel_logout_info",
        "/account/sessions/end",
        "/login/initiate",
        "/login/recovery/HOSTILE",
        "/ghost",
    ] {
        let url = site.acme.url(&path.replace("HOSTILE", HOSTILE));
        for body in [
            format!("code={HOSTILE}&state={HOSTILE}&csrf={HOSTILE}&logout_token={HOSTILE}"),
            format!("csrf={HOSTILE}&csrf={HOSTILE}"),
            format!("exit={HOSTILE}&session={HOSTILE}"),
            HOSTILE.repeat(4096),
        ] {
            let form = Some("application/x-www-form-urlencoded");
            // Who says too much to a page that does not listen may be cut off.
            if let Ok(page) = visitor.post_body(&url, form, &body).await {
                site.keep(&page);
            }
            let own = site.acme.server.origin.clone();
            let fields: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes())
                .into_owned()
                .collect();
            if let Ok(page) = visitor.post_from(&own, url.parse()?, &fields).await {
                site.keep(&page);
            }
        }
    }
    Ok(())
}

/// The link is for whoever asked for it: the first line of what the command printed.
pub(super) async fn recovery(site: &mut Site) -> anyhow::Result<()> {
    let email = format!("{PLANTED}@example.com");
    site.command(&["user", "set-admin", &email])?;
    let made = site.acme.usher.run(&["admin", "recovery-link", &email])?;
    site.written.add("commands", &made.stderr);
    let url = made.stdout.trim();
    let token = url.rsplit('/').next().context("a token")?.to_owned();
    site.secrets.add("recovery link", &token);
    let mut visitor = somebody();
    let page = visitor.get(url).await?;
    // The form of this page leads back to its own address.
    site.written.add("pages", page.body.replace(&token, ""));
    let page = visitor.submit(&page.form("form")?).await?;
    assert_eq!(page.status, 303, "{page}");
    site.keep(&page);
    let session = visitor.cookies.value("usher").context("a session")?;
    site.secrets.add("recovered session", session);
    for _ in 0..2 {
        let page = somebody().get(url).await?;
        site.keep(&page);
    }
    let page = somebody().post(url, &[]).await?;
    site.keep(&page);
    Ok(())
}

pub(super) async fn logout_tokens(site: &mut Site) -> anyhow::Result<()> {
    let bob = Person::new("bob");
    let provider = &site.acme.provider;
    let good = provider.logout_token(&bob, &provider.latest_session());
    let bad = good
        .clone()
        .claims(&edit(|claims| claims["nonce"] = HOSTILE.into()));
    let tokens = [provider.sign_logout(&good), provider.sign_logout(&bad)];
    for token in tokens {
        site.secrets.add_token("logout token", &token);
        for said in [token.clone(), format!("{token}x"), format!("x{token}")] {
            let form = Some("application/x-www-form-urlencoded");
            let body = format!("logout_token={said}");
            let url = site.acme.url("/backchannel_logout_info");
            let page = Visitor::new().post_body(url, form, body).await?;
            site.keep(&page);
        }
    }
    Ok(())
}

/// Every page that somebody with a session sees, and what machines read.
pub(super) async fn pages(site: &mut Site, by: &mut Visitor) -> anyhow::Result<()> {
    let mut by = by.clone().with_header("x-request-id", PLANTED);
    for path in [
        "/",
        "/account",
        "/api/v1/session",
        "/login?choose=1",
        "/login/acme?choose=1",
        "/login/test",
        "/logout",
        "/openapi.json",
        "/client_jwks_keyed",
        "/client_jwks_info",
        "/ghost",
        PLANTED_PATH,
    ] {
        site.open(&mut by, path).await?;
    }
    for path in ["/livez", "/readyz", "/readyz?verbose", "/metrics"] {
        let page = by.get(format!("{}{path}", site.ops)).await?;
        let place = if path == "/metrics" {
            "metrics"
        } else {
            "pages"
        };
        site.written.add(place, &page.body);
    }
    Ok(())
}

const PLANTED_PATH: &str = "/ghost/planted0canary0that0may0be0seen";

pub(super) async fn sign_out(site: &mut Site, by: &mut Visitor) -> anyhow::Result<()> {
    let page = site.open(by, "/logout").await?;
    let page = by.submit(&page.form("form")?).await?;
    let away = page.redirect().context("to the provider")?;
    let state = away.query_pairs().find(|(name, _)| name == "state");
    let (_, state) = state.context("a state")?;
    site.secrets.add("logout state", state);
    site.keep(&page);
    let page = by.settle(page).await?;
    assert_eq!(page.status, 200, "{page}");
    site.keep(&page);
    site.open(by, "/account").await?;
    Ok(())
}

/// Everything that shows something, as tables and as JSON.
pub(super) fn commands(site: &mut Site) -> anyhow::Result<()> {
    let email = format!("{PLANTED}@example.com");
    for command in [
        &["config", "show"][..],
        &["config", "check"],
        &["config", "env"],
        &["config", "explain", "secret_key"],
        &["config", "explain", "USHER__SECRET_KEY"],
        &["config", "explain", "client_secret"],
        &["config", "explain", "database_url"],
        &["doctor"],
        &["company", "list"],
        &["group", "list", "--company", "acme"],
        &["invite", "list"],
        &["domain", "list"],
        &["user", "list"],
        &["user", "show", &email],
        &["policy", "list"],
    ] {
        site.command(command)?;
        site.command(&[command, &["--json"]].concat())?;
    }
    for arguments in [
        &["audit", "list", "--limit", "500"][..],
        &["audit", "list", "--json"],
    ] {
        let printed = site.command(arguments)?;
        site.written.add("records", printed);
    }
    let records = site.acme.usher.audit()?;
    for record in records.iter().step_by(3) {
        let reference = record["ref"].as_str().context("a reference")?;
        let shown = site.command(&["audit", "show", reference])?;
        site.written.add("records", shown);
        let shown = site.command(&["audit", "show", reference, "--json"])?;
        site.written.add("records", shown);
    }
    Ok(())
}

/// Settings that are wrong, near a secret or in it.
pub(super) fn wrong_settings(site: &mut Site) -> anyhow::Result<()> {
    let another = STANDARD.encode([&KEY[1..], b"!"].concat());
    site.secrets.add("another key", &another);
    let secret = variable(PLANTED, "client_secret");
    let in_services = secret.replace("__secure__", "__services__");
    for (name, value) in [
        ("USHER__SECRET_KEY", another.as_str()),
        ("USHER__SECRET_KEY", HOSTILE),
        ("USHER__SECRET_KEY_FILE", "/nowhere"),
        ("USHER__SECRET_KEI", HOSTILE),
        (
            "USHER__DATABASE_URL",
            &format!("postgres://usher:{PASSWORD}@127.0.0.1:1/usher"),
        ),
        (
            "USHER__DATABASE_URL",
            &format!("postgres://usher:{PASSWORD}@host:port/usher"),
        ),
        (
            "USHER__DATABASE_URL",
            &format!("mysql://usher:{PASSWORD}@127.0.0.1/usher"),
        ),
        (&in_services, HOSTILE),
        (&format!("{secret}_file"), "/nowhere"),
        (&format!("{secret}t"), HOSTILE),
        (&format!("{secret}__x"), HOSTILE),
    ] {
        let before = site.acme.usher.variable(name);
        site.acme.usher.set(name, value);
        let listen = site.acme.usher.variable("USHER__LISTEN");
        // Never into the way of the one that runs.
        site.acme.usher.set("USHER__LISTEN", "203.0.113.1:1");
        for command in [
            &["config", "show"][..],
            &["config", "check", "--json"],
            &["user", "list"],
            &["serve"],
        ] {
            site.command(command)?;
        }
        match before {
            Some(before) => site.acme.usher.set(name, before),
            None => site.acme.usher.unset(name),
        }
        site.acme
            .usher
            .set("USHER__LISTEN", listen.context("it listens")?);
    }
    Ok(())
}
