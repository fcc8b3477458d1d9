//! Which targets there are, and with whose credentials each is called.

pub mod accounts;
mod assumed_role;
pub mod connect;
pub mod deployment;
mod filters;
mod identity;
mod missing;
pub mod regions;
mod role;
pub mod session;
pub mod sharing;
pub mod stack_set;
