use super::{
    Account, Frame, Origin, Problem, Recover, Sessions, SignIn, SignOut, SignedOut, Stopped,
    Tested, Why, Words,
};

/// English.
pub static ENGLISH: Words = Words {
    lang: "en",
    frame: FRAME,
    sign_in: SIGN_IN,
    stopped: STOPPED,
    recover: RECOVER,
    sign_out: SIGN_OUT,
    signed_out: SIGNED_OUT,
    account: ACCOUNT,
    tested: TESTED,
    origin: ORIGIN,
    why: WHY,
    sessions: SESSIONS,
    reason: Problem::in_english,
};

const FRAME: Frame = Frame {
    skip: "Skip to the content",
    development: "Development",
    development_label: "Development mode",
    development_note: "Sample people, a sample identity provider, nothing is kept.",
    help: "Need help?",
};

const SIGN_IN: SignIn = SignIn {
    title: "Sign in",
    heading: |brand| format!("Sign in to {brand}"),
    to_company: "Company",
    lead: "Choose how you want to prove who you are.",
    providers: "Ways to sign in",
    continue_with: |provider| format!("Continue with {provider}"),
    down: "Did not answer; you can still try.",
    last_tried: "Last tried",
    none: "There is no way to sign in yet",
    none_advice: "No identity provider is configured. Whoever runs this service has to add one.",
};

const STOPPED: Stopped = Stopped {
    message: "Message from the rules of this service",
    remedy: "For whoever runs this service",
    facts: "About this attempt",
    account: "Account used",
    reference: "Reference",
    copy: "Copy",
    copied: "Copied",
    copy_failed: "Selected: copy it with your keyboard",
    time: "Time",
    contact: "Who can help",
    try_again: "Try again",
    someone_else: "Sign in as someone else",
    someone_else_note: |provider| {
        format!("“Sign in as someone else” also signs you out of {provider}.")
    },
    wait: |seconds| match seconds {
        0..=1 => "You can try again in a second.".to_owned(),
        2..=119 => format!("You can try again in {seconds} seconds."),
        _ => format!("You can try again in {} minutes.", seconds.div_ceil(60)),
    },
    by_itself: "This page then tries again by itself.",
};

const RECOVER: Recover = Recover {
    title: "Sign in with a recovery link",
    heading: |brand| format!("Sign in to {brand} with a recovery link?"),
    lead: "It works once, without the identity provider, and is written down.",
    button: "Sign in",
    link: "a recovery link",
};

const SIGN_OUT: SignOut = SignOut {
    title: "Sign out",
    heading: |brand| format!("Sign out of {brand}?"),
    signed_in_as: "Signed in as",
    here_only: "This ends your session here. Other services that you are signed in to stay open.",
    provider_too: |provider| {
        format!(
            "This ends your session here and at {provider}; other services that use {provider} \
             may ask you to sign in again."
        )
    },
    button: "Sign out",
    stay: "Stay signed in",
};

const SIGNED_OUT: SignedOut = SignedOut {
    title: "You are signed out",
    ended_here: |brand| format!("Your session at {brand} has ended."),
    provider_ended: |provider| format!("Your session at {provider} has ended too."),
    provider_open: |provider| {
        format!(
            "Your session at {provider} is still open: whoever uses this browser next can sign \
             in again without a password. Sign out there too if others use it."
        )
    },
    provider_unknown: "Your identity provider did not say whether its own session has ended. If \
                       others use this browser, sign out there too.",
    again: "Sign in again",
};

const ACCOUNT: Account = Account {
    title: "Your account",
    place: "Your place here",
    company: "Company",
    groups: "Groups",
    no_groups: "You are in no group.",
    administrator: "Administrator",
    is_administrator: "Yes",
    is_member: "No",
    last_sign_in: "Last sign-in",
    through: |provider| format!("through {provider}"),
    verified: "verified",
    unverified: "not verified",
    operator: "For operators",
    sign_out_heading: "Sign out",
    sign_out_lead: "Here ends this session only; everywhere ends all of them.",
    sign_out: "Sign out here",
    sign_out_everywhere: "Sign out everywhere",
};

const ORIGIN: Origin = Origin {
    provider: |provider| format!("From {provider}"),
    by_hand: "Given by hand",
    claim: "claim",
    rule: "rule",
};

const WHY: Why = Why {
    title: "Why this was decided",
    lead: "What the policy looked at when you last signed in, rule by rule.",
    none: "The record of your last sign-in is no longer kept.",
    reference: "Reference",
    policy: "Policy",
    trace: "Rules",
    rule: "Rule",
    finding: "Result",
    saw: "What it saw",
    hit: "Hit",
    miss: "Missed",
    skipped: "Skipped",
    no_trace: "The policy left no trace.",
    reads: "What it read about you",
    reads_lead: "Names of the claims; open one to see its value. Only you see these.",
    no_reads: "The policy read no claims.",
    id_token: "ID token",
    access_token: "access token",
    userinfo: "userinfo",
    whole_document: "everything",
    absent: "not there",
    not_kept: "value not kept",
};

const TESTED: Tested = Tested {
    choose: "Test sign-in",
    lead: "A full round trip that opens no session and changes nothing. It shows the claims, \
           what the policy made of them, and what would change. That you looked is recorded.",
    try_it: |provider| format!("Test with {provider}"),
    try_afresh: |provider| {
        format!("As somebody else: {provider} asks again who it is (Keycloak: Restart login)")
    },
    title: |provider| format!("Test sign-in with {provider}"),
    nothing_done: "no session was opened, nothing was changed",
    admitted: "This person would be signed in",
    admitted_lead: "The decision was applied, looked at, and undone.",
    stopped_lead: "This person would not be signed in. That is the heading they would see.",
    code: "Code",
    detail: "Detail",
    remedy: "What mends it",
    issuer: "Issuer",
    subject: "Subject",
    user: "User",
    new_user: "a new user would be made",
    company: "Company",
    name: "Name would become",
    added: "Groups added",
    removed: "Groups removed",
    unknown: "Groups that the company does not have",
    administrator: "Administrator role from claims",
    granted: "would be granted",
    revoked: "would be revoked",
    unchanged: "would stay as it is",
    attribute: "Attribute",
    again: "Test again",
    again_afresh: "Test as somebody else",
    back: "Back to your account",
    policy: "What the policy looked at",
    reads: "What it read",
    logs: "What it logged",
    claims: "Claims by source",
    no_claims: "There are none: the sign-in ended before the tokens held.",
    configured: "profile, groups and roles are read from here",
    identity: "says who it is",
    not_used: "not used with these settings, shown for comparison",
};

const SESSIONS: Sessions = Sessions {
    title: "Your sessions",
    lead: "End any that you do not recognise.",
    this: "This session",
    other: "Another session",
    opened: "Opened",
    last_seen: "Last used",
    ends: "Ends by itself",
    end: "End",
    end_label: |opened| format!("End the session opened at {opened}"),
};
