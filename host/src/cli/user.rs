mod change;

use clap::Subcommand;

use self::change::Change;
use super::console::{Access, Console, Format, Listed, or_dash, table, when};
use super::failure::Failure;
use super::group::by;
use crate::directory::users::{self, Status, UserDetails};
use crate::domain::CompanyId;

const EXAMPLES: &str = "\
Examples:
  usher user list --company acme
  usher user show ann@example.com
  usher user disable ann@example.com              out at once, until: usher user enable
  usher user enable ann@example.com
  usher user set-admin ann@example.com            administrator of their company
  usher user set-admin ann@example.com --off
  usher user set-operator ann@example.com         sees all companies
  usher user sign-out ann@example.com             ends all their sessions
  usher user link ann@example.com --issuer https://kc.example.com/realms/main --subject 8f14e45f
  usher user unlink ann@example.com --issuer https://kc.example.com/realms/main --subject 8f14e45f
  usher user delete ann@example.com --yes         for ever
";

/// Users.
#[derive(Debug, Subcommand)]
#[command(before_help = EXAMPLES)]
pub(super) enum User {
    /// List users, deleted ones among them.
    List {
        /// Only of this company.
        #[arg(long, value_name = "ID")]
        company: Option<CompanyId>,
        #[command(flatten)]
        listed: Listed,
    },
    /// Show a user with identities and groups.
    Show {
        /// User id, or an e-mail address that only one user has.
        user: String,
        #[command(flatten)]
        listed: Listed,
    },
    #[command(flatten)]
    Change(Change),
}

impl User {
    pub(super) async fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        let access = match &self {
            Self::List { .. } | Self::Show { .. } => Access::Read,
            _ => Access::Change,
        };
        let opened = console.open(access).await?;
        match self {
            Self::List { company, listed } => {
                let users = users::list(&opened.store, company.as_ref()).await;
                let users = opened.done(users).await?;
                list(&users, listed, console)
            }
            Self::Show { user, listed } => {
                let user = users::show(&opened.store, &user).await;
                let user = opened.done(user).await?;
                match listed.format() {
                    Format::Json => console.json(&user),
                    Format::Table => Ok(console.data(details(&user))?),
                }
            }
            Self::Change(change) => change.run(&opened, console).await,
        }
    }
}

fn list(users: &[users::User], listed: Listed, console: &mut Console<'_>) -> Result<(), Failure> {
    let columns = [
        "id",
        "name",
        "e-mail",
        "company",
        "admin",
        "status",
        "last sign-in",
    ];
    console.list(listed, users, columns, |u| {
        [
            u.id.to_string(),
            u.name.clone(),
            or_dash(u.email.as_ref()),
            or_dash(u.company.as_ref()),
            yes(u.admin),
            status(u.status).to_owned(),
            or_dash(u.signed_in_at.map(when)),
        ]
    })?;
    match users {
        [] => console.say("no user yet: the first sign-in makes one"),
        [first, ..] if listed.format() == Format::Table => {
            console.next(format_args!("usher user show {}", first.id));
        }
        _ => {}
    }
    Ok(())
}

fn details(details: &UserDetails) -> String {
    let user = &details.user;
    let origin = details.company_origin.map(|origin| by(&[origin]));
    let mut rows = vec![
        ["id".to_owned(), user.id.to_string()],
        ["name".to_owned(), user.name.clone()],
        ["e-mail".to_owned(), or_dash(user.email.as_ref())],
        [
            "company".to_owned(),
            with_origin(or_dash(user.company.as_ref()), origin),
        ],
        [
            "administrator".to_owned(),
            with_origin(yes(user.admin), user.admin.then(|| by(&user.admin_origins))),
        ],
        ["operator".to_owned(), yes(user.operator)],
        ["status".to_owned(), status(user.status).to_owned()],
        ["created".to_owned(), when(user.created_at)],
        [
            "last sign-in".to_owned(),
            or_dash(user.signed_in_at.map(when)),
        ],
    ];
    for identity in &details.identities {
        let identity = format!("{} at {}", identity.subject, identity.issuer);
        rows.push(["identity".to_owned(), identity]);
    }
    for group in &details.groups {
        let group = with_origin(group.name.clone(), Some(by(&group.origins)));
        rows.push(["group".to_owned(), group]);
    }
    table(&[], rows)
}

fn with_origin(what: String, origin: Option<String>) -> String {
    match origin {
        Some(origin) => format!("{what} ({origin})"),
        None => what,
    }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Disabled => "disabled",
        Status::Deleted => "deleted",
    }
}

fn yes(flag: bool) -> String {
    if flag { "yes" } else { "no" }.to_owned()
}
