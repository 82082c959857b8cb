/// What mends a failed check of an exchange with a provider: words for whoever runs the
/// service. They hold nothing of the attempt, so that a page may show them.
///
/// `check` is the short name in a record's `detail`, in front of the colon; `detail` is what
/// stands behind it.
pub fn remedy(check: &str, detail: &str) -> Option<&'static str> {
    let says = |words: &str| detail.contains(words);
    Some(match check {
        "token.error" if says("invalid_client") || says("unauthorized_client") => {
            "The client id or secret is not accepted. In Keycloak: Clients, the client, tab \
             Credentials; copy the secret to client_secret or client_secret_file, and see that \
             client_auth names a method that the client allows."
        }
        "token.error" if says("invalid_scope") => INVALID_SCOPE,
        "token.error" if says("invalid_grant") => {
            "The code was used already, or is not for this client and redirect URI: see that only \
             one installation uses this client, and that every replica shares one database."
        }
        "error" if says("invalid_scope") => INVALID_SCOPE,
        "id_token" => "Let the setting scopes contain openid.",
        "access_token.sub" | "userinfo.status" if says("ightweight") => {
            "The access token is a lightweight one. In Keycloak: Clients, the client, tab Advanced, \
             switch off \"Always use lightweight access token\"; or switch on \"Add to lightweight \
             access token\" in every mapper, the one for sub included."
        }
        "alg" | "access_token.alg" | "userinfo.alg" => {
            "The token is signed with another algorithm than signing_algorithm names. Set \
             signing_algorithm to the provider's, or, in Keycloak: Clients, the client, tab \
             Advanced, set the signature algorithms of ID token and access token (of the user info \
             response too, if it is signed) to it."
        }
        "access_token.form" | "access_token.header" | "access_token.typ" => {
            "The access token is no JWT that can be read. Set \
             get_info_from_access_token=false, so that claims come from the userinfo endpoint."
        }
        "key" | "access_token.key" | "signature" | "access_token.signature" => {
            "The token is signed with a key that the provider does not publish: see that base_url \
             is the realm that issued it, and that all nodes of the provider have the same keys."
        }
        "iat" | "exp" | "nbf" | "access_token.iat" | "access_token.exp" | "access_token.nbf" => {
            "The clocks of this service and of the provider differ by more than a minute. Set both \
             by NTP (timedatectl or chronyc tracking says whether one is)."
        }
        "auth_time" => {
            "The provider did not ask for the password as recently as max_age wants. Raise \
             authorize_params__max_age, or give the client the scope that adds auth_time (basic in \
             Keycloak)."
        }
        "acr" => {
            "The provider did not reach what authorize_params__acr_values asks for. In Keycloak: map \
             the values to levels (realm settings, ACR to LoA mapping) and add an authentication \
             flow that reaches them."
        }
        "discovery.issuer" | "iss" | "access_token.iss" | "response.iss" => {
            "Set base_url to exactly the issuer that the provider calls itself, letter by letter. \
             With Keycloak behind a proxy: start it with the hostname (KC_HOSTNAME) that base_url \
             has."
        }
        "discovery.status" | "discovery.json" | "discovery.base_url" => {
            "Set base_url to the part before protocol/openid-connect/, such as \
             https://kc.example.com/realms/REALM; the realm's name counts letter by letter."
        }
        "discovery.pkce" => "Let the provider accept PKCE with S256.",
        "email" => {
            "Let claims__email name the claim that holds the e-mail address alone, as one text."
        }
        "groups" => {
            "The token carried no groups claim at all: the person is in no group there, or the \
             provider does not send it. In Keycloak: Clients, the client, tab Client scopes, its \
             dedicated scope, mapper Group Membership with the name that groups__claim has, added to \
             the access token (with get_info_from_access_token=false: to userinfo)."
        }
        _ => return reach(check),
    })
}

/// The provider cannot be reached.
fn reach(check: &str) -> Option<&'static str> {
    Some(match check {
        "outbound.name" => "Mend base_url, or the name service of this machine.",
        "outbound.connect" | "outbound.timeout" => {
            "See that the provider runs and that this machine may connect to it (firewall, network \
             policy)."
        }
        "outbound.certificate" => {
            "Give the provider a certificate that is valid for its name, or name the authority that \
             signed it in USHER__OIDC__CA_FILE."
        }
        "outbound.address" => {
            "If the provider really lives at a private address, allow its range in \
             USHER__OIDC__ALLOW_PRIVATE, such as 10.0.0.0/8."
        }
        _ => return None,
    })
}

const INVALID_SCOPE: &str = "The provider does not know one of the scopes. In Keycloak: Clients, \
     the client, tab Client scopes, add it (profile and email are among the defaults); or leave it \
     out of the setting scopes.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_named_only_where_it_is_refused() {
        let detail = "the token endpoint answered unauthorized_client: … (status 401)";
        assert!(remedy("token.error", detail).is_some_and(|fix| fix.contains("Credentials")));
        assert_eq!(remedy("token.error", "server_error"), None);
        assert_eq!(remedy("nonce", ""), None);
    }
}
