//! Every setting, declared once: what reads it, `config env` and the reference page all
//! take its name, type, default and meaning from here.

use crate::domain::ProviderName;

/// One setting.
#[derive(Debug, PartialEq, Eq)]
pub struct Key {
    /// Path below `[provider.P]` or `[usher]`: `groups.claim`.
    pub path: &'static str,
    /// Where it is documented to be set.
    pub place: Place,
    /// How a value is read.
    pub kind: Kind,
    /// What holds when nobody sets it.
    pub default: Fallback,
    /// Whether it may be shown.
    pub secrecy: Secrecy,
    /// What it means, in one sentence.
    pub meaning: &'static str,
    /// A value that somebody might set, as a variable holds it.
    pub example: &'static str,
}

/// Where a setting is documented to be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `CLEARML__services__…`, the plain settings of a provider.
    Services,
    /// `CLEARML__secure__…`, the confidential settings of a provider.
    Secure,
    /// `USHER__…`, a setting of the host.
    Host,
}

/// How a value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Taken raw.
    Text,
    /// A company id.
    Company,
    /// The name of a top-level claim, or an RFC 6901 pointer.
    Claim,
    /// true, false, yes, no, on, off, 1, 0.
    Flag,
    /// `["a","b"]`, `[a, b]` or `a,b`.
    List,
    /// A list of address ranges: `10.0.0.0/8,fd00::/8`.
    Networks,
    /// An http or https URL.
    Url,
    /// Address and port.
    Address,
    /// A file.
    Path,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// `8h`, `30m`, `1h 30m`.
    Duration,
    /// A whole number.
    Number,
    /// `#rrggbb`.
    Color,
    /// A JSON object; a table in the file.
    Json,
    /// Any name below this one, each with a text.
    Names,
}

impl Kind {
    /// The type in words, as the reference shows it.
    pub fn describe(self) -> String {
        match self {
            Self::Text => "text".into(),
            Self::Company => "company id".into(),
            Self::Claim => "claim name or JSON pointer".into(),
            Self::Flag => "flag".into(),
            Self::List => "list".into(),
            Self::Networks => "list of address ranges".into(),
            Self::Url => "URL".into(),
            Self::Address => "address:port".into(),
            Self::Path => "file".into(),
            Self::Choice(words) => words.join(" | "),
            Self::Duration => "duration".into(),
            Self::Number => "number".into(),
            Self::Color => "#rrggbb".into(),
            Self::Json => "JSON object".into(),
            Self::Names => "text for each NAME".into(),
        }
    }
}

/// What holds when nobody sets a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// It must be set.
    Required,
    /// Nothing.
    Unset,
    /// This value.
    Is(&'static str),
    /// What these words say.
    Derived(&'static str),
}

/// Whether a value may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// It may.
    Open,
    /// It may, except for the password inside the URL; there is a `…_file` twin.
    Password,
    /// Never; there is a `…_file` twin.
    Secret,
}

impl Key {
    /// Whether `…_file` may name a file that holds the value.
    pub fn has_file_twin(&self) -> bool {
        self.secrecy != Secrecy::Open
    }

    /// The variable that sets it, in its documented place. `provider` is `None` for a
    /// setting of the host.
    pub fn variable(&self, provider: Option<&ProviderName>) -> String {
        let place = match self.place {
            Place::Services => "services",
            Place::Secure => "secure",
            Place::Host => return host_variable(self.path),
        };
        let provider = provider.map_or("P", ProviderName::as_str);
        let path = self.path.replace('.', "__");
        format!("CLEARML__{place}__login__sso__oauth_client__{provider}__{path}")
    }

    /// The key that `path` sets: the one of that path, the one whose `…_file` twin it is, or
    /// the one that it is a name below.
    pub fn find(table: &'static [Key], path: &str) -> Option<&'static Key> {
        let of_path = |path: &str| table.iter().find(|key| key.path == path);
        let twin = || {
            path.strip_suffix("_file")
                .and_then(of_path)
                .filter(|key| key.has_file_twin())
        };
        let named = || {
            let (parent, name) = path.split_once('.')?;
            let parent = of_path(parent).filter(|key| key.kind == Kind::Names)?;
            (!name.is_empty() && !name.contains('.')).then_some(parent)
        };
        let exact = of_path(path).filter(|key| key.kind != Kind::Names);
        exact.or_else(twin).or_else(named)
    }
}

/// `session.idle` as a variable.
fn host_variable(path: &str) -> String {
    format!("USHER__{}", path.replace('.', "__").to_uppercase())
}

macro_rules! keys {
    ($(#[$doc:meta])* $table:ident: $(
        $name:ident $path:literal $place:ident $secrecy:ident $kind:expr, $default:expr, $meaning:literal, $example:literal;
    )*) => {
        $(pub(super) const $name: Key = Key {
            path: $path,
            place: Place::$place,
            kind: $kind,
            default: $default,
            secrecy: Secrecy::$secrecy,
            meaning: $meaning,
            example: $example,
        };)*
        $(#[$doc])*
        pub const $table: &[Key] = &[$($name),*];
    };
}

use self::Fallback::{Derived, Is, Required, Unset};

keys! {
    /// The settings of a provider (`spec.md` §3.1).
    PROVIDER:
    BASE_URL "base_url" Services Open Kind::Url, Required,
        "Issuer of the provider, where discovery lives: the part before protocol/openid-connect/…", "https://kc.example.com/realms/main";
    AUTHORIZE_URL "authorize_url" Services Open Kind::Url, Derived("from discovery"),
        "Authorization endpoint; wins over discovery", "https://kc.example.com/realms/main/protocol/openid-connect/auth";
    ACCESS_TOKEN_URL "access_token_url" Services Open Kind::Url, Derived("from discovery"),
        "Token endpoint; wins over discovery", "https://kc.example.com/realms/main/protocol/openid-connect/token";
    CLIENT_ID "client_id" Secure Open Kind::Text, Required,
        "Our client id at the provider", "clearml";
    CLIENT_SECRET "client_secret" Secure Secret Kind::Text, Required,
        "Our client secret at the provider; not needed with private_key_jwt", "ZFNtAvIQ2UjVb2jHMtPYSAt4";
    DEFAULT_COMPANY "default_company" Secure Open Kind::Company, Unset,
        "Company in which every new user of this provider lands, without consulting domains", "acme";
    CLAIM_NAME "claims.name" Services Open Kind::Claim, Is("name"),
        "Claim with the display name", "preferred_username";
    CLAIM_USER_ID "claims.user_id" Services Open Kind::Claim, Is("sub"),
        "Claim with the user's id at the provider, for policies; a person is always recognised by issuer and sub", "sub";
    CLAIM_EMAIL "claims.email" Services Open Kind::Claim, Is("email"),
        "Claim with the e-mail address", "email";
    GROUPS_ENABLED "groups.enabled" Services Open Kind::Flag, Is("false"),
        "Synchronise group membership at every sign-in", "true";
    GROUPS_CLAIM "groups.claim" Services Open Kind::Claim, Is("groups"),
        "Claim with the group names", "groups";
    GROUPS_ABSENT "groups.absent" Services Open Kind::Choice(&["empty", "leave"]), Is("empty"),
        "What a token without the groups claim means: no group any more, or no change", "leave";
    GROUPS_ADMINS "groups.admins" Services Open Kind::List, Unset,
        "Provider groups whose members are administrators; they need not exist in the company", r#"["ClearML Admins"]"#;
    GROUPS_CASE_SENSITIVE "groups.case_sensitive" Services Open Kind::Flag, Is("true"),
        "Whether letter case counts when group names are compared, also in groups.admins", "false";
    GROUPS_PROHIBIT "groups.prohibit_user_signup_if_not_in_group" Services Open Kind::Flag, Is("false"),
        "Refuse people without a matching group, at every sign-in; needs groups.enabled", "true";
    ADMIN_ROLE "admin_role" Services Open Kind::Text, Is("admin"),
        "Role that makes an administrator; empty switches role association off", "clearml-admin";
    IDP_LOGOUT "idp_logout" Services Open Kind::Flag, Is("false"),
        "Sign-out ends the provider's session too", "true";
    GET_INFO_FROM_ACCESS_TOKEN "get_info_from_access_token" Services Open Kind::Flag, Is("true"),
        "Read claims from the verified access token; false: from the userinfo endpoint", "false";
    DISPLAY_NAME "display_name" Services Open Kind::Text, Derived("the provider's name"),
        "What the sign-in button says", "Acme Keycloak";
    SCOPES "scopes" Services Open Kind::Text, Is("openid profile email"),
        "Scopes to ask for, separated by blanks", "openid profile email";
    CODE_CHALLENGE "code_challenge" Services Open Kind::Flag, Is("true"),
        "Accepted for compatibility: PKCE is always on, switching it off is refused", "true";
    CODE_CHALLENGE_METHOD "code_challenge_method" Services Open Kind::Choice(&["S256"]), Is("S256"),
        "Accepted for compatibility: the method is always S256", "S256";
    SIGNING_ALGORITHM "signing_algorithm" Services Open
        Kind::Choice(&["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]), Is("RS256"),
        "The one signature algorithm accepted from this provider", "ES256";
    RESPONSE_MODE "response_mode" Services Open Kind::Choice(&["query", "form_post"]), Is("query"),
        "How the provider sends the browser back", "form_post";
    AUTHORIZE_PARAMS "authorize_params" Services Open Kind::Names, Unset,
        "Extra authorization parameters (prompt, max_age, acr_values, kc_idp_hint…); what they promise is checked on return", "login";
    CLIENT_AUTH "client_auth" Services Open
        Kind::Choice(&["client_secret_basic", "client_secret_post", "private_key_jwt"]), Is("client_secret_basic"),
        "How we prove who we are at the token endpoint", "client_secret_post";
    CLIENT_KEY_FILE "client_key_file" Secure Open Kind::Path, Unset,
        "PEM file with the private key for private_key_jwt", "/run/secrets/client_key.pem";
    LOGOUT_TOKEN_TYP "logout_token_typ" Services Open Kind::Choice(&["compatible", "strict"]), Is("compatible"),
        "Header typ of logout tokens: logout+jwt, JWT or absent; strict: logout+jwt only", "strict";
    ALLOW_INITIATION "allow_initiation" Services Open Kind::Flag, Is("false"),
        "Accept third-party initiated sign-in at /login/initiate?iss=…", "true";
    ALLOW_UNADVERTISED_ISS "allow_unadvertised_iss" Services Open Kind::Flag, Is("false"),
        "Take an iss in the authorization response of a provider that does not announce it", "true";
    POLICY_MODULE "policy.module" Services Open Kind::Path, Derived("built-in default policy"),
        "Component that decides the sign-ins of this provider", "/etc/usher/policy.wasm";
    POLICY_LIMITS "policy.limits" Services Open Kind::Choice(&["standard", "interpreter"]), Is("standard"),
        "Limits of the sandbox: interpreter for policies in JavaScript or Python", "interpreter";
    POLICY_SETTINGS "policy.settings" Services Open Kind::Json, Is("{}"),
        "JSON object of the site's own, handed to the policy", r#"{"departments": ["research"]}"#;
    POLICY_MAY_MOVE "policy.may_move" Services Open Kind::Flag, Is("false"),
        "Let the policy place a known user in another company", "true";
}

keys! {
    /// The settings of the host (`spec.md` §3.2).
    HOST:
    LISTEN "listen" Host Open Kind::Address, Is("127.0.0.1:8080"),
        "Address of the service", "0.0.0.0:8080";
    PUBLIC_URL "public_url" Host Open Kind::Url, Required,
        "What browsers see, an origin without a path; redirect URIs are made from it and from nothing else", "https://login.example.com";
    DATABASE_URL "database_url" Host Password Kind::Text, Is("sqlite://usher.db"),
        "sqlite://… or postgres://…", "sqlite:///var/lib/usher/usher.db";
    DIRECTORY_FILE "directory_file" Host Open Kind::Path, Unset,
        "File with companies, groups, domains and invitations that are created at start where missing", "/etc/usher/directory.toml";
    OPS_LISTEN "ops_listen" Host Open Kind::Address, Derived("off"),
        "A listener of its own for /livez, /readyz and /metrics", "127.0.0.1:9090";
    SECRET_KEY "secret_key" Host Secret Kind::Text, Derived("generated next to the SQLite file"),
        "Encrypts tokens at rest; required with PostgreSQL", "sKs5WJXm1H3fCkzJFyGvXlzhyu0mYJQ9lnqyOPc1zJ4=";
    SESSION_IDLE "session.idle" Host Open Kind::Duration, Is("8h"),
        "How long a session lives without a request", "1h 30m";
    SESSION_ABSOLUTE "session.absolute" Host Open Kind::Duration, Is("24h"),
        "How long a session lives, whatever happens", "12h";
    RECORDS_DAYS "records.days" Host Open Kind::Number, Is("30"),
        "How many days decision records keep claim values", "90";
    RECORDS_CLAIMS "records.claims" Host Open Kind::Choice(&["all", "read", "none"]), Is("all"),
        "Which claim values decision records keep: all, those that the policy read, or none", "read";
    RECORDS_REDACT "records.redact" Host Open Kind::List, Unset,
        "JSON pointers of claims that are never kept", r#"["/phone_number", "/address"]"#;
    TRUSTED_PROXIES "trusted_proxies" Host Open Kind::Networks, Unset,
        "Proxies whose X-Forwarded-For gives the client address for limits and audit", r#"["10.0.0.0/8"]"#;
    BRAND_NAME "brand.name" Host Open Kind::Text, Is("Usher"),
        "Name that the pages show", "Acme";
    BRAND_LOGO_FILE "brand.logo_file" Host Open Kind::Path, Derived("Usher's own"),
        "Logo that the pages show", "/etc/usher/logo.svg";
    BRAND_COLOR "brand.color" Host Open Kind::Color, Derived("Usher's own"),
        "Main colour of the pages", "#125e52";
    BRAND_ACCENT "brand.accent" Host Open Kind::Color, Derived("Usher's own"),
        "Accent colour of the pages", "#b3261e";
    BRAND_CONTACT "brand.contact" Host Open Kind::Text, Unset,
        "Whom people ask for help: an e-mail address, a URL or words", "help@example.com";
    OIDC_CA_FILE "oidc.ca_file" Host Open Kind::Path, Unset,
        "PEM file with extra trust anchors for connections to providers", "/etc/usher/ca.pem";
    OIDC_ALLOW_PRIVATE "oidc.allow_private" Host Open Kind::Networks, Unset,
        "Private address ranges that providers may live in", r#"["10.20.0.0/16", "fd00::/8"]"#;
    LOG "log" Host Open Kind::Text, Is("info"),
        "What is logged to stderr: a level, or directives such as usher=debug,warn", "usher=debug,warn";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_key_is_declared_once_and_found_by_its_path() {
        for table in [PROVIDER, HOST] {
            let paths: BTreeSet<_> = table.iter().map(|key| key.path).collect();
            assert_eq!(paths.len(), table.len());
            for key in table.iter().filter(|key| key.kind != Kind::Names) {
                assert_eq!(Key::find(table, key.path), Some(key));
            }
        }
    }

    #[test]
    fn only_secrets_have_a_file_twin_and_only_parameters_have_names_below() {
        let found = |path| Key::find(PROVIDER, path).map(|key| key.path);
        assert_eq!(found("client_secret_file"), Some("client_secret"));
        assert_eq!(found("client_id_file"), None);
        assert_eq!(found("authorize_params.prompt"), Some("authorize_params"));
        assert_eq!(found("authorize_params"), None);
        assert_eq!(found("authorize_params.a.b"), None);
    }

    #[test]
    fn the_variable_of_a_key_is_the_product_pages() {
        let keycloak = "keycloak".parse().ok();
        assert_eq!(
            GROUPS_ADMINS.variable(keycloak.as_ref()),
            "CLEARML__services__login__sso__oauth_client__keycloak__groups__admins"
        );
        assert_eq!(SESSION_IDLE.variable(None), "USHER__SESSION__IDLE");
    }
}
