//! What tests of all rooms begin with.

pub(crate) mod sample;
