use clap::Subcommand;

use super::console::{Console, Format, Listed, or_dash, table, when};
use super::failure::Failure;
use super::group::by;
use crate::directory::users::{self, Status, UserDetails};
use crate::domain::CompanyId;

const EXAMPLES: &str = "\
Examples:
  usher user list --company acme
  usher user show ann@example.com
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
}

impl User {
    pub(super) async fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        let opened = console.open().await?;
        let store = &opened.store;
        let failed = |error| Failure::directory(error, &opened.place);
        match self {
            Self::List { company, listed } => {
                let users = users::list(store, company.as_ref()).await;
                let users = users.map_err(failed)?;
                let columns = [
                    "id",
                    "name",
                    "e-mail",
                    "company",
                    "admin",
                    "status",
                    "last sign-in",
                ];
                console.list(listed, &users, columns, |u| {
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
                match users.as_slice() {
                    [] => console.say("no user yet: the first sign-in makes one"),
                    [first, ..] if listed.format() == Format::Table => {
                        console.next(format_args!("usher user show {}", first.id));
                    }
                    _ => {}
                }
            }
            Self::Show { user, listed } => {
                let user = users::show(store, &user).await.map_err(failed)?;
                match listed.format() {
                    Format::Json => console.json(&user)?,
                    Format::Table => console.data(details(&user))?,
                }
            }
        }
        Ok(())
    }
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
