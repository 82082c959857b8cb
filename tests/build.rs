//! Names every guest, so that one without a test of its name does not compile.

use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=guests");
    let mut guests = Vec::new();
    for entry in fs::read_dir("guests")? {
        let folder = entry?.path();
        let source = |name: &str| folder.join(name).is_file();
        if source("guest.rs") || source("guest.wat") {
            let name = folder.file_name().unwrap_or_default();
            guests.push(name.to_string_lossy().replace('-', "_"));
        }
    }
    guests.sort();
    let mut uses = String::new();
    for guest in guests {
        writeln!(uses, "use {guest} as _;").map_err(io::Error::other)?;
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "cargo tells a build script by its environment where to write"
    )]
    let folder = std::env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    fs::write(Path::new(&folder).join("guests.rs"), uses)
}
