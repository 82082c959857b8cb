//! Each sample user signs in through the whole service and gets what the page promised.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

use super::super::samples::{Expected, SAMPLES, Sample};
use super::super::*;
use super::options;

#[tokio::test(flavor = "multi_thread")]
async fn every_sample_user_gets_what_the_page_promised() {
    let development = options("127.0.0.1:0");
    let service = app::Options {
        development: true,
        owns_process: false,
        ..app::Options::default()
    };
    let serve = async |listener: TcpListener, config: Config| {
        let url = Url::parse(&format!("http://{}", listener.local_addr()?))?;
        let store = Store::open(&config.host.database_url).await?;
        let running = tokio::spawn(app::serve_on(listener, config, service));
        for sample in &SAMPLES {
            let mut browser = Browser::default();
            let page = browser.sign_in(&url, sample.username).await;
            let session = browser.get(&url.join("/api/v1/session")?).await;
            let newest = store.audit_rows(i64::MAX, 1).await?.remove(0);
            let record: Value = serde_json::from_str(&newest.record)?;
            keeps_promise(sample, &page, &session, &record);
        }
        running.abort();
        Ok(())
    };
    run_with(development, serve).await.unwrap();
}

fn keeps_promise(sample: &Sample, page: &Page, session: &Page, record: &Value) {
    let who = sample.username;
    match sample.expected {
        Expected::Admitted {
            company,
            groups,
            admin,
        } => {
            assert_eq!(page.status, 200, "{who}: {}", page.body);
            assert_eq!(session.status, 200, "{who}");
            let session: Value = serde_json::from_str(&session.body).unwrap();
            assert_eq!(session["user"]["email"], sample.email);
            assert_eq!(session["company"]["id"], company, "{who}");
            assert_eq!(session["groups"], json!(groups), "{who}");
            assert_eq!(session["admin"], json!(admin), "{who}");
            assert_eq!(record["outcome"], "admitted", "{who}");
        }
        Expected::Refused(code) => {
            assert_eq!(page.status, code.status(), "{who}: {}", page.body);
            assert_eq!(session.status, 401, "{who}");
            assert_eq!(record["outcome"], "refused", "{who}");
            assert_eq!(record["code"], code.as_str(), "{who}");
        }
    }
}

/// A browser with one jar: cookies do not keep ports apart.
#[derive(Default)]
struct Browser {
    cookies: BTreeMap<String, String>,
}

struct Page {
    status: u16,
    /// Where it was found, after redirects.
    url: Url,
    body: String,
}

impl Browser {
    /// From the service's sign-in to wherever choosing that user ends.
    async fn sign_in(&mut self, url: &Url, username: &str) -> Page {
        let page = self.get(&url.join("/login").unwrap()).await;
        let (_, rest) = page.body.split_once("action=\"").expect("a form");
        let action = rest.split('"').next().unwrap().replace("&#38;", "&");
        let action = page.url.join(&action.replace("&amp;", "&")).unwrap();
        self.follow(&action, Some(format!("user={username}"))).await
    }

    async fn get(&mut self, url: &Url) -> Page {
        self.follow(url, None).await
    }

    async fn follow(&mut self, url: &Url, mut form: Option<String>) -> Page {
        let mut url = url.clone();
        for _ in 0..8 {
            let (head, body) = self.send(&url, form.take()).await;
            let status = head.split(' ').nth(1).unwrap().parse().unwrap();
            match header(&head, "location").next() {
                Some(location) => url = url.join(location).unwrap(),
                None => return Page { status, url, body },
            }
        }
        panic!("too many redirects, the last to {url}");
    }

    async fn send(&mut self, url: &Url, form: Option<String>) -> (String, String) {
        let address: SocketAddr = url.socket_addrs(|| None).unwrap()[0];
        let target = &url[url::Position::BeforePath..];
        let jar: Vec<String> = self
            .cookies
            .iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        let common = format!(
            "HTTP/1.0\r\nHost: {address}\r\nCookie: {}\r\n",
            jar.join("; ")
        );
        let request = match form {
            None => format!("GET {target} {common}\r\n"),
            Some(form) => format!(
                "POST {target} {common}Content-Type: application/x-www-form-urlencoded\r\n\
                 Content-Length: {}\r\n\r\n{form}",
                form.len()
            ),
        };
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        for cookie in header(head, "set-cookie") {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        (head.to_owned(), body.to_owned())
    }
}

/// Values of a header.
fn header<'a>(head: &'a str, wanted: &str) -> impl Iterator<Item = &'a str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .filter(move |(name, _)| name.eq_ignore_ascii_case(wanted))
        .map(|(_, value)| value)
}
