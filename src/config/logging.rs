//! The settings of `logging`.

use jiff::SignedDuration;

use super::{ConfigError, Logging, window};

impl Logging {
    /// How long what `logging enable` makes is wanted: as typed, else as set.
    pub fn expire_after(&self, typed: Option<&str>) -> Result<SignedDuration, ConfigError> {
        match typed {
            Some(typed) => window::span(&"--expire-after", typed),
            None => window::span(&"`logging.expire_after`", &self.expire_after),
        }
    }
}
