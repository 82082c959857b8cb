use std::collections::BTreeSet;

use crate::domain::{Found, LookupFailed, Lookups, Matching, Pending};
use crate::store::{Store, StoreError, fold};

/// Answers a policy's look-ups from the store.
#[derive(Debug, Clone)]
pub struct DirectoryLookups(Store);

impl DirectoryLookups {
    /// Look-ups in this store.
    pub fn new(store: Store) -> Self {
        Self(store)
    }

    async fn exact(&self, company: &str, names: &[String]) -> Result<Vec<Found>, StoreError> {
        let groups = self.0.groups_named(company, names).await?;
        let mut met = BTreeSet::new();
        let fresh = names.iter().filter(|name| met.insert(name.as_str()));
        let found = fresh.filter(|name| groups.contains(*name));
        Ok(found
            .map(|name| Found {
                asked: name.clone(),
                name: name.clone(),
            })
            .collect())
    }

    async fn ignoring_case(
        &self,
        company: &str,
        names: &[String],
    ) -> Result<Vec<Found>, StoreError> {
        let folded: BTreeSet<String> = names.iter().map(|name| fold(name)).collect();
        let folded: Vec<String> = folded.into_iter().collect();
        let groups = self.0.groups_folded(company, &folded).await?;
        let mut met = BTreeSet::new();
        let mut found = Vec::new();
        for asked in names.iter().filter(|name| met.insert(name.as_str())) {
            let key = fold(asked);
            // Two groups of a company may differ in case only; the asker learns of both.
            let same = groups.iter().filter(|(folded, _)| *folded == key);
            found.extend(same.map(|(_, name)| Found {
                asked: asked.clone(),
                name: name.clone(),
            }));
        }
        Ok(found)
    }
}

impl Lookups for DirectoryLookups {
    fn company_exists<'a>(&'a self, company: &'a str) -> Pending<'a, bool> {
        Box::pin(async move { self.0.company_exists(company).await.map_err(failed) })
    }

    fn find_groups<'a>(
        &'a self,
        company: &'a str,
        names: &'a [String],
        matching: Matching,
    ) -> Pending<'a, Vec<Found>> {
        Box::pin(async move {
            match matching {
                Matching::Exact => self.exact(company, names).await,
                Matching::IgnoreCase => self.ignoring_case(company, names).await,
            }
            .map_err(failed)
        })
    }
}

fn failed(error: StoreError) -> LookupFailed {
    LookupFailed(error.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::{companies, groups};
    use crate::store::fixture::{Fixture, at, write};

    async fn lookups(groups: &[&str]) -> (Fixture, DirectoryLookups) {
        let fixture = Fixture::new().await;
        let acme = "acme".parse().unwrap();
        write(&fixture.store, async |tx| {
            companies::create(tx, &acme, "Acme", at(0)).await
        })
        .await
        .unwrap();
        for name in groups {
            write(&fixture.store, async |tx| {
                groups::create(tx, &acme, name, at(0)).await
            })
            .await
            .unwrap();
        }
        let lookups = DirectoryLookups::new(fixture.store.clone());
        (fixture, lookups)
    }

    async fn find(
        lookups: &DirectoryLookups,
        names: &[&str],
        matching: Matching,
    ) -> Vec<(String, String)> {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let found = lookups.find_groups("acme", &names, matching).await.unwrap();
        found.into_iter().map(|f| (f.asked, f.name)).collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected
            .iter()
            .map(|(asked, name)| ((*asked).to_owned(), (*name).to_owned()))
            .collect()
    }

    #[tokio::test]
    async fn a_company_exists_by_its_exact_id_and_any_text_may_be_asked_for() {
        let (_fixture, lookups) = lookups(&[]).await;
        assert!(lookups.company_exists("acme").await.unwrap());
        for other in ["Acme", "acme ", "", "a'; DROP TABLE companies; --"] {
            assert!(!lookups.company_exists(other).await.unwrap(), "{other}");
        }
    }

    #[tokio::test]
    async fn groups_come_in_the_order_asked_each_once() {
        let (_fixture, lookups) = lookups(&["Ops", "Dev", "/dev/ops"]).await;
        let asked = ["/dev/ops", "none", "Dev", "dev", "Dev"];
        assert_eq!(
            find(&lookups, &asked, Matching::Exact).await,
            pairs(&[("/dev/ops", "/dev/ops"), ("Dev", "Dev")])
        );
        assert!(find(&lookups, &[], Matching::Exact).await.is_empty());
    }

    #[tokio::test]
    async fn case_is_ignored_in_every_alphabet() {
        let (_fixture, lookups) = lookups(&["ÄRZTE", "Dev", "dev"]).await;
        assert_eq!(
            find(&lookups, &["ärzte", "DEV"], Matching::IgnoreCase).await,
            pairs(&[("ärzte", "ÄRZTE"), ("DEV", "Dev"), ("DEV", "dev")])
        );
        assert!(find(&lookups, &["ärzte"], Matching::Exact).await.is_empty());
    }

    #[tokio::test]
    async fn a_thousand_names_are_one_lookup() {
        let (_fixture, lookups) = lookups(&["g7"]).await;
        let names: Vec<String> = (0..1000).map(|n| format!("g{n}")).collect();
        for matching in [Matching::Exact, Matching::IgnoreCase] {
            let found = lookups.find_groups("acme", &names, matching).await.unwrap();
            assert_eq!(found.len(), 1);
        }
    }
}
