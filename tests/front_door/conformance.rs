//! The modules of the OpenID Foundation's suite, against our own provider and under the
//! suite's own names, and the page that says which test proves what (`protocol.md`).

mod back_channel;
mod core;
mod fapi;
mod holes;
mod hostile;
mod module;
mod page;
mod sign_out;
mod sources;
