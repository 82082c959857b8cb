use clap::Subcommand;

use super::console::{Access, Console, Listed, or_dash, when};
use super::failure::Failure;
use crate::directory::invitations;
use crate::domain::{CompanyId, Role};

const EXAMPLES: &str = "\
Examples:
  usher invite add --company acme --email ann@example.com --role admin
  usher invite list
  usher invite remove --company acme --email ann@example.com
";

/// Invitations to companies.
#[derive(Debug, Subcommand)]
#[command(before_help = EXAMPLES)]
pub(super) enum Invite {
    /// Invite an e-mail address: whoever signs in with it, verified, lands in the company.
    Add {
        /// Where to.
        #[arg(long, value_name = "ID")]
        company: CompanyId,
        /// Whom.
        #[arg(long)]
        email: String,
        /// As what: admin or user.
        #[arg(long, default_value = "user", value_parser = role)]
        role: Role,
    },
    /// List invitations, open ones first.
    List {
        /// Only of this company.
        #[arg(long, value_name = "ID")]
        company: Option<CompanyId>,
        #[command(flatten)]
        listed: Listed,
    },
    /// Take an open invitation back.
    Remove {
        /// Where to.
        #[arg(long, value_name = "ID")]
        company: CompanyId,
        /// Whom.
        #[arg(long)]
        email: String,
    },
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "a role is admin or user".to_owned())
}

impl Invite {
    pub(super) async fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        let access = match &self {
            Self::List { .. } => Access::Read,
            _ => Access::Change,
        };
        let opened = console.open(access).await?;
        let administration = opened.administration();
        match self {
            Self::Add {
                company,
                email,
                role,
            } => {
                let added = administration.invite(&company, &email, role).await;
                let email = opened.done(added).await?;
                let role = role.as_str();
                console.say(format_args!(
                    "invited {email} to company {company} as {role}"
                ));
                console.next("usher invite list");
            }
            Self::List { company, listed } => {
                let invited = invitations::list(&opened.store, company.as_ref()).await;
                let invited = opened.done(invited).await?;
                let columns = ["e-mail", "company", "role", "created", "accepted"];
                console.list(listed, &invited, columns, |i| {
                    [
                        i.email.clone(),
                        i.company.to_string(),
                        i.role.as_str().to_owned(),
                        when(i.created_at),
                        or_dash(i.accepted_at.map(when)),
                    ]
                })?;
                if invited.is_empty() {
                    console.next("usher invite add --company ID --email ADDRESS");
                }
            }
            Self::Remove { company, email } => {
                let removed = administration.uninvite(&company, &email).await;
                let email = opened.done(removed).await?;
                console.say(format_args!(
                    "{email} is no longer invited to company {company}"
                ));
            }
        }
        Ok(())
    }
}
