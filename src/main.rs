//! The program: runs the command line and exits with its code.

use std::process::ExitCode;

fn main() -> ExitCode {
    vpce_scout::run(std::env::args_os()).into()
}
