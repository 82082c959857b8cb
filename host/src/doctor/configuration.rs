use super::{Report, Subject};
use crate::config::{self, Config, Origin, Problem};

/// The configuration, if it can be started with; what is wrong with it, whole.
pub(super) fn read(subject: Subject<'_>, report: &mut Report<'_>) -> Option<Config> {
    match config::load(subject.environment, subject.file) {
        Ok(config) => {
            let set = config.settings.iter();
            let set = set.filter(|setting| setting.origin != Origin::Default);
            let names: Vec<&str> = config.providers.iter().map(|p| p.name.as_str()).collect();
            let what = format!(
                "{} settings are set, and understood; providers: {}",
                set.count(),
                names.join(", ")
            );
            report.fine("configuration", what);
            warn(&config.warnings, report);
            Some(config)
        }
        Err(errors) => {
            for Problem { what, place, fix } in errors.problems {
                report.broken("configuration", format!("{what} ({place})"), fix);
            }
            warn(&errors.warnings, report);
            None
        }
    }
}

fn warn(warnings: &[Problem], report: &mut Report<'_>) {
    for Problem { what, place, fix } in warnings {
        report.attention("configuration", format!("{what} ({place})"), fix.clone());
    }
}
