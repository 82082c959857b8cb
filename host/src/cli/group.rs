use clap::{Args, Subcommand};

use super::console::{Access, Console, Listed, when};
use super::failure::Failure;
use super::opened::Opened;
use crate::config::Problem;
use crate::directory::groups::{self, Left};
use crate::directory::users;
use crate::domain::{CompanyId, Origin, UserId};

const EXAMPLES: &str = "\
Examples:
  usher group create --company acme Research
  usher group list --company acme
  usher group member add --company acme Research ann@example.com
  usher group member list --company acme Research
  usher group member remove --company acme Research ann@example.com
  usher group delete --company acme Research
";

/// User groups of companies.
#[derive(Debug, Subcommand)]
#[command(before_help = EXAMPLES)]
pub(super) enum Group {
    /// Create a group; claims that name it then make members.
    Create(Named),
    /// List groups.
    List {
        /// Only of this company.
        #[arg(long, value_name = "ID")]
        company: Option<CompanyId>,
        #[command(flatten)]
        listed: Listed,
    },
    /// Delete a group; its members are simply no longer in it.
    Delete(Named),
    /// Members of a group.
    #[command(subcommand)]
    Member(Member),
}

/// A group of a company.
#[derive(Debug, Args)]
pub(super) struct Named {
    /// Which company.
    #[arg(long, value_name = "ID")]
    company: CompanyId,
    /// The group's name, as claims name it.
    name: String,
}

/// Members of a group.
#[derive(Debug, Subcommand)]
pub(super) enum Member {
    /// Put a user into a group by hand: claims then never take them out.
    Add {
        #[command(flatten)]
        group: Named,
        /// User id, or an e-mail address that only one user has.
        user: String,
    },
    /// Take a user out of a group, if they were put there by hand.
    Remove {
        #[command(flatten)]
        group: Named,
        /// User id, or an e-mail address that only one user has.
        user: String,
    },
    /// List the members of a group.
    List {
        #[command(flatten)]
        group: Named,
        #[command(flatten)]
        listed: Listed,
    },
}

impl Group {
    pub(super) async fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        let access = match &self {
            Self::List { .. } | Self::Member(Member::List { .. }) => Access::Read,
            _ => Access::Change,
        };
        let opened = console.open(access).await?;
        let administration = opened.administration();
        match self {
            Self::Create(Named { company, name }) => {
                let created = administration.create_group(&company, &name).await;
                opened.done(created).await?;
                console.say(format_args!("created group {name} of company {company}"));
                console.next(format_args!("usher group list --company {company}"));
            }
            Self::List { company, listed } => {
                let groups = groups::list(&opened.store, company.as_ref()).await;
                let groups = opened.done(groups).await?;
                let columns = ["company", "name", "members", "created"];
                console.list(listed, &groups, columns, |g| {
                    let members = g.members.to_string();
                    [
                        g.company.to_string(),
                        g.name.clone(),
                        members,
                        when(g.created_at),
                    ]
                })?;
                if groups.is_empty() {
                    console.next("usher group create --company ID NAME");
                }
            }
            Self::Delete(Named { company, name }) => {
                let deleted = administration.delete_group(&company, &name).await;
                opened.done(deleted).await?;
                console.say(format_args!("deleted group {name} of company {company}"));
            }
            Self::Member(member) => return member.run(&opened, console).await,
        }
        Ok(())
    }
}

impl Member {
    async fn run(self, opened: &Opened, console: &mut Console<'_>) -> Result<(), Failure> {
        let (store, administration) = (&opened.store, opened.administration());
        match self {
            Self::Add { group, user } => {
                let Named { company, name } = group;
                let user = opened.done(users::find(store, &user).await).await?;
                let added = administration.add_member(&company, &name, &user).await;
                let said = match opened.done(added).await? {
                    true => "is in",
                    false => "was already, by hand, in",
                };
                console.say(format_args!("user {user} {said} group {name}"));
            }
            Self::Remove { group, user } => {
                let Named { company, name } = group;
                let user = opened.done(users::find(store, &user).await).await?;
                let removed = administration.remove_member(&company, &name, &user).await;
                let left = opened.done(removed).await?;
                return say_left(left, &user, &name, opened, console);
            }
            Self::List { group, listed } => {
                let Named { company, name } = group;
                let members = groups::members(store, &company, &name).await;
                let members = opened.done(members).await?;
                console.list(listed, &members, ["user", "by"], |member| {
                    [member.user.to_string(), by(&member.origins)]
                })?;
                if members.is_empty() {
                    console.say("nobody is in it");
                }
            }
        }
        Ok(())
    }
}

fn say_left(
    left: Left,
    user: &UserId,
    group: &str,
    opened: &Opened,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let stays = "claims keep them in it (idp)";
    match (left.was, left.stays_by_claims) {
        (true, false) => console.say(format_args!("user {user} was taken out of group {group}")),
        (true, true) => console.say(format_args!(
            "user {user} is not in group {group} by hand any more, but {stays} until the provider no longer names it"
        )),
        (false, false) => console.say(format_args!("user {user} was not in group {group}")),
        (false, true) => {
            return Err(Failure::refused(Problem::new(
                format!("user {user} was not put by hand into group {group}: {stays}"),
                &opened.place,
                "take them out of it at the provider; the next sign-in follows",
            )));
        }
    }
    Ok(())
}

/// Who granted something: `idp`, `manual` or both.
pub(super) fn by(origins: &[Origin]) -> String {
    let names: Vec<_> = origins.iter().map(|origin| origin.as_str()).collect();
    names.join(", ")
}
