//! Every word that the pages say, in one place: a translation is another [`Words`].

mod english;
mod reasons;

pub use self::english::ENGLISH;
pub use self::reasons::{Mood, Problem, Reason};

/// The words of one language. Where a sentence holds a value, it is a function, because
/// languages order words differently; what it returns is escaped like any other text.
#[expect(
    missing_docs,
    reason = "the names and the English texts say what each is"
)]
#[derive(Debug)]
pub struct Words {
    /// BCP 47 tag of the language.
    pub lang: &'static str,
    pub frame: Frame,
    pub sign_in: SignIn,
    pub stopped: Stopped,
    pub recover: Recover,
    pub sign_out: SignOut,
    pub signed_out: SignedOut,
    pub account: Account,
    pub tested: Tested,
    pub origin: Origin,
    pub why: Why,
    pub sessions: Sessions,
    /// What happened, and what to do about it.
    pub reason: fn(Problem) -> Reason,
}

/// What stands around every page.
#[expect(missing_docs, reason = "see `Words`")]
#[derive(Debug)]
pub struct Frame {
    pub skip: &'static str,
    pub development: &'static str,
    pub development_label: &'static str,
    pub development_note: &'static str,
    pub help: &'static str,
}

/// The sign-in page.
#[expect(missing_docs, reason = "see `Words`")]
#[derive(Debug)]
pub struct SignIn {
    pub title: &'static str,
    pub heading: fn(&str) -> String,
    pub to_company: &'static str,
    pub lead: &'static str,
    pub providers: &'static str,
    pub continue_with: fn(&str) -> String,
    pub down: &'static str,
    pub last_tried: &'static str,
    pub none: &'static str,
    pub none_advice: &'static str,
}

/// The refused page and every error page.
#[expect(missing_docs, reason = "see `Words`")]
#[derive(Debug)]
pub struct Stopped {
    pub message: &'static str,
    pub remedy: &'static str,
    pub facts: &'static str,
    pub account: &'static str,
    pub reference: &'static str,
    pub copy: &'static str,
    pub copied: &'static str,
    pub copy_failed: &'static str,
    pub time: &'static str,
    pub contact: &'static str,
    pub try_again: &'static str,
    pub someone_else: &'static str,
    pub someone_else_note: fn(&str) -> String,
    pub wait: fn(u64) -> String,
    pub by_itself: &'static str,
}

/// The page of a recovery link.
#[expect(missing_docs, reason = "see `Words`")]
#[derive(Debug)]
pub struct Recover {
    pub title: &'static str,
    pub heading: fn(&str) -> String,
    pub lead: &'static str,
    pub button: &'static str,
    /// What stands for the provider of such a session.
    pub link: &'static str,
}

/// The question before a sign-out.
#[expect(missing_docs, reason = "see `Words`")]
#[derive(Debug)]
pub struct SignOut {
    pub title: &'static str,
    pub heading: fn(&str) -> String,
    pub signed_in_as: &'static str,
    pub here_only: &'static str,
    pub provider_too: fn(&str) -> String,
    pub button: &'static str,
    pub stay: &'static str,
}

/// The page after a sign-out.
#[expect(missing_docs, reason = "see `Words`")]
#[derive(Debug)]
pub struct SignedOut {
    pub title: &'static str,
    pub ended_here: fn(&str) -> String,
    pub provider_ended: fn(&str) -> String,
    pub provider_open: fn(&str) -> String,
    pub provider_unknown: &'static str,
    pub again: &'static str,
}

/// The account page.
#[expect(missing_docs, reason = "see `Words`")]
#[derive(Debug)]
pub struct Account {
    pub title: &'static str,
    pub place: &'static str,
    pub company: &'static str,
    pub groups: &'static str,
    pub no_groups: &'static str,
    pub administrator: &'static str,
    pub is_administrator: &'static str,
    pub is_member: &'static str,
    pub last_sign_in: &'static str,
    pub through: fn(&str) -> String,
    pub verified: &'static str,
    pub unverified: &'static str,
    pub operator: &'static str,
    pub sign_out_heading: &'static str,
    pub sign_out_lead: &'static str,
    pub sign_out: &'static str,
    pub sign_out_everywhere: &'static str,
}

/// Where a company, a group or a role came from.
#[expect(missing_docs, reason = "see `Words`")]
#[derive(Debug)]
pub struct Origin {
    pub provider: fn(&str) -> String,
    pub by_hand: &'static str,
    pub claim: &'static str,
    pub rule: &'static str,
}

/// What the policy read, and what it made of it.
#[expect(missing_docs, reason = "see `Words`")]
#[derive(Debug)]
pub struct Why {
    pub title: &'static str,
    pub lead: &'static str,
    pub none: &'static str,
    pub reference: &'static str,
    pub policy: &'static str,
    pub trace: &'static str,
    pub rule: &'static str,
    pub finding: &'static str,
    pub saw: &'static str,
    pub hit: &'static str,
    pub miss: &'static str,
    pub skipped: &'static str,
    pub no_trace: &'static str,
    pub reads: &'static str,
    pub reads_lead: &'static str,
    pub no_reads: &'static str,
    pub id_token: &'static str,
    pub access_token: &'static str,
    pub userinfo: &'static str,
    pub whole_document: &'static str,
    pub absent: &'static str,
    pub not_kept: &'static str,
}

/// A sign-in that is tried out.
#[expect(missing_docs, reason = "see `Words`")]
#[derive(Debug)]
pub struct Tested {
    pub choose: &'static str,
    pub lead: &'static str,
    pub try_it: fn(&str) -> String,
    pub try_afresh: fn(&str) -> String,
    pub title: fn(&str) -> String,
    pub nothing_done: &'static str,
    pub admitted: &'static str,
    pub admitted_lead: &'static str,
    pub stopped_lead: &'static str,
    pub code: &'static str,
    pub detail: &'static str,
    pub remedy: &'static str,
    pub issuer: &'static str,
    pub subject: &'static str,
    pub user: &'static str,
    pub new_user: &'static str,
    pub company: &'static str,
    pub name: &'static str,
    pub added: &'static str,
    pub removed: &'static str,
    pub unknown: &'static str,
    pub administrator: &'static str,
    pub granted: &'static str,
    pub revoked: &'static str,
    pub unchanged: &'static str,
    pub attribute: &'static str,
    pub again: &'static str,
    pub again_afresh: &'static str,
    pub back: &'static str,
    pub policy: &'static str,
    pub reads: &'static str,
    pub logs: &'static str,
    pub claims: &'static str,
    pub no_claims: &'static str,
    pub configured: &'static str,
    pub identity: &'static str,
    pub not_used: &'static str,
}

/// The list of a person's sessions.
#[expect(missing_docs, reason = "see `Words`")]
#[derive(Debug)]
pub struct Sessions {
    pub title: &'static str,
    pub lead: &'static str,
    pub this: &'static str,
    pub other: &'static str,
    pub opened: &'static str,
    pub last_seen: &'static str,
    pub ends: &'static str,
    pub end: &'static str,
    pub end_label: fn(&str) -> String,
}
