//! The Athena engine: query logs and flow logs in S3 that are too many to read here, counted by Amazon
//! Athena into the same rows that Logs Insights returns.
//!
//! Only `SELECT` is run, on tables that the user has created from the DDL of [`table`]. The questions
//! are beside those to Logs Insights: `dns/statement.rs` and `flow/statement.rs`.

pub mod bill;
pub mod ddl;
mod difference;
pub mod reader;
mod rows;
pub mod run;
pub mod sql;
pub mod table;
