use clap::Subcommand;

use super::console::{Access, Console, Listed, when};
use super::failure::Failure;
use crate::directory::domains;
use crate::domain::CompanyId;

const EXAMPLES: &str = "\
Examples:
  usher domain add --company acme acme.com
  usher domain list
  usher domain remove --company acme acme.com
";

/// E-mail domains of companies.
#[derive(Debug, Subcommand)]
#[command(before_help = EXAMPLES)]
pub(super) enum Domain {
    /// Give a domain to a company: whoever has a verified address there lands in it.
    Add {
        /// Which company.
        #[arg(long, value_name = "ID")]
        company: CompanyId,
        /// What stands behind the @.
        domain: String,
    },
    /// List domains.
    List {
        /// Only of this company.
        #[arg(long, value_name = "ID")]
        company: Option<CompanyId>,
        #[command(flatten)]
        listed: Listed,
    },
    /// Take a domain from a company; who is in it stays.
    Remove {
        /// Which company.
        #[arg(long, value_name = "ID")]
        company: CompanyId,
        /// What stands behind the @.
        domain: String,
    },
}

impl Domain {
    pub(super) async fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        let access = match &self {
            Self::List { .. } => Access::Read,
            _ => Access::Change,
        };
        let opened = console.open(access).await?;
        let administration = opened.administration();
        match self {
            Self::Add { company, domain } => {
                let added = administration.add_domain(&company, &domain).await;
                let domain = opened.done(added).await?;
                console.say(format_args!("{domain} belongs to company {company}"));
                console.next(format_args!("usher group create --company {company} NAME"));
            }
            Self::List { company, listed } => {
                let domains = domains::list(&opened.store, company.as_ref()).await;
                let domains = opened.done(domains).await?;
                console.list(listed, &domains, ["domain", "company", "created"], |d| {
                    [d.domain.clone(), d.company.to_string(), when(d.created_at)]
                })?;
                if domains.is_empty() {
                    console.next("usher domain add --company ID DOMAIN");
                }
            }
            Self::Remove { company, domain } => {
                let removed = administration.remove_domain(&company, &domain).await;
                let domain = opened.done(removed).await?;
                console.say(format_args!(
                    "{domain} no longer belongs to company {company}"
                ));
            }
        }
        Ok(())
    }
}
