use super::{CompanyId, Role};

/// What a directory file lists: what is missing of it is created.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DirectoryFile {
    /// In the order of the file.
    pub companies: Vec<ListedCompany>,
}

/// A company as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedCompany {
    /// Its id.
    pub id: CompanyId,
    /// The name that it gets if it is created.
    pub name: Listed<String>,
    /// Names of its groups.
    pub groups: Vec<Listed<String>>,
    /// E-mail domains that belong to it.
    pub domains: Vec<Listed<String>>,
    /// Who is invited, and as what.
    pub invitations: Vec<Listed<(String, Role)>>,
}

/// Something with its place: `file:line: key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// What is listed.
    pub value: T,
    /// Where.
    pub place: String,
}
