//! A policy that carries all that a file may carry of sections that mean nothing, first of all the
//! signatures of two hundred thousand tools, each with an escape sequence in it.

use super::bytes::{LARGEST, list, section, text};

pub(crate) fn bytes(honest: &[u8]) -> Vec<u8> {
    let tool = |number: u32| [text(&format!("tool-{number}")), text("\u{1b}[2J")].concat();
    let tools: Vec<_> = (0..200_000).map(tool).collect();
    let field = [text("processed-by"), list(&tools)].concat();
    let signatures = [text("producers"), list(&[field])].concat();
    let mut bomb = [honest, &section(0, &signatures)].concat();
    let rest = LARGEST - bomb.len() - 16;
    let padding = [text("padding"), vec![0; rest]].concat();
    bomb.extend(section(0, &padding));
    bomb
}
