use crate::domain::{Actor, Code};

/// Why a request ended on a page that is not the one asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Problem {
    /// A sign-in ended without a session.
    Code(Code),
    /// The person said no at the provider (`error=access_denied`).
    Denied,
    /// The provider would have to ask the person something, and was not to (`prompt=none`).
    Unattended,
    /// A sign-in was asked for with a provider that is not configured, or to a place that is
    /// no path of ours.
    BadRequest,
    /// A form came from another site, or without its token (S7).
    ForeignForm,
    /// The page is for operators.
    NotOperator,
    /// A recovery link was used, or is too old.
    LinkInvalid,
    /// There is no such page.
    NotFound,
    /// The page does not take this method.
    WrongMethod,
    /// The request is too large.
    TooLarge,
    /// A bug of ours.
    Internal,
}

/// What a page says about a [`Problem`]. It names no group, no other company, no other user,
/// and nothing that a provider or a policy wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// The heading: the class of the reason, in words.
    pub heading: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What can be done, and by whom.
    pub advice: &'static str,
}

/// How a page feels: which picture it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// The rules said no.
    Closed,
    /// The attempt went wrong, a new one may do.
    Astray,
    /// Something is broken.
    Broken,
}

impl Mood {
    /// The word used in class names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Astray => "astray",
            Self::Broken => "broken",
        }
    }
}

impl Problem {
    /// The HTTP status (`spec.md` §5).
    pub fn status(self) -> u16 {
        match self {
            Self::Code(code) => code.status(),
            Self::Denied | Self::BadRequest | Self::LinkInvalid => 400,
            Self::ForeignForm | Self::NotOperator => 403,
            Self::NotFound => 404,
            Self::WrongMethod => 405,
            Self::TooLarge => 413,
            Self::Internal => 500,
            Self::Unattended => Code::ProviderError.status(),
        }
    }

    /// How the page feels.
    pub fn mood(self) -> Mood {
        match self {
            Self::Code(code) => match code.actor() {
                Actor::Access => Mood::Closed,
                Actor::Browser => Mood::Astray,
                Actor::Provider | Actor::Us => Mood::Broken,
            },
            Self::Internal => Mood::Broken,
            _ => Mood::Astray,
        }
    }

    pub(super) fn in_english(self) -> Reason {
        let (heading, meaning, advice) = match self {
            Self::Code(code) => match code.actor() {
                Actor::Access => access(code),
                Actor::Browser => browser(code),
                Actor::Provider => provider(code),
                Actor::Us => ours(code),
            },
            other => request(other),
        };
        Reason {
            heading,
            meaning,
            advice,
        }
    }
}

type Text = (&'static str, &'static str, &'static str);

fn access(code: Code) -> Text {
    const ASK: &str = "If you think you should have access, send the reference below to whoever \
                       gives access here.";
    match code {
        Code::NoCompany => (
            "No company is linked to your e-mail address",
            "You proved who you are, but nothing here is linked to that account yet.",
            ASK,
        ),
        Code::GroupRequired => (
            "Your account is in no group that may use this service",
            "You proved who you are. Access depends on groups, and none of yours gives it.",
            ASK,
        ),
        Code::EmailUnverified => (
            "Your e-mail address is not verified",
            "Your identity provider does not vouch for the e-mail address of this account.",
            "Verify the address there, then try again.",
        ),
        // Says nothing of another account: whether one exists is nobody's business here.
        Code::AccountExists => (
            "Your account has to be connected first",
            "You proved who you are, but this sign-in is not connected to an account here.",
            "Whoever runs this service can connect it: send them the reference below.",
        ),
        Code::Disabled => (
            "Sign-in is closed for this account",
            "You proved who you are, but this account may not sign in here.",
            ASK,
        ),
        Code::CompanyMismatch => (
            "Your account cannot sign in there",
            "You proved who you are, but the place you asked for is not open to this account.",
            "Use the address that you were given for signing in, or send the reference below to \
             whoever gives access here.",
        ),
        _ => (
            "The rules of this service do not let you in",
            "You proved who you are, but the rules for signing in do not admit this account.",
            ASK,
        ),
    }
}

fn browser(code: Code) -> Text {
    match code {
        Code::RateLimited => (
            "Too many attempts",
            "This browser or network has tried to sign in very often within a short time.",
            "Wait a moment, then try again.",
        ),
        _ => (
            "This sign-in attempt is no longer valid",
            "It may be older than ten minutes, already used, or begun in another browser.",
            "Start again. If it keeps happening, allow cookies for this site.",
        ),
    }
}

fn provider(code: Code) -> Text {
    // An attempt that could not begin has no reference.
    const TELL: &str = "Try again in a moment. If it keeps happening, send the details below to \
                        whoever runs this service.";
    match code {
        Code::ProviderUnreachable => (
            "The identity provider does not answer",
            "We could not reach the service that proves who you are.",
            TELL,
        ),
        Code::TokenInvalid => (
            "The identity provider’s answer did not hold",
            "It answered, but its answer failed a check, so nobody was signed in.",
            TELL,
        ),
        Code::ClockSkew => (
            "Two clocks disagree",
            "The clocks of this service and of the identity provider are too far apart.",
            "Somebody has to set them right: send the reference below to whoever runs this \
             service.",
        ),
        _ => (
            "The identity provider reported an error",
            "It could not complete your sign-in.",
            TELL,
        ),
    }
}

fn ours(code: Code) -> Text {
    const TELL: &str = "It is not your fault. If it keeps happening, send the reference below to \
                        whoever runs this service.";
    match code {
        Code::CompanyUnknown => (
            "Sign-in is not fully set up",
            "You proved who you are, but the place prepared for you is not ready.",
            "Send the reference below to whoever runs this service.",
        ),
        Code::PolicyFailed => (
            "The rules for signing in could not be applied",
            "You proved who you are, but the decision failed. Nobody is let in by a failure.",
            TELL,
        ),
        _ => (
            "Sign-in is not available right now",
            "This service cannot reach something that it needs, or is too busy.",
            "Try again in a minute. If it keeps happening, tell whoever runs this service.",
        ),
    }
}

fn request(problem: Problem) -> Text {
    match problem {
        Problem::Denied => (
            "The sign-in was cancelled",
            "You, or the identity provider, said no before it was complete.",
            "If you did not mean to, try again.",
        ),
        Problem::Unattended => (
            "The identity provider has to ask you something first",
            "This service asks it to sign you in without showing anything, and it cannot: you are \
             perhaps not signed in there.",
            "Sign in at the identity provider itself, then try again.",
        ),
        Problem::BadRequest => (
            "That is not a way to sign in here",
            "The address is incomplete or was changed on its way.",
            "Start from the sign-in page.",
        ),
        Problem::ForeignForm => (
            "That did not come from our page",
            "The request was sent by another site or by a page that is too old, so nothing was \
             done.",
            "Go back, reload the page, and try once more.",
        ),
        Problem::NotOperator => (
            "This page is for operators",
            "You are signed in, but your account does not look after this service.",
            "Whoever runs this service can make you an operator, on the host.",
        ),
        Problem::LinkInvalid => (
            "This link does not work any more",
            "A recovery link works once, and for a quarter of an hour.",
            "Ask whoever made it for a new one.",
        ),
        Problem::NotFound => (
            "There is no such page",
            "The address may be mistyped, or the page is gone.",
            "Start from the sign-in page.",
        ),
        Problem::WrongMethod => (
            "That does not work here",
            "The address is right, but not for this kind of request.",
            "Start from the sign-in page.",
        ),
        Problem::TooLarge => (
            "That is too large",
            "The request is larger than this service takes.",
            "Clear the cookies of this site, then start from the sign-in page.",
        ),
        _ => (
            "Something went wrong here",
            "It is a fault of this service, and nothing was changed.",
            "Try again in a moment. If it keeps happening, tell whoever runs this service.",
        ),
    }
}
