//! Whether a provider can be reached, is what it is configured to be, and knows us.

use jiff::{SignedDuration, Timestamp};

use super::{Report, Subject, is_keycloak};
use crate::domain::{ClientAuth, Provider, PublicUrl, remedy};
use crate::oidc::{Announced, Handshake, OidcError, RelyingParty, Silent};

pub(super) async fn examine(
    public_url: &PublicUrl,
    relying_party: &RelyingParty,
    subject: Subject<'_>,
    report: &mut Report<'_>,
) {
    let provider = relying_party.provider();
    addresses(public_url, provider, report);
    let announced = match relying_party.announced().await {
        Ok(announced) => announced,
        Err(error) => return report.broken("discovery", error.to_string(), fix(&error)),
    };
    discovery(&announced, report);
    clock(&announced, subject.clock.now(), report);
    let now = subject.clock.now();
    algorithm(&announced, relying_party, now, report).await;
    let handshake = Handshake::draw(&subject.entropy, now);
    match relying_party.ask_silently(&handshake, now).await {
        Ok(answer) => redirect_uri(public_url, provider, &answer, report),
        Err(error) => report.broken("authorization", error.to_string(), fix(&error)),
    }
    match relying_party.prove(&handshake, now).await {
        Ok(()) => report.fine("client", "the token endpoint accepts client id and secret"),
        Err(error) => report.broken("client", error.to_string(), fix(&error)),
    }
    endpoints(provider, &announced, report);
}

fn fix(error: &OidcError) -> &'static str {
    remedy(error.check, &error.detail).unwrap_or_default()
}

/// What to paste at the provider.
fn addresses(public_url: &PublicUrl, provider: &Provider, report: &mut Report<'_>) {
    let name = &provider.name;
    let at = |path: String| public_url.join(&path);
    let mut addresses = vec![
        ("Valid redirect URIs", public_url.callback(name)),
        (
            "Valid post logout redirect URIs",
            at("/logout/done".to_owned()),
        ),
        (
            "Backchannel logout URL",
            at(format!("/backchannel_logout_{name}")),
        ),
    ];
    if matches!(provider.client_auth, ClientAuth::PrivateKeyJwt(_)) {
        addresses.push(("JWKS URL", at(format!("/client_jwks_{name}"))));
    }
    let mut what = format!("to paste at client {}:", provider.client_id);
    for (field, url) in addresses {
        what.push_str(&format!("\n{field}: {url}"));
    }
    report.fine("addresses", what);
}

fn discovery(announced: &Announced, report: &mut Report<'_>) {
    match &announced.note {
        None => report.fine("discovery", format!("the issuer is {}", announced.issuer)),
        Some(note) => report.attention("discovery", note.clone(), "take the slash off base_url"),
    }
}

/// How far apart clocks may be without a sign-in failing, and how far without a word.
const TOO_FAR: SignedDuration = SignedDuration::from_secs(60);
const FAR: SignedDuration = SignedDuration::from_secs(10);

fn clock(announced: &Announced, now: Timestamp, report: &mut Report<'_>) {
    // Keycloak itself sends none, a proxy before it does; sign-ins tell more.
    if let Some(date) = announced.date {
        compare_clocks(now.duration_since(date), report);
    }
}

/// `ours` is how far our clock is ahead.
pub(super) fn compare_clocks(ours: SignedDuration, report: &mut Report<'_>) {
    let (seconds, side) = match ours.as_secs() {
        behind @ ..0 => (-behind, "behind"),
        ahead => (ahead, "ahead of"),
    };
    let what = format!("our clock is {seconds} s {side} the provider's");
    let fix = "set both by NTP (timedatectl or chronyc tracking says whether one is)";
    if ours.abs() > TOO_FAR {
        report.broken("clock", what, fix);
    } else if ours.abs() > FAR {
        report.attention("clock", what, fix);
    } else {
        report.fine("clock", "our clock and the provider's agree");
    }
}

async fn algorithm(
    announced: &Announced,
    relying_party: &RelyingParty,
    now: Timestamp,
    report: &mut Report<'_>,
) {
    let provider = relying_party.provider();
    let ours = provider.signing_algorithm.as_str();
    let offered = announced.signing_algorithms.as_deref();
    if offered.is_some_and(|offered| !offered.iter().any(|name| name == ours)) {
        let what = format!("signing_algorithm is {ours}, and the provider does not offer it");
        let fix = format!(
            "set it to one of {}",
            offered.unwrap_or_default().join(", ")
        );
        return report.broken("algorithm", what, fix);
    }
    match relying_party.has_key(now).await {
        Ok(true) => report.fine(
            "algorithm",
            format!("the provider publishes a key for {ours}"),
        ),
        Ok(false) => {
            let what = format!("the provider publishes no key for signing_algorithm {ours}");
            let fix = if is_keycloak(provider) {
                "in Keycloak: Realm settings, Keys, Add provider with this algorithm; or set \
                 signing_algorithm to that of a key that is there"
            } else {
                "set signing_algorithm to that of a key that is there"
            };
            report.broken("algorithm", what, fix);
        }
        Err(error) => report.broken("algorithm", error.to_string(), fix(&error)),
    }
}

fn redirect_uri(
    public_url: &PublicUrl,
    provider: &Provider,
    answer: &Silent,
    report: &mut Report<'_>,
) {
    let client = &provider.client_id;
    let uri = public_url.callback(&provider.name);
    match answer {
        Silent::Accepted => {
            report.fine(
                "redirect URI",
                format!("the provider sends browsers back to {uri}"),
            );
        }
        Silent::Unknown(status) => {
            let what = format!(
                "the provider shows an error (status {status}) instead of sending browsers back: \
                 it does not know client {client}, or not with the redirect URI {uri}"
            );
            let fix = if is_keycloak(provider) {
                format!(
                    "in Keycloak: Clients, {client}, Settings: add {uri} to Valid redirect URIs; if \
                     there is no such client, set client_id, or base_url to its realm"
                )
            } else {
                format!("register {uri} as a redirect URI of client {client} there")
            };
            report.broken("redirect URI", what, fix);
        }
        Silent::Refused(error) => {
            let what = format!("the provider refuses our request: {error}");
            let fix = match error.as_str() {
                "unauthorized_client" if is_keycloak(provider) => {
                    format!("in Keycloak: Clients, {client}, Settings: switch on Standard flow")
                }
                error => remedy("error", error).unwrap_or_default().to_owned(),
            };
            report.broken("authorization", what, fix);
        }
        Silent::Unclear(status) => {
            let what =
                format!("the provider does not say whether it knows {uri} (status {status})");
            report.attention("redirect URI", what, "sign in once, which shows it");
        }
    }
}

/// What our settings need of the provider.
fn endpoints(provider: &Provider, announced: &Announced, report: &mut Report<'_>) {
    if !provider.get_info_from_access_token {
        if announced.userinfo {
            report.fine("claims source", "the provider has a userinfo endpoint");
        } else {
            let what = "get_info_from_access_token is false, and there is no userinfo endpoint";
            let fix = "set get_info_from_access_token=true, if access tokens are JWTs there";
            report.broken("claims source", what, fix);
        }
    }
    if provider.idp_logout && !announced.end_session {
        let what = "idp_logout is on, and the provider has no end-session endpoint";
        report.attention(
            "logout",
            what,
            "set idp_logout=false: only our session ends then",
        );
    }
    if let Some(scopes) = &announced.scopes {
        let unknown = provider
            .scopes
            .iter()
            .filter(|scope| !scopes.contains(scope));
        let unknown: Vec<&str> = unknown.map(String::as_str).collect();
        if !unknown.is_empty() {
            let what = format!(
                "the provider does not announce the scopes {}",
                unknown.join(", ")
            );
            report.attention("scopes", what, "see that the client may ask for them");
        }
    }
}
