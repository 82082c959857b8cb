use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::*;

/// Answers each connection with these bytes, and gives the URL.
async fn answering(bytes: Vec<u8>) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let bytes = bytes.clone();
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    Url::parse(&format!("http://127.0.0.1:{port}/")).unwrap()
}

fn answer(headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut bytes =
        format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n{headers}\r\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

async fn failure(gate: &Gate, url: &Url) -> OidcError {
    gate.fetch(url, "*/*").await.unwrap_err().into()
}

fn loopback() -> Gate {
    Outbound::new(None, &[]).unwrap().gate(true)
}

#[tokio::test]
async fn s10_loopback_is_refused_by_address_and_by_name_unless_the_provider_is_there() {
    let url = answering(answer("", b"hello")).await;
    let remote = Outbound::new(None, &[]).unwrap().gate(false);
    let mut named = url.clone();
    named.set_host(Some("localhost")).unwrap();
    for url in [&url, &named] {
        let error = failure(&remote, url).await;
        assert_eq!(error.check, "outbound.address", "{error}");
        assert_eq!(error.code, Code::ProviderUnreachable);
        assert!(error.detail.contains(url.host_str().unwrap()), "{error}");
        let body = loopback().fetch(url, "*/*").await.unwrap().into_body();
        assert_eq!(body, b"hello");
    }
}

#[tokio::test]
async fn s10_bodies_and_headers_beyond_their_caps_are_refused() {
    let fits = answering(answer("", &vec![b'a'; BODY])).await;
    assert!(loopback().fetch(&fits, "*/*").await.is_ok());
    let body = answering(answer("", &vec![b'a'; BODY + 1])).await;
    let long = format!("x: {}\r\n", "a".repeat(HEADERS));
    let headers = answering(answer(&long, b"")).await;
    for url in [body, headers] {
        let error = failure(&loopback(), &url).await;
        assert_eq!(
            (error.check, error.code),
            ("outbound.size", Code::ProviderError)
        );
    }
}

#[tokio::test]
async fn s10_a_redirect_is_an_answer_and_not_followed() {
    let target = answering(answer("", b"secret")).await;
    let redirect = format!("HTTP/1.1 302 Found\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n");
    let url = answering(redirect.into_bytes()).await;
    let response = loopback().fetch(&url, "*/*").await.unwrap();
    assert_eq!(response.status(), 302);
    assert!(response.body().is_empty());
}

#[tokio::test]
async fn failures_are_told_apart_and_name_the_host() {
    let nobody = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}/", listener.local_addr().unwrap())
    };
    let garbage = answering(b"hello\r\n\r\n".to_vec()).await;
    for (url, check) in [
        (nobody.as_str(), "outbound.connect"),
        ("http://no-such-host.invalid/", "outbound.name"),
        (garbage.as_str(), "outbound.answer"),
    ] {
        let url = Url::parse(url).unwrap();
        let error = failure(&loopback(), &url).await;
        assert_eq!(error.check, check, "{error}");
        assert!(error.detail.contains(url.host_str().unwrap()), "{error}");
    }
}

#[tokio::test]
async fn s10_a_silent_provider_is_given_up_after_ten_seconds() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    let waiting = tokio::time::timeout(Duration::from_secs(15), async {
        failure(&loopback(), &url).await
    });
    assert_eq!(waiting.await.unwrap().check, "outbound.timeout");
}

#[test]
fn a_ca_file_without_a_certificate_is_an_error_that_names_it() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "nothing").unwrap();
    let error = Outbound::new(Some(file.path()), &[]).unwrap_err();
    assert!(format!("{error:#}").contains(&file.path().display().to_string()));
}

/// Says hello over TLS to everybody on 127.0.0.1, with a certificate for that address by the
/// authority in `tests/authority.pem`; both are good until 2126 and worth nothing.
async fn encrypted() -> Url {
    let pem = include_bytes!("tests/server.pem");
    let certificate = CertificateDer::from_pem_slice(pem).unwrap();
    let key = PrivateKeyDer::from_pem_slice(pem).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Whoever does not trust us ends here.
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(&answer("", b"hello")).await;
            let _ = stream.shutdown().await;
        }
    });
    Url::parse(&format!("https://127.0.0.1:{port}/")).unwrap()
}

#[tokio::test]
async fn s10_hole26_a_certificate_that_nobody_vouches_for_is_refused() {
    let url = encrypted().await;
    let error = failure(&loopback(), &url).await;
    assert_eq!(error.check, "outbound.certificate", "{error}");
    assert!(error.detail.contains("USHER__OIDC__CA_FILE"), "{error}");

    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("authority.pem");
    std::fs::write(&authority, include_bytes!("tests/authority.pem")).unwrap();
    let trusting = Outbound::new(Some(&authority), &[]).unwrap().gate(true);
    let body = trusting.fetch(&url, "*/*").await.unwrap().into_body();
    assert_eq!(body, b"hello");
    // It speaks for that address, and for no name that leads there.
    let mut named = url.clone();
    named.set_host(Some("localhost")).unwrap();
    let error = failure(&trusting, &named).await;
    assert_eq!(error.check, "outbound.certificate", "{error}");
}
