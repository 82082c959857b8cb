use clap::Subcommand;
use serde_json::json;

use super::console::{Access, Console, Format, Listed, when};
use super::failure::Failure;
use crate::administration::recovery::Recovery;
use crate::directory::users;

const EXAMPLES: &str = "\
Examples:
  usher admin recovery-link ann@example.com       a link that signs Ann in, once, within 15 minutes
";

/// For when nobody can sign in.
#[derive(Debug, Subcommand)]
#[command(before_help = EXAMPLES)]
pub(super) enum Admin {
    /// Print a link that signs an administrator or operator in without a provider and without a
    /// policy: once, within 15 minutes. Making it and using it are written down.
    RecoveryLink {
        /// User id, or an e-mail address that only one user has.
        user: String,
        #[command(flatten)]
        listed: Listed,
    },
}

impl Admin {
    pub(super) async fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        let Self::RecoveryLink { user, listed } = self;
        let opened = console.open(Access::Change).await?;
        let public_url = opened.stored.public_url.clone()?;
        let user = opened.done(users::find(&opened.store, &user).await).await?;
        let made = opened.administration().recovery_link(&user).await;
        let Recovery { token, expires_at } = opened.done(made).await?;
        let url = public_url.join(&format!("/login/recovery/{}", token.expose()));
        match listed.format() {
            Format::Json => console.json(&json!({
                "url": url, "user": user, "expires_at": expires_at,
            }))?,
            Format::Table => console.data(url)?,
        }
        console.say(format_args!(
            "signs in user {user}, once, until {}; whoever has it is this user, so hand it over \
             in person",
            when(expires_at)
        ));
        Ok(())
    }
}
