//! Secrets never leave (`spec.md` §3, hole 45): one is planted in everything that is one, much
//! is done and goes wrong at the most talkative log level, and all that was written is searched.

mod search;
mod visits;

use std::sync::{Arc, Mutex};

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use usher::config::{HOST, PROVIDER, Secrecy};
use usher_tests::parts;
use usher_tests::provider::{CLIENT_SECRET, Person, Provider, edit};
use usher_tests::server::Installation;
use usher_tests::visitor::{Page, Visitor};

use self::search::{Secrets, Written};
use crate::USHER;
use crate::acme::{Acme, connect, variable};
use crate::sign_in::client_key::new_key;

/// In places where it must be found, or the search finds nothing at all.
const PLANTED: &str = "planted0canary0that0may0be0seen";
const KEY: &[u8; 32] = b"canary of the key that seals: 32";
const PASSWORD: &str = "canary-of-the-database-password";
/// In the place of codes, tokens and cookies in requests that are no good.
const HOSTILE: &str = "canary-in-what-somebody-sends-us";
/// In errors and claims of a provider that is no good.
const QUOTED: &str = "canary-in-what-a-provider-quotes";
/// The issuer and the key that a provider wrongly named: whoever runs the service must know
/// them, and nobody else.
const NAMED: &str = "canary-in-what-a-provider-named";

/// Everything, except a gigabyte about the compilation of policies, which meets no secret.
const LOG: &str = "trace,cranelift=warn,regalloc2=warn,wasmtime=warn";

/// Everything at hand while secrets are used.
struct Site {
    acme: Acme,
    ops: String,
    secrets: Secrets,
    written: Written,
    /// Tokens that the provider gave out.
    issued: Arc<Mutex<Vec<(String, String)>>>,
}

impl Site {
    async fn start() -> anyhow::Result<Self> {
        let provider = Provider::start();
        let ops = format!("127.0.0.1:{}", parts::free_port());
        let mut usher = Installation::new(USHER)
            .with("USHER__SECRET_KEY", STANDARD.encode(KEY))
            .with("USHER__TRUSTED_PROXIES", "127.0.0.1/32")
            .with("USHER__LOG", LOG)
            .with("USHER__OPS_LISTEN", &ops);
        let key = new_key();
        std::fs::write(usher.path("client_key.pem"), &key)?;
        let (logout, into) = (("idp_logout", "true"), ("default_company", "acme"));
        let userinfo = ("get_info_from_access_token", "false");
        usher.must(&["company", "create", "--id", "acme", "--name", PLANTED])?;
        let by_key = ("client_auth", "private_key_jwt");
        for (name, settings) in [
            (PLANTED, &[logout, into][..]),
            ("info", &[logout, into, userinfo]),
            ("posted", &[into, ("client_auth", "client_secret_post")]),
            ("keyed", &[into, by_key]),
        ] {
            usher = connect(usher, &provider, name, settings);
        }
        usher.unset(&variable("keyed", "client_secret"));
        let file = usher.path("client_key.pem").display().to_string();
        let place = "CLEARML__secure__login__sso__oauth_client__keyed__client_key_file";
        usher.set(place, file);

        let mut secrets = Secrets::default();
        secrets.add("client_secret", CLIENT_SECRET);
        secrets.add("secret_key", STANDARD.encode(KEY));
        secrets.add("secret_key", String::from_utf8(KEY.to_vec())?);
        secrets.add("database_url", PASSWORD);
        secrets.add("what was sent", HOSTILE);
        secrets.add("what was quoted", QUOTED);
        secrets.add("what operators are told", NAMED);
        let line = key.lines().nth(1).context("a line of the key")?;
        secrets.add("client_key_file", line);

        let issued = Arc::new(Mutex::new(Vec::new()));
        let acme = Acme::open(provider, usher).await?;
        let site = Self {
            acme,
            ops: format!("http://{ops}"),
            secrets,
            written: Written::default(),
            issued,
        };
        site.watch_the_provider();
        Ok(site)
    }

    /// Notes the tokens that the provider gives out from now on.
    fn watch_the_provider(&self) {
        let issued = self.issued.clone();
        self.acme.provider.behave();
        self.acme.provider.faults().token_answer = edit(move |answer| {
            let mut issued = issued.lock().expect("nobody panicked");
            for kind in ["id_token", "access_token", "refresh_token"] {
                let token = answer[kind].as_str().unwrap_or_default();
                issued.push((kind.to_owned(), token.to_owned()));
            }
        });
    }

    fn keep(&mut self, page: &Page) {
        // The provider's own pages say what they like.
        if page.url.as_str().starts_with(&self.acme.server.origin) {
            self.written.add_page(page);
        }
    }

    async fn open(&mut self, by: &mut Visitor, path: &str) -> anyhow::Result<Page> {
        let page = by.get(self.acme.url(path)).await?;
        self.keep(&page);
        Ok(page)
    }

    fn command(&mut self, arguments: &[&str]) -> anyhow::Result<String> {
        let answer = self.acme.usher.run(arguments)?;
        self.written.add("commands", &answer.stdout);
        self.written.add("commands", &answer.stderr);
        Ok(answer.stdout)
    }
}

/// Where each may be, because it is made for that.
const BELONGS: &[(&str, &[&str])] = &[
    (
        "cookies",
        &[
            "session cookie",
            "attempt cookie",
            "recovered session",
            "logout state",
        ],
    ),
    ("redirects", &["state", "nonce", "id_token", "logout state"]),
    ("log", &["what operators are told"]),
    ("files", &["what operators are told"]),
    ("records", &["what operators are told"]),
    ("commands", &["what operators are told"]),
];

#[tokio::test]
async fn hole45_no_secret_is_in_anything_that_is_written() -> anyhow::Result<()> {
    let mut site = Site::start().await?;
    let mut ann = visits::sign_in(&mut site, PLANTED, Person::new(PLANTED), 200).await?;
    visits::sign_in(&mut site, "info", Person::new("bob"), 200).await?;
    visits::sign_in(&mut site, "posted", Person::new("cleo"), 200).await?;
    visits::sign_in(&mut site, "keyed", Person::new("dan"), 502).await?;
    visits::what_goes_wrong(&mut site).await?;
    visits::what_browsers_send(&mut site).await?;
    visits::recovery(&mut site).await?;
    visits::logout_tokens(&mut site).await?;
    visits::pages(&mut site, &mut ann).await?;
    visits::sign_out(&mut site, &mut ann).await?;
    visits::commands(&mut site)?;
    visits::wrong_settings(&mut site)?;

    let issued = std::mem::take(&mut *site.issued.lock().expect("nobody panicked"));
    assert!(issued.len() >= 9, "{}", issued.len());
    for (kind, token) in issued {
        site.secrets.add_token(&kind, &token);
    }
    let server = &site.acme.server;
    site.written.add("log", server.stderr());
    site.written.add("stdout", server.stdout());
    let folder = site.acme.usher.path("");
    site.written.add_files(&folder, &["client_key.pem"])?;

    // Every setting that is a secret has its canary, and so have all kinds that come and go.
    let settings = PROVIDER.iter().chain(HOST);
    let settings = settings.filter(|key| key.secrecy != Secrecy::Open);
    let come_and_go = [
        "access_token",
        "attempt cookie",
        "client_key_file",
        "code",
        "id_token",
        "logout state",
        "logout token",
        "nonce",
        "recovered session",
        "recovery link",
        "refresh_token",
        "session cookie",
        "state",
        "verifier",
    ];
    let kinds = site.secrets.kinds();
    for kind in settings.map(|key| key.path).chain(come_and_go) {
        assert!(kinds.contains(&kind), "no canary for {kind}");
    }
    // What is no secret is found wherever something was written: the search does search.
    let found = site.written.places_of(PLANTED);
    for place in [
        "commands",
        "cookies",
        "files",
        "headers",
        "log",
        "metrics",
        "pages",
        "records",
        "redirects",
    ] {
        assert!(
            found.contains(&place),
            "nothing is found in {place}: {found:?}"
        );
    }
    assert!(site.written.places().contains(&"stdout"));
    let log = site.acme.server.stderr();
    for target in ["TRACE", "hyper", "usher"] {
        assert!(log.contains(target), "the log says little: {target}");
    }
    let leaks = site.written.leaks(&site.secrets, BELONGS);
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));

    // One that is let out on purpose is seen, in each of them.
    for place in site.written.places() {
        site.written.add(place, STANDARD.encode(CLIENT_SECRET));
    }
    let leaks = site.written.leaks(&site.secrets, BELONGS);
    for place in site.written.places() {
        let seen = |leak: &String| leak.starts_with(&format!("{place}: client_secret"));
        assert!(leaks.iter().any(seen), "{place}: {leaks:?}");
    }
    Ok(())
}
