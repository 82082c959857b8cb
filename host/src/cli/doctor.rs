use clap::Args;

use super::console::{Console, Format, Listed, printable};
use super::failure::Failure;
use crate::app;
use crate::doctor::{self, Finding, Level, Report, Subject};

const EXAMPLES: &str = "\
Examples:
  usher doctor                                    with the variables of the service
  usher doctor --config usher.toml
  usher doctor --json | jq '.[] | select(.level != \"fine\")'
";

/// Check a live deployment from end to end, each line with its fix.
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Doctor {
    #[command(flatten)]
    listed: Listed,
}

impl Doctor {
    pub(super) async fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        let app::Options { clock, entropy, .. } = app::Options::default();
        let (environment, file) = (console.environment, console.config.clone());
        let subject = Subject {
            environment,
            file: file.as_deref(),
            clock,
            entropy,
        };
        let is_table = self.listed.format() == Format::Table;
        let mut findings: Vec<Finding> = Vec::new();
        let mut written = Ok(());
        let mut tell = |finding: &Finding| {
            // Each as soon as it is known: a provider that is down takes its time.
            if is_table && written.is_ok() {
                let opens = findings
                    .last()
                    .is_none_or(|last| last.about != finding.about);
                written = console.data(line(finding, opens));
            }
            findings.push(finding.clone());
        };
        let mut report = Report::new(&mut tell);
        doctor::examine(subject, &mut report).await;
        let worst = report.worst();
        written?;
        if !is_table {
            console.json(&findings)?;
        }
        let count = |level| {
            findings
                .iter()
                .filter(|finding| finding.level == level)
                .count()
        };
        let (broken, attention) = (count(Level::Broken), count(Level::Attention));
        console.say(format_args!(
            "{} looked at: {broken} broken, {attention} to look at",
            findings.len()
        ));
        match worst {
            Level::Broken => Err(Failure::found()),
            _ => Ok(()),
        }
    }
}

fn line(finding: &Finding, opens: bool) -> String {
    let Finding {
        about,
        check,
        level,
        what,
        fix,
    } = finding;
    let mark = match level {
        Level::Fine => '✓',
        Level::Attention => '!',
        Level::Broken => '✗',
    };
    let heading = if opens {
        format!("{about}\n")
    } else {
        String::new()
    };
    // Whatever it holds, a line of its own begins further right than a finding does.
    let what = what.replace('\n', "\n      ");
    let fix = fix.as_ref().map(|fix| format!("\n    fix: {fix}"));
    let line = format!(
        "{heading}  {mark} {check}: {what}{}",
        fix.unwrap_or_default()
    );
    line.split('\n')
        .map(printable)
        .collect::<Vec<_>>()
        .join("\n")
}
