//! Where `usher dev` may listen.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;

use super::DevOptions;
use crate::config::{ConfigErrors, Problem};

/// What `--listen` is called in errors.
const PLACE: &str = "--listen";

/// An address that only this machine can reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Loopback(SocketAddr);

impl Loopback {
    /// Reads `IP:PORT` or `localhost:PORT`. Any other name is refused: where it leads is not
    /// ours to know.
    pub(super) fn parse(text: &str) -> Result<Self, ConfigErrors> {
        let text = text.trim();
        let local = text.strip_prefix("localhost:");
        let local = local.and_then(|port| port.parse().ok());
        let address = match local {
            Some(port) => Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
            None => text.parse().ok(),
        };
        match address {
            Some(address) if address.ip().is_loopback() => Ok(Self(address)),
            Some(address) => Err(wrong(
                format!(
                    "usher dev signs anybody in without a password, so it listens on loopback \
                     only, and {} is not loopback",
                    address.ip()
                ),
                "listen on 127.0.0.1:8080 or [::1]:8080; for others to reach it, use usher serve",
            )),
            None => Err(wrong(
                format!("`{}` is not a loopback address and a port", short(text)),
                "write 127.0.0.1:8080, [::1]:8080 or localhost:8080; host names are not looked up",
            )),
        }
    }

    /// The same address with a port that the kernel chooses.
    pub(super) fn any_port(self) -> Self {
        Self(SocketAddr::new(self.0.ip(), 0))
    }

    pub(super) async fn bind(self) -> anyhow::Result<TcpListener> {
        let Self(address) = self;
        let error = match TcpListener::bind(address).await {
            Ok(listener) => return Ok(listener),
            Err(error) => error,
        };
        let free = self.any_port().0;
        let fix = match error.kind() {
            ErrorKind::AddrInUse => {
                format!("stop what listens there, or take any free port: usher dev --listen {free}")
            }
            ErrorKind::PermissionDenied => {
                format!("ports below 1024 need privileges; try: usher dev --listen {free}")
            }
            _ => format!("try: usher dev --listen {}", DevOptions::LISTEN),
        };
        Err(wrong(format!("cannot listen on {address}: {error}"), fix).into())
    }
}

fn wrong(what: String, fix: impl Into<String>) -> ConfigErrors {
    ConfigErrors {
        problems: vec![Problem::new(what, PLACE, fix)],
        warnings: Vec::new(),
    }
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_addresses_are_taken() {
        for good in [
            "127.0.0.1:8080",
            "127.8.9.1:0",
            "[::1]:8080",
            "localhost:81",
        ] {
            assert!(Loopback::parse(good).is_ok(), "{good}");
        }
        for (bad, word) in [
            ("0.0.0.0:8080", "0.0.0.0 is not loopback"),
            ("[::]:8080", "is not loopback"),
            ("192.0.2.7:8080", "is not loopback"),
            ("[::ffff:127.0.0.1]:8080", "is not loopback"),
            ("login.example.com:8080", "`login.example.com:8080` is not"),
            ("localhost.example:80", "is not a loopback address"),
            ("localhost", "is not a loopback address"),
            ("127.0.0.1", "is not a loopback address"),
            (":8080", "is not a loopback address"),
            ("8080", "is not a loopback address"),
            ("", "is not a loopback address"),
        ] {
            let error = Loopback::parse(bad).unwrap_err().to_string();
            assert!(error.contains(word), "{bad}: {error}");
            assert!(error.contains("where: --listen"));
        }
    }

    #[tokio::test]
    async fn a_taken_port_says_how_to_get_a_free_one() {
        let any = Loopback::parse("127.0.0.1:0").unwrap();
        let first = any.bind().await.unwrap();
        let taken = first.local_addr().unwrap().to_string();
        let error = Loopback::parse(&taken).unwrap().bind().await.unwrap_err();
        assert!(error.is::<ConfigErrors>());
        let words = error.to_string();
        assert!(words.contains(&taken) && words.contains("usher dev --listen 127.0.0.1:0"));
    }
}
