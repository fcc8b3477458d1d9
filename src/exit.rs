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
    /// `diff` found what `--fail-on` names.
    Alarm,
}

impl Exit {
    /// The exit code of the process.
    pub fn code(self) -> u8 {
        match self {
            Self::Complete => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Gaps => 3,
            Self::Alarm => 4,
        }
    }

    /// The exit of a command that did its work, with or without gaps.
    pub fn of_gaps(has_gaps: bool) -> Self {
        if has_gaps { Self::Gaps } else { Self::Complete }
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

/// An error and its causes in one text; a cause that the text holds already is not repeated.
pub fn describe(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_written_with_its_causes_and_each_of_them_once() {
        let error = anyhow::anyhow!("no space left").context("cannot write: no space left");
        let error = error.context("cannot write `x`");
        assert_eq!(
            describe(&error),
            "cannot write `x`: cannot write: no space left"
        );
        let error = anyhow::anyhow!("no space left").context("cannot write `x`");
        assert_eq!(describe(&error), "cannot write `x`: no space left");
    }
}
