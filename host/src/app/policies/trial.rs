//! What a loaded policy must pass before it decides (`policy.md` §6): its own check of the
//! settings, a question about nobody, the site's cases.

use std::path::Path;
use std::sync::Arc;

use crate::domain::{Activation, Provider, Question};
use crate::policy::case::{self, Case};
use crate::policy::{Failure, FailureKind, LoadError, LoadStep, Policy, SettingProblem};

/// How many problems and failed cases one line names.
const NAMED: usize = 3;

/// All of it, for a policy that is to take another one's place.
pub(super) async fn try_out(provider: &Provider, policy: &Policy) -> Result<(), LoadError> {
    settings(provider, policy).await?;
    nobody(provider, policy).await?;
    cases(provider, policy).await
}

/// What a start asks of what the file holds: the settings may be others since the last one,
/// and the rest has been passed by a policy that decided before.
pub(super) async fn at_start(
    provider: &Provider,
    policy: &Policy,
    before: Option<&Activation>,
) -> Result<(), LoadError> {
    match before {
        Some(before) if before.policy == *policy.id() => settings(provider, policy).await,
        Some(_) => try_out(provider, policy).await,
        None => {
            settings(provider, policy).await?;
            cases(provider, policy).await
        }
    }
}

/// Lets the policy check the provider's settings, if it does that.
pub(crate) async fn settings(provider: &Provider, policy: &Policy) -> Result<(), LoadError> {
    let found = match policy.check_settings(question(provider)).await {
        Ok(found) => found.unwrap_or_default(),
        Err(failure) if says_nothing(&failure) => return Ok(()),
        Err(failure) => {
            return Err(LoadError::new(
                LoadStep::Settings,
                format!("its check of the settings failed: {failure}"),
                "let it report problems whatever the settings are; `usher policy check \
                 --settings` shows how it fails",
            ));
        }
    };
    if found.is_empty() {
        return Ok(());
    }
    let problem = |problem: &SettingProblem| match problem.pointer.as_str() {
        "" => problem.message.clone(),
        pointer => format!("{pointer} {}", problem.message),
    };
    Err(LoadError::new(
        LoadStep::Settings,
        format!(
            "it does not take the settings: {}",
            some(found.iter().map(problem))
        ),
        "set what it asks for: what begins with /site is in `policy__settings`, the rest are \
         settings of the provider",
    ))
}

/// Asks about nobody, with the provider's settings: a policy that cannot even refuse somebody
/// without claims would end every sign-in.
async fn nobody(provider: &Provider, policy: &Policy) -> Result<(), LoadError> {
    let (_, nothing) = Case::default().question_and_directory();
    let decided = policy.decide(question(provider), Arc::new(nothing)).await;
    match decided.outcome {
        Err(failure) if !says_nothing(&failure) => Err(LoadError::new(
            LoadStep::Trial,
            format!("asked about somebody without claims it failed: {failure}"),
            "let it refuse or admit whatever the claims are; `usher policy run` shows how it fails",
        )),
        _ => Ok(()),
    }
}

/// Puts the cases to it that lie beside its file. The built-in policy has passed its own.
async fn cases(provider: &Provider, policy: &Policy) -> Result<(), LoadError> {
    let Some(module) = provider.policy.module.clone() else {
        return Ok(());
    };
    let fix = format!(
        "mend the policy or the cases; `usher policy test --policy {} CASES` shows the differences",
        module.display()
    );
    let refuse = |message: String| LoadError::new(LoadStep::Cases, message, fix.clone());
    let read = tokio::task::spawn_blocking(move || case::beside(Some(&module))).await;
    let cases = match read {
        Ok(read) => read.map_err(refuse)?,
        Err(error) => return Err(refuse(format!("reading them broke down: {error}"))),
    };
    let (all, mut failed) = (cases.len(), Vec::new());
    for (name, case) in cases {
        let verdict = case::run(&case, policy).await;
        let is_said = verdict.failure.as_ref().is_none_or(|it| !says_nothing(it));
        if !verdict.pass && is_said {
            let difference = verdict.differences.first().map_or("", String::as_str);
            failed.push(format!("{}: {difference}", file_name(&name)));
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    let (count, named) = (failed.len(), some(failed.into_iter()));
    Err(refuse(format!(
        "{count} of its {all} cases failed: {named}"
    )))
}

/// Nobody's sign-in, with the provider's settings.
fn question(provider: &Provider) -> Question {
    let (mut question, _) = Case::default().question_and_directory();
    question.request.provider = provider.name.to_string();
    question.request.issuer = provider.issuer().to_owned();
    question.request.client_id.clone_from(&provider.client_id);
    question.settings = provider.policy_document();
    question
}

/// Nothing is said about the policy: it may well be asked.
fn says_nothing(failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::QueueFull | FailureKind::Lookup)
}

fn file_name(path: &str) -> String {
    let name = Path::new(path).file_name();
    name.map_or_else(
        || path.to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

fn some(items: impl ExactSizeIterator<Item = String>) -> String {
    let more = items.len().saturating_sub(NAMED);
    let mut named: Vec<String> = items.take(NAMED).collect();
    if more > 0 {
        named.push(format!("and {more} more"));
    }
    named.join("; ")
}
