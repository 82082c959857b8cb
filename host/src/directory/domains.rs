//! E-mail domains of companies: `usher domain`. A domain belongs to one company.

use jiff::Timestamp;
use serde::Serialize;

use super::DirectoryError;
use super::companies::{must_be_there, must_exist};
use crate::domain::CompanyId;
use crate::store::{Store, Tx};

/// A domain as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnedDomain {
    /// The domain, in lower case.
    pub domain: String,
    /// Whose it is.
    pub company: CompanyId,
    /// Since when.
    pub created_at: Timestamp,
}

/// Gives a domain to a company, and says how it is written from now on.
///
/// # Errors
/// There is no such company, the text is no domain, or the domain belongs to a company.
pub async fn add(
    tx: &mut Tx,
    company: &CompanyId,
    domain: &str,
    now: Timestamp,
) -> Result<String, DirectoryError> {
    let domain = normalised(domain)?;
    must_exist(tx, company).await?;
    if let Some(owner) = tx.domain_owner(&domain).await? {
        return Err(DirectoryError::DomainTaken { domain, owner });
    }
    tx.insert_domain(&domain, company, now).await?;
    Ok(domain)
}

/// The domains of every company, or of one.
///
/// # Errors
/// There is no such company.
pub async fn list(
    store: &Store,
    company: Option<&CompanyId>,
) -> Result<Vec<OwnedDomain>, DirectoryError> {
    must_be_there(store, company).await?;
    let rows = store.domains(company).await?.into_iter();
    Ok(rows
        .map(|(domain, company, created_at)| OwnedDomain {
            domain,
            company,
            created_at,
        })
        .collect())
}

/// Takes a domain from a company, and says how it was written.
///
/// # Errors
/// There is no such company, or it is not the company's.
pub async fn remove(
    tx: &mut Tx,
    company: &CompanyId,
    domain: &str,
) -> Result<String, DirectoryError> {
    let domain = normalised(domain)?;
    must_exist(tx, company).await?;
    if tx.domain_owner(&domain).await?.as_ref() != Some(company) {
        let company = company.clone();
        return Err(DirectoryError::NoSuchDomain { domain, company });
    }
    tx.delete_domain(&domain).await?;
    Ok(domain)
}

/// A domain as it is kept and compared: in lower case, and in ASCII as it goes over the wire.
pub(super) fn normalised(text: &str) -> Result<String, DirectoryError> {
    let domain = text.trim().to_lowercase();
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let shaped = domain.split('.').all(label);
    let ascii = match needs_no_translation(&domain) {
        true => Some(domain),
        false => in_ascii(&domain),
    };
    match ascii.filter(|domain| shaped && domain.len() <= 253) {
        Some(domain) => Ok(domain),
        None => Err(DirectoryError::InvalidDomain(
            text.chars().take(80).collect(),
        )),
    }
}

/// The domain of somebody's address, as it is kept. What is plain ASCII stays as it is, and what
/// only looks like a plain domain does not become one.
pub(super) fn of_address(domain: &str) -> String {
    let translated = match domain.is_ascii() {
        true => None,
        false => in_ascii(domain).filter(|ascii| !needs_no_translation(ascii)),
    };
    translated.unwrap_or_else(|| domain.to_owned())
}

fn needs_no_translation(domain: &str) -> bool {
    domain.is_ascii() && !domain.split('.').any(|label| label.starts_with("xn--"))
}

fn in_ascii(domain: &str) -> Option<String> {
    // A host of a URL may be percent-encoded; a domain is not.
    if domain.contains('%') {
        return None;
    }
    match url::Host::parse(domain) {
        Ok(url::Host::Domain(ascii)) => Some(ascii),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_what_stands_behind_the_at_in_lower_case() {
        for (good, normal) in [
            ("Acme.COM", "acme.com"),
            (" a-b.example ", "a-b.example"),
            ("corp", "corp"),
            ("BÜCHER.de", "xn--bcher-kva.de"),
            ("XN--bcher-KVA.de", "xn--bcher-kva.de"),
            ("10.20.30.40", "10.20.30.40"),
        ] {
            assert_eq!(normalised(good).unwrap(), normal);
        }
        for bad in [
            "",
            "@acme.com",
            "a@b.c",
            "a..b",
            ".a",
            "a.",
            "*.a",
            "a b",
            "-a.b",
            "a\n.b",
            "xn--.de",
            "b%C3%BCcher.de",
        ] {
            assert!(normalised(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_address_belongs_to_the_domain_in_either_spelling() {
        for (address, kept) in [
            ("bücher.de", "xn--bcher-kva.de"),
            ("xn--bcher-kva.de", "xn--bcher-kva.de"),
            ("acme.com", "acme.com"),
            ("under_score.123", "under_score.123"),
            // Fullwidth letters are not plain ones.
            ("ａcme.com", "ａcme.com"),
            ("b%ücher.de", "b%ücher.de"),
        ] {
            assert_eq!(of_address(address), kept);
        }
    }
}
