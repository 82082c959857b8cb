use std::io::IsTerminal;

use clap::{Args, Subcommand};

use crate::administration::counted;
use crate::cli::console::{Console, or_dash};
use crate::cli::failure::Failure;
use crate::cli::opened::Opened;
use crate::config::{Problem, nearest};
use crate::directory::users::{self, AdminSet, Unlinked, UserDetails};
use crate::domain::UserId;

/// What can be done to a user.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Change {
    /// Keep a user out: their sessions end at once, and sign-ins are refused.
    Disable(Whom),
    /// Let a disabled user in again.
    Enable(Whom),
    /// Make a user an administrator of their company, whatever claims say.
    SetAdmin(Switch),
    /// Make a user an operator, who sees all companies.
    SetOperator(Switch),
    /// End all sessions of a user; they may sign in again.
    SignOut(Whom),
    /// Add an identity to a user: whoever signs in with it is this user.
    Link(Identity),
    /// Take an identity from a user: whoever signs in with it afterwards is somebody new.
    Unlink(Identity),
    /// Delete a user for ever: their identities stay known, and are refused.
    Delete {
        #[command(flatten)]
        whom: Whom,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

/// The user.
#[derive(Debug, Args)]
pub(in crate::cli) struct Whom {
    /// User id, or an e-mail address that only one user has.
    user: String,
}

/// A role, given or taken.
#[derive(Debug, Args)]
pub(in crate::cli) struct Switch {
    #[command(flatten)]
    whom: Whom,
    /// Take it away instead.
    #[arg(long)]
    off: bool,
}

/// An identity of a user.
#[derive(Debug, Args)]
pub(in crate::cli) struct Identity {
    #[command(flatten)]
    whom: Whom,
    /// The provider's issuer (`iss`), letter for letter.
    #[arg(long, value_name = "URL")]
    issuer: String,
    /// The person's subject there (`sub`).
    #[arg(long, value_name = "SUB")]
    subject: String,
}

impl Change {
    pub(super) async fn run(
        self,
        opened: &Opened,
        console: &mut Console<'_>,
    ) -> Result<(), Failure> {
        let given = match &self {
            Self::Disable(whom) | Self::Enable(whom) | Self::SignOut(whom) => whom,
            Self::SetAdmin(switch) | Self::SetOperator(switch) => &switch.whom,
            Self::Link(identity) | Self::Unlink(identity) => &identity.whom,
            Self::Delete { whom, .. } => whom,
        };
        let person = users::show(&opened.store, &given.user).await;
        let person = Person(opened.done(person).await?);
        match self {
            Self::Disable(_) => disable(&person, opened, console).await,
            Self::Enable(_) => enable(&person, opened, console).await,
            Self::SetAdmin(switch) => set_admin(&person, !switch.off, opened, console).await,
            Self::SetOperator(switch) => set_operator(&person, !switch.off, opened, console).await,
            Self::SignOut(_) => sign_out(&person, opened, console).await,
            Self::Link(identity) => link(&person, &identity, opened, console).await,
            Self::Unlink(identity) => unlink(&person, &identity, opened, console).await,
            Self::Delete { yes, .. } => delete(&person, yes, opened, console).await,
        }
    }
}

/// A user as they are spoken of.
struct Person(UserDetails);

impl Person {
    fn id(&self) -> &UserId {
        &self.0.user.id
    }
}

impl std::fmt::Display for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let user = &self.0.user;
        match &user.email {
            Some(email) => write!(f, "user {} ({email})", user.id),
            None => write!(f, "user {}", user.id),
        }
    }
}

async fn disable(
    person: &Person,
    opened: &Opened,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let disabled = opened.administration().disable(person.id()).await;
    match opened.done(disabled).await? {
        Some(ended) => {
            let ended = counted(ended, "session");
            console.say(format_args!("disabled {person}; {ended} ended"));
            console.next(format_args!("usher user enable {}", person.id()));
        }
        None => console.say(format_args!("{person} was disabled already")),
    }
    Ok(())
}

async fn enable(
    person: &Person,
    opened: &Opened,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let enabled = opened.administration().enable(person.id()).await;
    match opened.done(enabled).await? {
        true => console.say(format_args!("enabled {person}; they may sign in again")),
        false => console.say(format_args!("{person} was not disabled")),
    }
    Ok(())
}

async fn set_admin(
    person: &Person,
    on: bool,
    opened: &Opened,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let set = opened.administration().set_admin(person.id(), on).await;
    let AdminSet {
        company,
        changed,
        by_claims,
    } = opened.done(set).await?;
    let role = format!("administrator of company {company}");
    if on {
        let said = if changed { "is" } else { "was already" };
        console.say(format_args!("{person} {said} {role}, by hand"));
        return Ok(());
    }
    if by_claims {
        let issuers: Vec<_> = person.0.identities.iter().map(|i| &*i.issuer).collect();
        let stays = format!(
            "{person} stays {role}: claims from {} make them one (idp)",
            issuers.join(", ")
        );
        let fix = "take the role (admin_role) or the group (groups.admins) away there: the next \
                   sign-in follows; or keep them out until then with: usher user disable";
        if !changed {
            return Err(Failure::refused(Problem::new(stays, &opened.place, fix)));
        }
        console.say(format_args!("{person} is no {role} by hand any more"));
        console.warn(&[Problem::new(stays, &opened.place, fix)]);
        return Ok(());
    }
    let said = if changed { "is no longer" } else { "was no" };
    console.say(format_args!("{person} {said} {role}"));
    Ok(())
}

async fn set_operator(
    person: &Person,
    on: bool,
    opened: &Opened,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let set = opened.administration().set_operator(person.id(), on).await;
    let said = match (on, opened.done(set).await?) {
        (true, true) => "is an operator: they see all companies",
        (true, false) => "was an operator already",
        (false, true) => "is no longer an operator",
        (false, false) => "was no operator",
    };
    console.say(format_args!("{person} {said}"));
    Ok(())
}

async fn sign_out(
    person: &Person,
    opened: &Opened,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let ended = opened.administration().sign_out(person.id()).await;
    match opened.done(ended).await? {
        0 => console.say(format_args!("{person} was not signed in")),
        ended => {
            let ended = counted(ended, "session");
            console.say(format_args!("signed out {person}; {ended} ended"));
        }
    }
    Ok(())
}

async fn link(
    person: &Person,
    identity: &Identity,
    opened: &Opened,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let Identity {
        issuer, subject, ..
    } = identity;
    let known = opened.done(users::issuers(&opened.store).await).await?;
    let linked = opened
        .administration()
        .link(person.id(), issuer, subject)
        .await;
    let said = match opened.done(linked).await? {
        true => "is now",
        false => "was already",
    };
    console.say(format_args!("{subject} at {issuer} {said} {person}"));
    if !known.contains(issuer) {
        let known = known.iter().map(String::as_str);
        let fix = match nearest(issuer, known) {
            Some(meant) => format!("did you mean {meant}? Then unlink this one and link that"),
            None => "compare it with the `iss` of a token: it counts letter for letter".to_owned(),
        };
        let what = "nobody has come from this issuer so far";
        console.warn(&[Problem::new(what, format!("--issuer {issuer}"), fix)]);
    }
    console.next(format_args!("usher user show {}", person.id()));
    Ok(())
}

async fn unlink(
    person: &Person,
    identity: &Identity,
    opened: &Opened,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let Identity {
        issuer, subject, ..
    } = identity;
    let unlinked = opened
        .administration()
        .unlink(person.id(), issuer, subject)
        .await;
    let Unlinked { ended, left } = opened.done(unlinked).await?;
    let ended = counted(ended, "session");
    console.say(format_args!(
        "{subject} at {issuer} is no longer {person}; {ended} ended"
    ));
    if left == 0 {
        console.say(format_args!(
            "that was the last identity: nobody can sign in as this user until one is linked, and \
             whoever signs in with {} is refused as account_exists",
            or_dash(person.0.user.email.as_ref())
        ));
        console.next(format_args!(
            "usher user link {} --issuer URL --subject SUB",
            person.id()
        ));
    }
    Ok(())
}

async fn delete(
    person: &Person,
    yes: bool,
    opened: &Opened,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    if !yes && !confirmed(person, console)? {
        return Err(Failure::usage(Problem::new(
            format!("{person} is not deleted: it cannot be undone, and was not confirmed"),
            "--yes",
            format!(
                "add --yes; or keep them out for a while: usher user disable {}",
                person.id()
            ),
        )));
    }
    let deleted = opened.administration().delete(person.id()).await;
    let ended = counted(opened.done(deleted).await?, "session");
    console.say(format_args!("deleted {person}; {ended} ended"));
    Ok(())
}

/// Asks, where there is somebody to ask.
fn confirmed(person: &Person, console: &mut Console<'_>) -> Result<bool, Failure> {
    let input = std::io::stdin();
    if !input.is_terminal() {
        return Ok(false);
    }
    console.say(format_args!(
        "Delete {person} for ever? Their identities stay known and are refused. Type yes:"
    ));
    let mut answer = String::new();
    input.read_line(&mut answer)?;
    Ok(answer.trim().eq_ignore_ascii_case("yes"))
}
