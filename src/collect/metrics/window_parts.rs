//! Into which parts a window falls, each with one length of points, and from when on CloudWatch counted
//! the hours of an answer.
//!
//! The hours begin with the window, so that a window of whole hours takes one call. CloudWatch rounds
//! the start that it is asked for down to a minute, not to an hour
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>), and counts
//! periods from there (<https://github.com/boto/boto3/issues/3457>). No page of AWS states that outright,
//! so the time stamps of the answer have to prove it. If they are those of the clock, the partial hours
//! at both ends are read by themselves.

use aws_sdk_cloudwatch::types::MetricDataResult;
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use crate::model::run::Window;

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
pub(super) const DAY: i64 = 24 * HOUR;

/// A part of a window with one length of points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) period: i64,
}

/// From when on CloudWatch counted the hours of an answer; in the order of what decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hours {
    /// No point shows it.
    Unknown,
    /// From the start that was asked for.
    FromStart,
    /// From full hours of the clock, or from no time that the answer shows.
    OfClock,
}

impl Hours {
    /// What the answers to the parts of a window show.
    pub(super) fn of(answers: &[(Part, Vec<MetricDataResult>)]) -> Self {
        // Hours that begin with the clock are the same either way, and so are minutes.
        let open = |part: &Part| part.period == HOUR && part.start % HOUR != 0;
        let mut open = answers.iter().filter(|(part, _)| open(part)).peekable();
        if open.peek().is_none() {
            return Self::FromStart;
        }
        let shown = open.flat_map(|(part, answers)| {
            let shown = answers.iter().filter(|it| !it.values().is_empty());
            shown.map(|it| Self::of_series(*part, it))
        });
        shown.max().unwrap_or(Self::Unknown)
    }

    fn of_series(part: Part, answer: &MetricDataResult) -> Self {
        let times = answer.timestamps();
        let begins = |time: &DateTime| (time.secs() - part.start) % part.period == 0;
        if times.len() == answer.values().len() && times.iter().all(begins) {
            Self::FromStart
        } else {
            Self::OfClock
        }
    }
}

/// The parts of a window: hours from its first minute on, and what is left at its end. None is empty.
pub(super) fn parts(window: Window, now: Timestamp) -> Vec<Part> {
    let (start, end) = ends(window, now);
    let last = start + floor(end - start, HOUR);
    let hours = Part {
        start,
        end: last,
        period: HOUR,
    };
    let mut parts = vec![hours, partial(last, end, now)];
    parts.retain(|part| part.start < part.end);
    if parts.is_empty() {
        // Within one minute.
        parts.push(partial(
            window.start.as_second(),
            window.end.as_second(),
            now,
        ));
    }
    parts
}

/// The first and the last second of a window in whole points.
fn ends(window: Window, now: Timestamp) -> (i64, i64) {
    let (start, end) = (window.start.as_second(), window.end.as_second());
    let start = match finest(start, now) {
        MINUTE => ceil(start, MINUTE),
        longer => floor(start, longer),
    };
    (start, ceil(end, MINUTE).max(start))
}

/// The hour of the clock in which a window begins, as far as it is in the window; none where it begins with
/// the hour, or has no whole hour.
pub(super) fn first_hour(window: Window, now: Timestamp) -> Option<Part> {
    let (start, end) = ends(window, now);
    let first = ceil(start, HOUR);
    (start < first && first <= end).then(|| partial(start, first, now))
}

/// The parts of a window by hours of the clock: the partial hour at its start, the whole hours, the
/// partial hour at its end. None is empty.
pub(super) fn parts_by_clock(window: Window, now: Timestamp) -> Vec<Part> {
    let (start, end) = ends(window, now);
    let (first, last) = (ceil(start, HOUR), floor(end, HOUR));
    if first > last {
        return vec![partial(start, end, now)];
    }
    let mut parts = vec![
        partial(start, first, now),
        Part {
            start: first,
            end: last,
            period: HOUR,
        },
        partial(last, end, now),
    ];
    parts.retain(|part| part.start < part.end);
    parts
}

/// A part of less than an hour, with the finest points that there still are.
fn partial(start: i64, end: i64, now: Timestamp) -> Part {
    let period = finest(start, now);
    Part {
        start: floor(start, period),
        end: ceil(end, period),
        period,
    }
}

/// How long the finest points are that CloudWatch still has of a time.
fn finest(second: i64, now: Timestamp) -> i64 {
    let age = now.as_second() - second;
    match age {
        _ if age < 15 * DAY => MINUTE,
        _ if age < 63 * DAY => 5 * MINUTE,
        _ => HOUR,
    }
}

fn floor(second: i64, unit: i64) -> i64 {
    second.div_euclid(unit) * unit
}

fn ceil(second: i64, unit: i64) -> i64 {
    floor(second + unit - 1, unit)
}

#[cfg(test)]
mod tests;
