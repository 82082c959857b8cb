use std::path::PathBuf;

use clap::Args;

use super::Chosen;
use super::test::read_case;
use crate::cli::console::{Console, Format, Listed, table};
use crate::cli::evidence;
use crate::cli::failure::Failure;
use crate::domain::{AdminChange, Grant, GroupChange, Outcome};
use crate::policy::case::{self, Verdict};

/// Put one case to a policy: decision, trace, what was read, cost.
///
/// Exit 1 if the decision is not the expected one; without an expectation, if it refuses.
#[derive(Debug, Args)]
pub(in crate::cli) struct Run {
    /// The case, a JSON file.
    case: PathBuf,
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    listed: Listed,
}

impl Run {
    pub(super) async fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        let case = read_case(&self.case)?;
        let policy = self.chosen.load()?;
        let verdict = case::run(&case, &policy).await;
        match self.listed.format() {
            Format::Json => console.json(&verdict)?,
            Format::Table => console.data(describe(&verdict))?,
        }
        for difference in &verdict.differences {
            console.say(difference);
        }
        let refuses = verdict
            .decision
            .as_ref()
            .is_none_or(|decision| matches!(decision.outcome, Outcome::Refuse(_)));
        match (verdict.pass, case.expect.is_some()) {
            (true, true) => Ok(()),
            (true, false) if !refuses => Ok(()),
            _ => Err(Failure::found()),
        }
    }
}

fn describe(verdict: &Verdict) -> String {
    let decision = verdict.decision.as_ref();
    let head = match (decision.map(|decision| &decision.outcome), &verdict.failure) {
        (Some(Outcome::Admit(grant)), _) => admits(grant),
        (Some(Outcome::Refuse(refusal)), _) => {
            let mut rows = vec![pair("decision", format!("refuse, {}", refusal.code))];
            rows.extend(
                refusal
                    .message
                    .clone()
                    .map(|message| pair("message", message)),
            );
            rows
        }
        (None, Some(failure)) => vec![pair("failure", failure.to_string())],
        (None, None) => Vec::new(),
    };
    let cost = verdict.cost;
    let cost = format!(
        "cost: {} µs waiting, {} µs for the instance, {} µs deciding",
        cost.queued_us, cost.instantiate_us, cost.decide_us
    );
    let evidence = &verdict.evidence;
    let trace = decision.map_or(&[][..], |decision| &decision.trace);
    let evidence = evidence::sections(trace, &evidence.reads, &evidence.lookups, &evidence.logs);
    format!("{}\n{evidence}\n{cost}", table(&[], head))
}

fn admits(grant: &Grant) -> Vec<[String; 2]> {
    let placement = &grant.placement;
    let admin = match placement.admin {
        AdminChange::Leave => "leave as it is",
        AdminChange::Grant => "grant",
        AdminChange::Revoke => "revoke",
    };
    let groups = match &placement.groups {
        GroupChange::Leave => "leave as they are".to_owned(),
        GroupChange::Add(names) => format!("add: {}", names.join(", ")),
        GroupChange::Replace(names) if names.is_empty() => "replace by none".to_owned(),
        GroupChange::Replace(names) => format!("replace by: {}", names.join(", ")),
    };
    let mut rows = vec![
        pair("decision", "admit".to_owned()),
        pair("company", placement.company.clone()),
        pair("administrator", admin.to_owned()),
        pair("groups", groups),
    ];
    rows.extend(grant.display_name.clone().map(|name| pair("name", name)));
    let attributes = grant.attributes.iter();
    rows.extend(attributes.map(|(name, value)| pair("attribute", format!("{name}={value}"))));
    rows
}

fn pair(name: &str, value: String) -> [String; 2] {
    [name.to_owned(), value]
}
