use clap::Subcommand;

use super::console::{Access, Console, Listed, when};
use super::failure::Failure;
use crate::directory::companies;
use crate::domain::{CompanyId, InvalidName};

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
        #[arg(long, value_parser = new_id)]
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

/// The id of a company that is to be made, or what it could be.
fn new_id(given: &str) -> Result<CompanyId, String> {
    given.parse().map_err(|error: InvalidName| {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let id: String = given.to_lowercase().chars().map(plain).take(64).collect();
        let id = id.trim_matches('-');
        let fix = match id.parse::<CompanyId>() {
            Ok(id) if given.is_ascii() => format!("such as --id {id}"),
            _ => "choose one, such as --id acme".to_owned(),
        };
        format!("{error}\n  fix:   {fix}")
    })
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
