//! The configuration of `usher dev`, in the words of any other site, so that the one loader
//! gives the defaults.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::samples::{self, ADMIN_GROUP};
use super::{DevOptions, ProviderOptions};
use crate::config::{self, Config, ConfigErrors, Environment};
use crate::domain::Secret;

/// The provider's name; `/callback_dev` is its redirect URI.
const PROVIDER: &str = "dev";
const CLIENT_ID: &str = "usher";

/// What this run was given.
pub(super) struct Setup {
    /// Where Usher listens.
    pub(super) usher: SocketAddr,
    /// Where the identity provider listens.
    pub(super) provider: SocketAddr,
    pub(super) client_secret: Secret,
    /// The temporary folder.
    pub(super) data: PathBuf,
    pub(super) policy: Option<PathBuf>,
}

impl Setup {
    /// What browsers see.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.usher)
    }

    /// The development provider's issuer.
    pub(super) fn issuer(&self) -> String {
        format!("http://{}/realms/dev", self.provider)
    }

    /// The configuration of the service. No default company: the sample invitation and e-mail
    /// domains decide.
    pub(super) fn config(&self) -> Result<Config, ConfigErrors> {
        let host = [
            ("LISTEN", self.usher.to_string()),
            ("PUBLIC_URL", self.url()),
            (
                "DATABASE_URL",
                format!("sqlite://{}", self.data.join("usher.db").display()),
            ),
        ];
        let provider = [
            ("base_url", self.issuer()),
            ("client_id", CLIENT_ID.to_owned()),
            ("client_secret", self.client_secret.expose().to_owned()),
            ("display_name", "Development identity provider".to_owned()),
            ("idp_logout", true.to_string()),
            ("groups__enabled", true.to_string()),
            ("groups__admins", format!("[\"{ADMIN_GROUP}\"]")),
            (
                "groups__prohibit_user_signup_if_not_in_group",
                true.to_string(),
            ),
        ];
        let policy = self.policy.as_ref();
        let policy = policy.map(|path| ("policy__module", path.display().to_string()));

        let host = host.map(|(key, value)| (format!("USHER__{key}"), value));
        let provider = provider.into_iter().chain(policy);
        let provider = provider.map(|(key, value)| (variable(key), value));
        let environment: Environment = host.into_iter().chain(provider).collect();
        config::load(&environment, None).map_err(by_argument)
    }

    /// What the development provider serves.
    pub(super) fn provider_options(&self, options: &DevOptions) -> ProviderOptions {
        let url = self.url();
        ProviderOptions {
            issuer: self.issuer(),
            client_id: CLIENT_ID.to_owned(),
            client_secret: self.client_secret.clone(),
            redirect_uris: vec![format!("{url}/callback_{PROVIDER}")],
            post_logout_redirect_uris: vec![format!("{url}/logout/done")],
            users: samples::users(),
            clock: options.clock,
            entropy: options.entropy,
        }
    }
}

/// The person gave an argument, not the variable that it became.
fn by_argument(mut errors: ConfigErrors) -> ConfigErrors {
    for problem in &mut errors.problems {
        if problem.place == variable("policy__module") {
            "--policy".clone_into(&mut problem.place);
        }
    }
    errors
}

fn variable(key: &str) -> String {
    let place = match key {
        "client_id" | "client_secret" => "secure",
        _ => "services",
    };
    format!("CLEARML__{place}__login__sso__oauth_client__{PROVIDER}__{key}")
}
