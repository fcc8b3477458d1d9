//! vpce-scout: which AWS services every VPC of an organization calls, over which path, and which VPC
//! endpoints exist, are missing or would pay.
//!
//! # The flow
//!
//! ```text
//! cli -> config -> org (accounts x regions, credentials) -> collect, usage (facts) -> store
//!     -> classify -> cost -> recommend -> report, diff
//! ```
//!
//! Everything up to the store is I/O and ends as plain data ([`model::facts`]), kept cell by cell as
//! it comes ([`scan`] fills the [`store`]); everything after it is pure, so that reports and [`diff`]
//! work offline from any run. [`command`] puts the stages together, one file a command.
//!
//! # Invariants
//!
//! 1. Every (account, region, step) ends as a [`model::coverage::Cell`]: complete, skipped or
//!    failed, with the reason. A denied call is never an empty list.
//! 2. Unknown is not zero: it is `None`, an empty cell, `null`.
//! 3. Read-only unless `logging enable --apply`, `logging disable --apply` or `permissions deploy
//!    --apply`; nothing is removed that is not proven to be ours.
//! 4. A failure stops its own step, never the run.
//! 5. The same facts make the same bytes.
//! 6. Memory does not grow with the volume of the logs: a cell's facts go to the store as it ends.
//! 7. Every list call is paginated.
//! 8. Text from AWS is untrusted wherever it is printed.

#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        reason = "a test that panics has failed, as it should"
    )
)]

pub mod assess;
pub mod aws;
pub mod classify;
pub mod cli;
pub mod collect;
pub mod command;
pub mod config;
pub mod cost;
pub mod diff;
pub mod doctor;
pub mod exit;
pub mod iac;
pub mod logging;
pub mod merge;
pub mod model;
pub mod org;
pub mod permissions;
pub mod progress;
pub mod recommend;
pub mod remote;
pub mod report;
pub mod runtime;
pub mod scan;
pub mod store;
pub mod temporary;
pub mod usage;

use std::{ffi::OsString, io};

use clap::Parser;

pub use exit::Exit;

/// Runs the program on a command line, the program's name first. Errors go to stderr.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    runtime::outlive_file_size_limit();
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let json = cli::wants_json(&arguments);
    let done = match cli::Cli::try_parse_from(&arguments) {
        Ok(cli) => command::run(&cli, &arguments),
        Err(error) => return refused(&error, json),
    };
    done.unwrap_or_else(|error| {
        progress::error(&exit::describe(&error), json);
        Exit::of_error(&error)
    })
}

/// Help and version are no error: clap knows where each goes. A reader that has gone away
/// (`--help | head`) is none either.
fn refused(error: &clap::Error, json: bool) -> Exit {
    if !error.use_stderr() {
        return match error.print() {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Exit::Failed,
            _ => Exit::Complete,
        };
    }
    if json {
        let text = error.render().to_string();
        let text = text.trim_end();
        progress::error(text.strip_prefix("error: ").unwrap_or(text), json);
    } else {
        // Nothing is left to do if stderr is gone.
        let _ = error.print();
    }
    Exit::Usage
}
