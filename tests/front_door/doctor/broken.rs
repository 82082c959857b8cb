//! The eight connections to Keycloak that are set up wrongly: what the doctor says of each,
//! after somebody has tried to sign in.

use usher_tests::keycloak::broken::Fault;
use usher_tests::keycloak::{self, password};
use usher_tests::server::Installation;
use usher_tests::visitor::Visitor;

use super::{doctor, of_level};
use crate::USHER;

/// What the doctor must say, in the same line: what is wrong and its fix.
fn says(fault: Fault) -> &'static [&'static str] {
    match fault {
        Fault::NoMapper => &[
            "claims: groups",
            "in no token",
            "Add mapper",
            "Group Membership",
        ],
        Fault::GroupsOnlyInUserinfo => &[
            "claims: groups",
            "in no token",
            "Add to access token",
            "get_info_from_access_token=false reads it there",
        ],
        Fault::WrongRedirectUri => &["redirect URI", "Valid redirect URIs", "/callback_keycloak"],
        Fault::WrongSecret => &["unauthorized_client", "Credentials"],
        Fault::IssuerDiffers => &[
            "discovery",
            "localhost",
            "Set base_url to exactly the issuer",
        ],
        Fault::ClockFiveMinutesOff => &["sign-ins", "clock_skew", "s ahead of our clock", "NTP"],
        Fault::LightweightTokens => &["sign-ins", "Always use lightweight access token"],
        Fault::AlgorithmChanged => &["sign-ins", "PS256", "signing_algorithm"],
    }
}

#[tokio::test]
async fn each_fault_at_keycloak_is_named_with_its_fix() -> anyhow::Result<()> {
    let Some(keycloak) = keycloak::running().await else {
        return Ok(());
    };
    for fault in Fault::ALL {
        let usher = Installation::new(USHER);
        usher.must(&["company", "create", "--id", "acme", "--name", "Acme"])?;
        usher.must(&["group", "create", "--company", "acme", "research"])?;
        let usher = fault.connect(keycloak, usher).await?;
        let usher = usher.with(keycloak::variable("secure", "default_company"), "acme");
        let server = usher.serve().await?;
        let mut carol = Visitor::new();
        let page = carol
            .get(server.url("/login/start?provider=keycloak"))
            .await?;
        let page = carol.settle(page).await?;
        if page.form("#kc-form-login").is_ok() {
            let page = keycloak::sign_in(&mut carol, page, "carol", &password("carol")).await?;
            carol.settle(page).await?;
        }
        let (code, findings) = doctor(&usher)?;
        let broken = of_level(&findings, "broken");
        assert_eq!(code, Some(1), "{fault:?}: {findings:#?}");
        let named = |f: &String| says(fault).iter().all(|word| f.contains(word));
        let (any, all) = (!broken.is_empty(), broken.iter().all(named));
        assert!(any && all, "{fault:?}, and nothing else: {broken:#?}");
    }
    Ok(())
}
