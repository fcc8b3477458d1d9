//! The program: runs the command line and says how it ended.

use std::{io::Write, process::ExitCode};

use vpce_scout::Exit;

fn main() -> ExitCode {
    match vpce_scout::run(std::env::args_os()) {
        Ok(exit) => exit.into(),
        Err(error) => {
            // Nothing is left to do if stderr is gone.
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            Exit::of_error(&error).into()
        }
    }
}
