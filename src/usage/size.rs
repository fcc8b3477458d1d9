//! How much a log group holds, and how much of it a query over a window would scan.

use std::collections::BTreeMap;

use aws_sdk_cloudwatchlogs::types;
use jiff::Timestamp;

use crate::{
    collect::log_group,
    model::{
        coverage::{Failure, Reason},
        run::Window,
        usage::{LogGroup, LogGroupClass},
    },
    org::session::Session,
};

/// IAM actions that this needs in the account that owns the log group.
pub const ACTIONS: &[&str] = &["logs:DescribeLogGroups"];

/// What is known of the size of a log group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Bytes that it holds, as CloudWatch Logs counts them some time behind.
    pub stored_bytes: u64,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// How long it keeps what it takes in; none for ever.
    pub retention_days: Option<u32>,
    /// Its class.
    pub class: LogGroupClass,
}

/// Asks for the size of a log group.
pub async fn read(session: &Session, group: &LogGroup) -> Result<Size, Failure> {
    let found = log_group::named(session, &group.name).await?;
    found.as_ref().map(Size::of).ok_or_else(|| {
        let why = format!("there is no log group `{}`", group.name);
        Failure::new(Reason::LogGroupMissing, why)
    })
}

/// Asks for the sizes of log groups of one account and Region by their names. Those that do not exist are
/// missing.
pub async fn read_all<'n>(
    session: &Session,
    names: impl Iterator<Item = &'n Box<str>>,
) -> Result<BTreeMap<String, Size>, Failure> {
    let all: Vec<String> = names.map(|it| String::from(&**it)).collect();
    let mut sizes = BTreeMap::new();
    for chunk in all.chunks(log_group::PAGE) {
        let found = log_group::all_named(session, chunk.to_vec()).await?;
        for group in found {
            let size = Size::of(&group);
            sizes.extend(group.log_group_name.map(|name| (name, size)));
        }
    }
    Ok(sizes)
}

/// What a log group cannot hold of a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingPart {
    /// It holds nothing from before that.
    pub before: Timestamp,
    /// Why, in a sentence.
    pub why: String,
}

/// So late may a log group begin without a word: a window begins before the scan does, and
/// retention is kept to by and by.
const SLACK_SECONDS: i64 = 3600;

impl Size {
    fn of(group: &types::LogGroup) -> Self {
        let created = group.creation_time();
        let days = group.retention_in_days();
        Self {
            stored_bytes: u64::try_from(group.stored_bytes().unwrap_or(0)).unwrap_or(0),
            created_at: created.and_then(|it| Timestamp::from_millisecond(it).ok()),
            retention_days: days.and_then(|it| u32::try_from(it).ok()),
            class: match group.log_group_class() {
                Some(types::LogGroupClass::InfrequentAccess) => LogGroupClass::InfrequentAccess,
                _ => LogGroupClass::Standard,
            },
        }
    }

    /// What part of the window the group cannot hold, because it is younger or keeps events for less
    /// long.
    pub fn missing(&self, group: &LogGroup, window: Window, now: Timestamp) -> Option<MissingPart> {
        let kept = self.kept_since(now);
        let since = self.created_at.max(kept)?;
        if since.as_second() - window.start.as_second() <= SLACK_SECONDS {
            return None;
        }
        let name = &group.name;
        let why = match self.retention_days.filter(|_| kept == Some(since)) {
            Some(1) => format!("log group `{name}` keeps events for 1 day"),
            Some(days) => format!("log group `{name}` keeps events for {days} days"),
            None => format!("log group `{name}` is younger than the window"),
        };
        let since = Timestamp::from_second(since.as_second()).unwrap_or(since);
        Some(MissingPart {
            before: since,
            why: format!("{why}: nothing before {since} is counted"),
        })
    }

    /// What came in before that is deleted.
    fn kept_since(&self, now: Timestamp) -> Option<Timestamp> {
        let seconds = i64::from(self.retention_days?) * 86_400;
        Some(Timestamp::from_second(now.as_second() - seconds).unwrap_or(Timestamp::MIN))
    }

    /// Bytes that one query over the window scans, as if what is stored had come in evenly since
    /// the group was made, or since what it no longer keeps.
    pub fn within(&self, window: Window, now: Timestamp) -> u64 {
        let Some(oldest) = self.created_at.max(self.kept_since(now)) else {
            // It is not known since when: all of it may lie in the window.
            return self.stored_bytes;
        };
        let span = now.as_second() - oldest.as_second();
        let inside = window.end.min(now).as_second() - window.start.max(oldest).as_second();
        if span <= 0 {
            return self.stored_bytes;
        }
        let bytes = i128::from(self.stored_bytes) * i128::from(inside.max(0)) / i128::from(span);
        u64::try_from(bytes).unwrap_or(self.stored_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// Seven days up to noon of the 8th.
    fn window() -> Window {
        Window {
            start: time("2026-06-01T12:00:00Z"),
            end: time("2026-06-08T12:00:00Z"),
        }
    }

    fn within(created: Option<&str>, retention_days: Option<u32>) -> u64 {
        let size = Size {
            stored_bytes: 70_000,
            created_at: created.map(time),
            retention_days,
            class: LogGroupClass::Standard,
        };
        size.within(window(), time("2026-06-08T12:00:00Z"))
    }

    #[test]
    fn what_came_in_over_the_life_of_the_group_is_spread_evenly() {
        assert_eq!(within(Some("2026-03-30T12:00:00Z"), None), 7_000);
        // Ten times as old, but it keeps 70 days.
        assert_eq!(within(Some("2024-07-08T12:00:00Z"), Some(70)), 7_000);
        assert_eq!(within(Some("2024-07-08T12:00:00Z"), Some(14)), 35_000);
    }

    #[test]
    fn a_group_younger_than_the_window_or_of_unknown_age_is_scanned_whole() {
        assert_eq!(within(Some("2026-06-05T12:00:00Z"), None), 70_000);
        assert_eq!(within(Some("2026-06-05T12:00:00Z"), Some(30)), 70_000);
        assert_eq!(within(Some("2026-01-05T12:00:00Z"), Some(3)), 70_000);
        assert_eq!(within(None, None), 70_000);
        assert_eq!(
            within(Some("2026-06-09T00:00:00Z"), None),
            70_000,
            "made after now"
        );
    }

    #[test]
    fn what_a_log_group_cannot_hold_of_a_window_is_reported() {
        let missing = |created: Option<&str>, retention_days| {
            let size = Size {
                stored_bytes: 0,
                created_at: created.map(time),
                retention_days,
                class: LogGroupClass::Standard,
            };
            let group = LogGroup {
                target: crate::model::target::Target {
                    account_id: "111111111111".parse().unwrap(),
                    region: "eu-west-1".parse().unwrap(),
                },
                name: "dns".to_owned(),
            };
            let missing = size.missing(&group, window(), time("2026-06-08T12:20:00Z"));
            missing.map(|it| it.why)
        };
        assert_eq!(
            missing(Some("2024-06-01T00:00:00Z"), Some(3)).unwrap(),
            "log group `dns` keeps events for 3 days: nothing before 2026-06-05T12:20:00Z is counted"
        );
        assert_eq!(
            missing(Some("2026-06-07T00:00:00Z"), Some(3)).unwrap(),
            "log group `dns` is younger than the window: nothing before 2026-06-07T00:00:00Z is counted"
        );
        for (created, retention_days) in [
            (Some("2024-06-01T00:00:00Z"), None),
            // It keeps the window, but for what passed since the scan began.
            (Some("2024-06-01T00:00:00Z"), Some(7)),
            (None, None),
        ] {
            assert_eq!(missing(created, retention_days), None);
        }
    }

    #[test]
    fn a_window_before_the_group_scans_nothing() {
        let size = Size {
            stored_bytes: 70_000,
            created_at: Some(time("2026-06-20T00:00:00Z")),
            retention_days: None,
            class: LogGroupClass::Standard,
        };
        assert_eq!(size.within(window(), time("2026-06-30T00:00:00Z")), 0);
    }
}
