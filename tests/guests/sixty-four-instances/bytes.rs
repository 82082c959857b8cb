//! A policy with sixty-three instances, besides its own, of a module that does nothing.

use super::bytes::{MODULE, list, modules, number, section};

pub(crate) fn bytes(honest: &[u8]) -> Vec<u8> {
    let nothing = section(1, &MODULE);
    let mut instance = vec![0];
    instance.extend(number(modules(honest)));
    instance.extend(number(0));
    let instances = section(2, &list(&vec![instance; 63]));
    [honest, &nothing, &instances].concat()
}
