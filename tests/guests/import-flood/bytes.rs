//! Imports four thousand interfaces that nobody has.

use super::bytes::{COMPONENT, list, section, text};

pub(crate) fn bytes(_: &[u8]) -> Vec<u8> {
    let empty_instance = vec![0x42, 0];
    let import = |number: u32| {
        let name = text(&format!("site:flood/interface-{number}@1.0.0"));
        [&[0][..], &name, &[5, 0]].concat()
    };
    let imports: Vec<_> = (0..4_000).map(import).collect();
    let types = section(7, &list(&[empty_instance]));
    [&COMPONENT[..], &types, &section(10, &list(&imports))].concat()
}
