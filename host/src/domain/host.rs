use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use jiff::SignedDuration;
use url::Url;

use super::{ProviderName, Secret};

/// The host settings of `spec.md` §3.2, parsed. Each field names its variable without the
/// prefix `USHER__`.
#[derive(Debug, Clone)]
pub struct HostSettings {
    /// `LISTEN`.
    pub listen: SocketAddr,
    /// `PUBLIC_URL`; only `serve` needs it.
    pub public_url: Option<PublicUrl>,
    /// `DATABASE_URL`.
    pub database_url: DatabaseUrl,
    /// `DIRECTORY_FILE`.
    pub directory_file: Option<PathBuf>,
    /// `OPS_LISTEN`.
    pub ops_listen: Option<SocketAddr>,
    /// `SECRET_KEY`; by default a file next to the database.
    pub secret_key: Option<Secret>,
    /// `SESSION__…`.
    pub session: SessionLife,
    /// `RECORDS__…`.
    pub records: RecordSettings,
    /// `TRUSTED_PROXIES`.
    pub trusted_proxies: Vec<IpNet>,
    /// `BRAND__…`.
    pub brand: Brand,
    /// `OIDC__CA_FILE`.
    pub oidc_ca_file: Option<PathBuf>,
    /// `OIDC__ALLOW_PRIVATE`.
    pub oidc_allow_private: Vec<IpNet>,
}

/// What browsers see: an origin without a path. Redirect URIs are made from it and from
/// nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(Url);

impl PublicUrl {
    /// Parses an origin; https, or http on loopback only.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("is not a URL: {error}"))?;
        let bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !bare {
            return Err(
                "must be an origin without a path, such as https://login.example.com".into(),
            );
        }
        match url.scheme() {
            "https" if url.host().is_some() => Ok(Self(url)),
            "http" if is_loopback(&url) => Ok(Self(url)),
            "http" => Err("must be https; plain http is accepted on loopback only".into()),
            _ => Err("must begin with https://".into()),
        }
    }

    /// The origin as browsers write it, without a slash at the end.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// A URL below it. `path` begins with `/`.
    pub fn join(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        url
    }

    /// Where a provider sends browsers back to: its redirect URI.
    pub fn callback(&self, provider: &ProviderName) -> Url {
        self.join(&format!("/callback_{provider}"))
    }

    /// Whether cookies can be `Secure` and carry the `__Host-` prefix.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }
}

/// Whether a URL names this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(domain)) => domain == "localhost",
        None => false,
    }
}

/// Where the directory, sessions and records live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file.
    Sqlite(PathBuf),
    /// A connection string, which may hold a password.
    Postgres(Secret),
}

/// How long a session lives.
#[derive(Debug, Clone, Copy)]
pub struct SessionLife {
    /// `SESSION__IDLE`: without a request.
    pub idle: SignedDuration,
    /// `SESSION__ABSOLUTE`: whatever happens.
    pub absolute: SignedDuration,
}

/// What decision records keep.
#[derive(Debug, Clone)]
pub struct RecordSettings {
    /// `RECORDS__DAYS`: how long claim values are kept.
    pub days: u32,
    /// `RECORDS__CLAIMS`.
    pub claims: RecordedClaims,
    /// `RECORDS__REDACT`: RFC 6901 pointers that are never kept.
    pub redact: Vec<String>,
}

/// Which claim values are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordedClaims {
    /// All verified claims.
    All,
    /// Those that the policy read.
    Read,
    /// None.
    None,
}

/// What the pages show.
#[derive(Debug, Clone)]
pub struct Brand {
    /// `BRAND__NAME`.
    pub name: String,
    /// `BRAND__LOGO_FILE`.
    pub logo_file: Option<PathBuf>,
    /// `BRAND__COLOR`: `#rrggbb`.
    pub color: Option<String>,
    /// `BRAND__ACCENT`: `#rrggbb`.
    pub accent: Option<String>,
    /// `BRAND__CONTACT`: whom to ask, an e-mail address, a URL or words.
    pub contact: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_an_origin_and_plain_http_only_on_loopback() {
        for good in [
            "https://login.example.com",
            "https://login.example.com:8443/",
            "http://127.0.0.1:8080",
            "http://localhost:8080",
            "http://[::1]:8080",
        ] {
            assert!(PublicUrl::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://login.example.com",
            "https://login.example.com/app",
            "https://u@login.example.com",
            "https://login.example.com/?a",
            "login.example.com",
            "ftp://x",
        ] {
            assert!(PublicUrl::parse(bad).is_err(), "{bad}");
        }
    }
}
