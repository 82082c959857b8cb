//! Third step, for a provider: its settings as one [`Provider`], and the rules that hold
//! between them.

use std::collections::BTreeMap;

use super::keys::{self, Key};
use super::origin::Origin;
use super::reader::{Reader, read_secret};
use super::value::{self, Wrong, short, wrong};
use crate::domain::{
    Absent, Algorithm, ClaimName, ClientAuth, CompanyId, Groups, LogoutTokenTyp, PolicyLimits,
    PolicySettings, Provider, ProviderName, ResponseMode, Secret,
};

/// The settings of one provider. `None` if something is wrong, which is reported.
pub(super) fn read(name: &ProviderName, r: &mut Reader<'_>) -> Option<Provider> {
    pkce(r);
    let (client_auth, client_secret) = client(r);
    let base_url = r.read(&keys::BASE_URL, base_url);
    let authorize_url = r.read(&keys::AUTHORIZE_URL, value::endpoint);
    let access_token_url = r.read(&keys::ACCESS_TOKEN_URL, value::endpoint);
    let client_id = r.text(&keys::CLIENT_ID);
    let default_company = r.read(&keys::DEFAULT_COMPANY, company);
    let claim_name = r.read(&keys::CLAIM_NAME, claim);
    let claim_user_id = user_id(r);
    let claim_email = r.read(&keys::CLAIM_EMAIL, claim);
    let groups = groups(r);
    let admin_role = r.text(&keys::ADMIN_ROLE);
    let idp_logout = r.flag(&keys::IDP_LOGOUT);
    let get_info_from_access_token = r.flag(&keys::GET_INFO_FROM_ACCESS_TOKEN);
    let display_name = display_name(name, r);
    let scopes = scopes(r);
    let signing_algorithm = r.read(&keys::SIGNING_ALGORITHM, algorithm);
    let response_mode = r.read(&keys::RESPONSE_MODE, |text| {
        let words = [
            ("query", ResponseMode::Query),
            ("form_post", ResponseMode::FormPost),
        ];
        value::choice(text, &words)
    });
    let authorize_params = authorize_params(r);
    let logout_token_typ = r.read(&keys::LOGOUT_TOKEN_TYP, |text| {
        let words = [
            ("compatible", LogoutTokenTyp::Compatible),
            ("strict", LogoutTokenTyp::Strict),
        ];
        value::choice(text, &words)
    });
    let allow_initiation = r.flag(&keys::ALLOW_INITIATION);
    let allow_unadvertised_iss = r.flag(&keys::ALLOW_UNADVERTISED_ISS);
    let policy = policy(r);
    let provider = Provider {
        name: name.clone(),
        base_url: base_url?,
        authorize_url,
        access_token_url,
        client_id: client_id?,
        client_secret,
        default_company,
        claim_name: claim_name?,
        claim_user_id: claim_user_id?,
        claim_email: claim_email?,
        groups: groups?,
        admin_role: admin_role?,
        idp_logout: idp_logout?,
        get_info_from_access_token: get_info_from_access_token?,
        display_name,
        scopes,
        signing_algorithm: signing_algorithm?,
        response_mode: response_mode?,
        authorize_params,
        client_auth: client_auth?,
        logout_token_typ: logout_token_typ?,
        allow_initiation: allow_initiation?,
        allow_unadvertised_iss: allow_unadvertised_iss?,
        policy: policy?,
    };
    token_endpoint_is_reachable(&provider, r);
    Some(provider)
}

/// The required settings that are not set.
pub(super) fn missing(r: &Reader<'_>) -> Vec<&'static Key> {
    let way = r.given.given(keys::CLIENT_AUTH.path);
    let credential = match way.map(|given| given.text.trim()) {
        None | Some("client_secret_basic" | "client_secret_post") => Some(&keys::CLIENT_SECRET),
        Some("private_key_jwt") => Some(&keys::CLIENT_KEY_FILE),
        // That is reported already.
        Some(_) => None,
    };
    [Some(&keys::BASE_URL), Some(&keys::CLIENT_ID), credential]
        .into_iter()
        .flatten()
        .filter(|key| r.is_missing(key))
        .collect()
}

/// The start of the endpoints. It stays byte for byte: tokens name exactly this issuer.
fn base_url(text: &str) -> Result<String, Wrong> {
    let text = text.trim();
    let url = value::endpoint(text)?;
    if url.query().is_some() || url.fragment().is_some() {
        return wrong(
            "has a `?` or `#`, which no issuer has",
            "write the part before protocol/openid-connect/…",
        );
    }
    for inner in ["protocol/openid-connect", ".well-known/"] {
        if let Some((start, _)) = text.split_once(inner) {
            let start = start.trim_end_matches('/');
            return wrong(
                format!("names an endpoint: it goes on with {inner}"),
                format!("write the part before it: {start}"),
            );
        }
    }
    Ok(text.to_owned())
}

fn company(text: &str) -> Result<CompanyId, Wrong> {
    text.trim().parse().or_else(|error| {
        wrong(
            format!("is not right: {error}"),
            "write the id that `usher company list` shows",
        )
    })
}

fn claim(text: &str) -> Result<ClaimName, Wrong> {
    ClaimName::parse(text.trim()).map_or_else(
        || {
            wrong(
                format!("is no claim name: `{}`", short(text)),
                "write a claim's name, or a JSON pointer such as /realm_access/roles",
            )
        },
        Ok,
    )
}

/// Whoever could choose the claim that says who they are could be anybody.
fn user_id(r: &mut Reader<'_>) -> Option<ClaimName> {
    let name = r.read(&keys::CLAIM_USER_ID, claim)?;
    if name.pointer() != "/sub" {
        let what = "claims.user_id changes nobody's identity, which is always issuer and subject (sub); only a policy of your own can read the setting";
        let place = r.place(&keys::CLAIM_USER_ID);
        r.report
            .warn(what, place, "remove it, unless your policy reads it");
    }
    Some(name)
}

fn algorithm(text: &str) -> Result<Algorithm, Wrong> {
    if text.trim().to_ascii_uppercase().starts_with("HS") || text.trim() == "none" {
        return wrong(
            format!("cannot be `{}`: it proves nothing to us", short(text)),
            "write the algorithm with which the provider signs, usually RS256",
        );
    }
    value::choice(text, &Algorithm::ALL.map(|a| (a.as_str(), a)))
}

/// How we prove who we are, and the client secret if that is how.
fn client(r: &mut Reader<'_>) -> (Option<ClientAuth>, Option<Secret>) {
    #[derive(Clone, Copy)]
    enum Way {
        Basic,
        Post,
        Key,
    }
    let words = [
        ("client_secret_basic", Way::Basic),
        ("client_secret_post", Way::Post),
        ("private_key_jwt", Way::Key),
    ];
    let way = r.read(&keys::CLIENT_AUTH, |text| value::choice(text, &words));
    let key_file = r.read(&keys::CLIENT_KEY_FILE, |path| match way {
        Some(Way::Key) => private_key(path).map(Some),
        _ => Ok(None),
    });
    let secret = r.secret(&keys::CLIENT_SECRET);
    let unused = match way {
        Some(Way::Key) if secret.is_some() => Some((&keys::CLIENT_SECRET, "private_key_jwt")),
        Some(Way::Basic | Way::Post) if key_file.is_some() => {
            Some((&keys::CLIENT_KEY_FILE, "a client secret"))
        }
        _ => None,
    };
    if let Some((key, instead)) = unused {
        let what = format!("{} is not used: client_auth says {instead}", key.path);
        let place = r.place(key);
        r.report
            .warn(what, place, "remove it, or change client_auth");
    }
    match way {
        Some(Way::Basic) => (Some(ClientAuth::SecretBasic), secret),
        Some(Way::Post) => (Some(ClientAuth::SecretPost), secret),
        Some(Way::Key) => (key_file.flatten().map(ClientAuth::PrivateKeyJwt), None),
        None => (None, secret),
    }
}

fn private_key(path: &str) -> Result<Secret, Wrong> {
    let pem = read_secret(path).or_else(|(what, _)| {
        wrong(
            format!("names {path}, which {what}"),
            "name a PEM file that exists and that this user may read",
        )
    })?;
    let is_key = pem.contains("-----BEGIN") && pem.contains("PRIVATE KEY-----");
    match is_key {
        true => Ok(Secret::new(pem)),
        false => wrong(
            format!("names {path}, which holds no private key in PEM form"),
            "make one: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072",
        ),
    }
}

/// PKCE is always on; both settings exist so that a shared block of variables is taken.
fn pkce(r: &mut Reader<'_>) {
    r.read(&keys::CODE_CHALLENGE, |text| {
        let on = text.trim().eq_ignore_ascii_case("S256") || value::flag(text)?;
        match on {
            true => Ok(()),
            false => wrong(
                "switches PKCE off, which is refused",
                "remove it: PKCE S256 is always on",
            ),
        }
    });
    r.read(&keys::CODE_CHALLENGE_METHOD, |text| {
        match text.trim().eq_ignore_ascii_case("S256") {
            true => Ok(()),
            false => wrong(
                format!("cannot be `{}`", short(text)),
                "remove it: the method is always S256",
            ),
        }
    });
}

fn groups(r: &mut Reader<'_>) -> Option<Groups> {
    let enabled = r.flag(&keys::GROUPS_ENABLED);
    let claim = r.read(&keys::GROUPS_CLAIM, claim);
    let absent = r.read(&keys::GROUPS_ABSENT, |text| {
        value::choice(text, &[("empty", Absent::Empty), ("leave", Absent::Leave)])
    });
    let admins = r.list(&keys::GROUPS_ADMINS);
    let case_sensitive = r.flag(&keys::GROUPS_CASE_SENSITIVE);
    let prohibit = r.flag(&keys::GROUPS_PROHIBIT);
    let off = enabled == Some(false)
        && (r.is_set(&keys::GROUPS_ENABLED) || r.is_missing(&keys::GROUPS_ENABLED));
    if prohibit == Some(true) && off {
        let enabled = r.name(&keys::GROUPS_ENABLED);
        let place = r.place(&keys::GROUPS_PROHIBIT);
        r.report.error(
            "groups.prohibit_user_signup_if_not_in_group needs groups.enabled: nobody could be in a group",
            place,
            format!("set {enabled} to true, or remove the prohibition"),
        );
    }
    Some(Groups {
        enabled: enabled?,
        claim: claim?,
        absent: absent?,
        admins,
        case_sensitive: case_sensitive?,
        prohibit_user_signup_if_not_in_group: prohibit?,
    })
}

fn display_name(name: &ProviderName, r: &mut Reader<'_>) -> String {
    let given = r.read(&keys::DISPLAY_NAME, |text| {
        let text = text.trim();
        match text.chars().count() <= 100 && !text.contains(char::is_control) {
            true => Ok(text.to_owned()),
            false => wrong(
                "does not fit on a button",
                "write at most 100 characters on one line",
            ),
        }
    });
    given.unwrap_or_else(|| name.to_string())
}

fn scopes(r: &mut Reader<'_>) -> Vec<String> {
    let scopes = r.read(&keys::SCOPES, |text| {
        let separated = text.replace(char::is_whitespace, ",");
        let scopes = value::list(&separated).or_else(|_| value::list(text))?;
        let is_token = |c: char| c.is_ascii_graphic() && c != '"' && c != '\\';
        match scopes.iter().find(|scope| !scope.chars().all(is_token)) {
            Some(bad) => wrong(
                format!("has `{}`, which is no scope", short(bad)),
                "write scopes separated by blanks: openid profile email",
            ),
            None => Ok(scopes),
        }
    });
    let mut scopes = scopes.unwrap_or_default();
    if !scopes.iter().any(|scope| scope == "openid") {
        let place = r.place(&keys::SCOPES);
        r.report.warn(
            "scopes lack openid, without which there is no ID token; Usher asks for it all the same",
            place,
            "add openid",
        );
        scopes.insert(0, "openid".into());
    }
    scopes
}

/// What belongs to the protocol, and is never a site's to say.
const OURS: &[&str] = &[
    "client_id",
    "client_secret",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "redirect_uri",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
];

fn authorize_params(r: &mut Reader<'_>) -> BTreeMap<String, String> {
    let path = keys::AUTHORIZE_PARAMS.path;
    let given: Vec<(String, String, Origin)> = r
        .given
        .below(path)
        .map(|(name, given)| (name.to_owned(), given.text.clone(), given.origin.clone()))
        .collect();
    let mut params = BTreeMap::new();
    for (name, text, origin) in given {
        let what = format!("{path}.{name}");
        if OURS.contains(&name.to_lowercase().as_str()) {
            let fix = match name.to_lowercase().as_str() {
                "scope" => "remove it, and set scopes",
                "response_mode" => "remove it, and set response_mode itself",
                _ => "remove it",
            };
            let what = format!("{what} is Usher's own parameter and cannot be changed");
            r.report.error(what, origin, fix);
            continue;
        }
        if name == "max_age" && text.trim().parse::<u32>().is_err() {
            let what = format!("{what} is no number of seconds: `{}`", short(&text));
            r.report
                .error(what, origin, "write a whole number of seconds");
            continue;
        }
        r.keep_named(&keys::AUTHORIZE_PARAMS, &name, &text, origin);
        params.insert(name, text);
    }
    params
}

fn policy(r: &mut Reader<'_>) -> Option<PolicySettings> {
    let module = r.file(&keys::POLICY_MODULE);
    let limits = r.read(&keys::POLICY_LIMITS, |text| {
        let words = [
            ("standard", PolicyLimits::Standard),
            ("interpreter", PolicyLimits::Interpreter),
        ];
        value::choice(text, &words)
    });
    let settings = r.read(&keys::POLICY_SETTINGS, value::object);
    let may_move = r.flag(&keys::POLICY_MAY_MOVE);
    Some(PolicySettings {
        module,
        limits: limits?,
        settings: settings?,
        may_move: may_move?,
    })
}

/// Loopback is reachable only for a provider that is itself on loopback.
fn token_endpoint_is_reachable(provider: &Provider, r: &mut Reader<'_>) {
    let url = provider.access_token_url.as_ref();
    if url.is_some_and(value::is_loopback) && !provider.is_loopback() {
        let place = r.place(&keys::ACCESS_TOKEN_URL);
        r.report.error(
            "access_token_url is on loopback, and base_url is not",
            place,
            "remove it, so that discovery gives the endpoint, or give both on loopback",
        );
    }
}
