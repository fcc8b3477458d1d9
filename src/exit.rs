//! How the program ends, and the exit code for it.

use std::process::ExitCode;

use crate::{config::ConfigError, org::connect::ConnectError};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything that was asked for is there.
    Complete,
    /// There is no result.
    Failed,
    /// The command line or the settings are wrong.
    Usage,
    /// The reports are there, but incomplete; they list what is missing.
    Gaps,
}

impl Exit {
    /// The exit code of the process.
    pub fn code(self) -> u8 {
        match self {
            Self::Complete => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Gaps => 3,
        }
    }

    /// The exit for an error.
    pub fn of_error(error: &anyhow::Error) -> Self {
        let settings = error.is::<ConfigError>()
            || matches!(error.downcast_ref(), Some(ConnectError::Settings(_)));
        if settings { Self::Usage } else { Self::Failed }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
