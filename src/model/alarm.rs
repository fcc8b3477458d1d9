//! Changes from one run to the next that somebody wants to be woken for.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// A kind of change that can end `diff` with an exit code of its own.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ValueEnum,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Alarm {
    /// A VPC reaches a service over public addresses that it did not reach so before
    #[value(alias = "new_public_service")]
    NewPublicService,
    /// A NAT gateway is idle that was not, or was not there
    #[value(alias = "new_idle_nat")]
    NewIdleNat,
    /// A VPC no longer has the query logs or the flow logs that it had
    #[value(alias = "lost_logging")]
    LostLogging,
    /// An endpoint is gone
    #[value(alias = "lost_endpoint")]
    LostEndpoint,
    /// Something that the first run saw could not be looked at by the second
    #[value(alias = "lost_access")]
    LostAccess,
}

impl Alarm {
    /// Its name on the command line and in reports.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_named_alike_on_the_command_line_and_in_reports() {
        for alarm in Alarm::value_variants() {
            let typed = alarm.to_possible_value().unwrap();
            assert_eq!(typed.get_name(), alarm.name());
            assert_eq!(serde_json::to_value(alarm).unwrap(), alarm.name());
        }
    }
}
