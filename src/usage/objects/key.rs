//! The keys of log objects: the folders of a day, and the time in an object's name.
//!
//! Layouts: <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html>, and for query logs
//! <https://docs.aws.amazon.com/athena/latest/ug/querying-r53-resolver-logs-partitioning-example.html>.

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, Time},
    tz::TimeZone,
};

use crate::model::{log_source::FlowLayout, run::Window, target::Target};

/// How long before its name's time an object may hold records, besides the aggregation interval.
const MARK: SignedDuration = SignedDuration::from_mins(10);

/// The times that names of objects may have which hold records of a window.
#[derive(Clone, Copy, Debug)]
pub struct Stamps {
    /// The first that counts.
    pub first: Timestamp,
    /// The last that counts.
    pub last: Timestamp,
}

impl Stamps {
    pub(super) fn of(window: Window, aggregation_seconds: u32, late_minutes: u32) -> Self {
        let before = SignedDuration::from_secs(aggregation_seconds.into()) + MARK;
        let after = SignedDuration::from_mins(late_minutes.into());
        Self {
            first: window.start.checked_sub(before).unwrap_or(window.start),
            last: window.end.checked_add(after).unwrap_or(window.end),
        }
    }

    /// The days of the folders, in UTC.
    pub fn days(self) -> Vec<Date> {
        let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
        let (mut at, last) = (day(self.first), day(self.last));
        let mut days = vec![at];
        while at < last
            && let Ok(next) = at.tomorrow()
        {
            at = next;
            days.push(at);
        }
        days
    }

    /// Whether an object may hold records of the window. A name without a time may.
    pub(super) fn include(self, key: &str) -> bool {
        stamp(key).is_none_or(|at| (self.first..=self.last).contains(&at))
    }
}

/// The time in a name: `…_20260601T0910Z_HASH.log.gz`.
pub(super) fn stamp(key: &str) -> Option<Timestamp> {
    let name = key.rsplit('/').next()?;
    let text = name.rsplit('_').find(|part| {
        part.len() == 14 && part.ends_with('Z') && part.as_bytes().get(8) == Some(&b'T')
    })?;
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i8>().ok();
    let year = text.get(..4)?.parse().ok()?;
    let date = Date::new(year, number(4, 6)?, number(6, 8)?).ok()?;
    let time = Time::new(number(9, 11)?, number(11, 13)?, 0, 0).ok()?;
    Some(
        date.to_datetime(time)
            .to_zoned(TimeZone::UTC)
            .ok()?
            .timestamp(),
    )
}

/// The folder of a day below the folder of a VPC.
pub(super) fn query_log_day(vpc_prefix: &str, day: Date) -> String {
    format!(
        "{vpc_prefix}{:04}/{:02}/{:02}/",
        day.year(),
        day.month(),
        day.day()
    )
}

/// The prefixes of a flow log's objects of a day.
pub(super) fn flow_log_day(
    prefix: &str,
    target: &Target,
    flow_log_id: &str,
    layout: FlowLayout,
    day: Date,
) -> Vec<String> {
    let (account, region) = (&target.account_id, &target.region);
    let (year, month, date) = (day.year(), day.month(), day.day());
    let folder = if layout.hive {
        format!(
            "{prefix}AWSLogs/aws-account-id={account}/aws-service=vpcflowlogs/aws-region={region}/\
             year={year:04}/month={month:02}/day={date:02}/"
        )
    } else {
        format!("{prefix}AWSLogs/{account}/vpcflowlogs/{region}/{year:04}/{month:02}/{date:02}/")
    };
    let name = format!("{account}_vpcflowlogs_{region}_{flow_log_id}_");
    if !layout.hourly {
        return vec![format!("{folder}{name}")];
    }
    let hour = |hour: u8| {
        if layout.hive {
            format!("{folder}hour={hour:02}/{name}")
        } else {
            format!("{folder}{hour:02}/{name}")
        }
    };
    (0..24).map(hour).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window() -> Window {
        Window {
            start: "2026-06-01T00:05:00Z".parse().unwrap(),
            end: "2026-06-01T12:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn the_time_of_an_object_is_in_its_name() {
        let key = "p/AWSLogs/111111111111/vpcdnsquerylogs/vpc-1/2026/06/01/\
                   vpc-1_vpcdnsquerylogs_111111111111_20260601T0910Z_71584702.log.gz";
        assert_eq!(stamp(key).unwrap().to_string(), "2026-06-01T09:10:00Z");
        for odd in [
            "",
            "x",
            "a_20261301T0910Z_b",
            "a_20260601T0960Z_b",
            "a_2026é601T0910Z_b",
        ] {
            assert_eq!(stamp(odd), None, "{odd}");
        }
    }

    #[test]
    fn objects_from_before_the_aggregation_to_the_lateness_are_read() {
        let stamps = Stamps::of(window(), 600, 60);
        let days: Vec<_> = stamps.days().iter().map(ToString::to_string).collect();
        assert_eq!(days, ["2026-05-31", "2026-06-01"]);
        for (time, expected) in [
            ("20260531T2340Z", false),
            ("20260531T2345Z", true),
            ("20260601T1300Z", true),
            ("20260601T1305Z", false),
        ] {
            assert_eq!(
                stamps.include(&format!("x_{time}_y.log.gz")),
                expected,
                "{time}"
            );
        }
    }

    #[test]
    fn each_layout_has_its_folders() {
        let target = Target {
            account_id: "111111111111".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        };
        let day = Date::new(2026, 6, 1).unwrap();
        let of = |hive, hourly| {
            let layout = FlowLayout {
                parquet: false,
                hive,
                hourly,
            };
            flow_log_day("p/", &target, "fl-1", layout, day)
        };
        assert_eq!(
            of(false, false),
            [
                "p/AWSLogs/111111111111/vpcflowlogs/eu-west-1/2026/06/01/111111111111_vpcflowlogs_eu-west-1_fl-1_"
            ]
        );
        let hive = of(true, true);
        assert_eq!(hive.len(), 24);
        assert_eq!(
            hive[9],
            "p/AWSLogs/aws-account-id=111111111111/aws-service=vpcflowlogs/aws-region=eu-west-1/year=2026/month=06/day=01/hour=09/111111111111_vpcflowlogs_eu-west-1_fl-1_"
        );
    }

    proptest::proptest! {
        #[test]
        fn any_key_has_a_time_or_none(key in ".*|[a-z_]*[0-9]{8}T[0-9]{4}Z_[a-z.]*") {
            let _ = stamp(&key);
        }
    }
}
