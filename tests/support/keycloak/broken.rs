//! Eight connections to Keycloak that are set up wrongly, as people run into them.

use serde_json::json;

use super::{Client, Keycloak, variable};
use crate::clock;
use crate::server::Installation;

/// What is wrong. All else is as the product page says, with prohibition on
/// (`groups__prohibit_user_signup_if_not_in_group`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The client has no group mapper.
    NoMapper,
    /// The client has another redirect URI than ours.
    WrongRedirectUri,
    /// We have another secret than the client.
    WrongSecret,
    /// `base_url` names another host than the issuer: `localhost`, not `127.0.0.1`.
    IssuerDiffers,
    /// Our clock is five minutes behind Keycloak's.
    ClockFiveMinutesOff,
    /// The client always gets lightweight access tokens.
    LightweightTokens,
    /// The client signs with PS256, and we expect RS256.
    AlgorithmChanged,
    /// The group mapper writes to userinfo alone, and we read the access token.
    GroupsOnlyInUserinfo,
}

impl Fault {
    /// Every one.
    pub const ALL: [Self; 8] = [
        Self::NoMapper,
        Self::WrongRedirectUri,
        Self::WrongSecret,
        Self::IssuerDiffers,
        Self::ClockFiveMinutesOff,
        Self::LightweightTokens,
        Self::AlgorithmChanged,
        Self::GroupsOnlyInUserinfo,
    ];

    /// Registers a broken client in the shared realm and gives the installation the settings
    /// for it; what runs from it has this fault and no other. A default company is left to
    /// the caller.
    pub async fn connect(
        self,
        keycloak: &Keycloak,
        usher: Installation,
    ) -> anyhow::Result<Installation> {
        let mut client = keycloak.realm().client(usher.origin())?;
        self.break_client(&mut client);
        keycloak.realm().register(&client).await?;
        let usher = usher.with_all(client.settings()).with(
            variable("services", "groups__prohibit_user_signup_if_not_in_group"),
            "true",
        );
        self.break_service(keycloak, usher)
    }

    fn break_client(self, client: &mut Client) {
        match self {
            Self::NoMapper => client.set("/protocolMappers", json!([])),
            Self::WrongRedirectUri => {
                client.set(
                    "/redirectUris",
                    json!(["http://127.0.0.1:9/callback_keycloak"]),
                );
            }
            Self::LightweightTokens => client.set(
                "/attributes/client.use.lightweight.access.token.enabled",
                json!("true"),
            ),
            Self::AlgorithmChanged => {
                for token in ["id", "access"] {
                    let attribute = format!("/attributes/{token}.token.signed.response.alg");
                    client.set(&attribute, json!("PS256"));
                }
            }
            Self::GroupsOnlyInUserinfo => {
                client.set_groups_mapper("access.token.claim", "false");
                client.set_groups_mapper("id.token.claim", "false");
            }
            Self::WrongSecret | Self::IssuerDiffers | Self::ClockFiveMinutesOff => {}
        }
    }

    fn break_service(
        self,
        keycloak: &Keycloak,
        usher: Installation,
    ) -> anyhow::Result<Installation> {
        Ok(match self {
            Self::WrongSecret => usher.with(variable("secure", "client_secret"), "another-secret"),
            Self::IssuerDiffers => {
                let alias = keycloak.issuer().replace("127.0.0.1", "localhost");
                usher.with(variable("services", "base_url"), alias)
            }
            Self::ClockFiveMinutesOff => clock::shift(usher, -300)?,
            _ => usher,
        })
    }
}
