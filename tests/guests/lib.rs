//! Holds nothing: the policies are the examples of this crate.
