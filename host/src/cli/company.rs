use clap::Subcommand;

use super::console::{Access, Console, Listed, when};
use super::failure::Failure;
use crate::directory::companies;
use crate::domain::CompanyId;

const EXAMPLES: &str = "\
Examples:
  usher company create --id acme --name 'Acme Robotics'
  usher company list
  usher company delete --id acme
";

/// Companies (tenants, workspaces).
#[derive(Debug, Subcommand)]
#[command(before_help = EXAMPLES)]
pub(super) enum Company {
    /// Create a company.
    Create {
        /// Letters, digits, `_` and `-`; it never changes.
        #[arg(long)]
        id: CompanyId,
        /// What people read.
        #[arg(long)]
        name: String,
    },
    /// List companies.
    List {
        #[command(flatten)]
        listed: Listed,
    },
    /// Delete a company.
    Delete {
        /// Which one.
        #[arg(long)]
        id: CompanyId,
        /// Delete it even if it is not empty: its groups, domains, invitations and
        /// memberships go with it.
        #[arg(long)]
        force: bool,
    },
}

impl Company {
    pub(super) async fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        let access = match &self {
            Self::List { .. } => Access::Read,
            _ => Access::Change,
        };
        let opened = console.open(access).await?;
        let administration = opened.administration();
        match self {
            Self::Create { id, name } => {
                let created = administration.create_company(&id, &name).await;
                opened.done(created).await?;
                console.say(format_args!("created company {id}"));
                console.next(format_args!("usher domain add --company {id} example.com"));
            }
            Self::List { listed } => {
                let companies = opened.done(companies::list(&opened.store).await).await?;
                console.list(
                    listed,
                    &companies,
                    ["id", "name", "users", "created"],
                    |c| {
                        let users = c.users.to_string();
                        [c.id.to_string(), c.name.clone(), users, when(c.created_at)]
                    },
                )?;
                if companies.is_empty() {
                    console.next("usher company create --id acme --name Acme");
                }
            }
            Self::Delete { id, force } => {
                let deleted = administration.delete_company(&id, force).await;
                opened.done(deleted).await?;
                console.say(format_args!("deleted company {id}"));
            }
        }
        Ok(())
    }
}
