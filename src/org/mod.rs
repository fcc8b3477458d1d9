//! Which targets there are, and with whose credentials each is called.

pub mod accounts;
pub mod regions;
mod role;
pub mod session;
