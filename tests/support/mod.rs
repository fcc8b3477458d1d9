//! What the tests stand on: the local AWS, organizations to put into it, the program run on them.
//!
//! A test reads: seed an [`organization::Organization`] into [`admin::Aws::shared`], run a
//! [`scout::Scan`], look rows up in its [`table::Table`]s. Nothing here knows what a right answer is.

pub(crate) mod admin;
pub(crate) mod browser;
pub(crate) mod bucket;
pub(crate) mod expected;
pub(crate) mod fault;
pub(crate) mod forks;
pub(crate) mod generated;
pub(crate) mod home;
pub(crate) mod hosts;
pub(crate) mod local_aws;
pub(crate) mod office;
pub(crate) mod organization;
pub(crate) mod process;
pub(crate) mod python;
pub(crate) mod scout;
pub(crate) mod script;
pub(crate) mod state_machine;
pub(crate) mod steps;
pub(crate) mod table;
pub(crate) mod tools;
pub(crate) mod vpc;
pub(crate) mod workbook;
