//! Totals of CloudWatch metrics over a window: what `nat_metrics` and `endpoint_metrics` share.
//!
//! Whole hours are read as points of an hour, which CloudWatch keeps for 455 days; the partial hours
//! at both ends as points of a minute, kept for 15 days, or of five, kept for 63
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#metrics-retention>).
//! Of what is older, the whole hour is counted.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat, StatusCode};
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use crate::{
    aws::pace::Api,
    model::{
        coverage::{Failure, Reason},
        run::Window,
    },
    org::session::Session,
};

/// Series that one call may ask for
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>).
const SERIES_PER_CALL: usize = 500;

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
/// Days for which CloudWatch keeps points of an hour.
const KEPT_DAYS: i64 = 455;

/// Whether CloudWatch still keeps every point of a window: where one is missing, there was none.
pub(super) fn is_kept(window: Window, now: Timestamp) -> bool {
    window.start.as_second() >= now.as_second() - KEPT_DAYS * DAY
}

/// The dimensions of a metric, names and values.
pub(super) type Dimensions = BTreeMap<String, String>;

/// How the points of a series make one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Statistic {
    /// Their sum.
    Sum,
    /// The largest.
    Maximum,
}

impl Statistic {
    fn name(self) -> &'static str {
        match self {
            Self::Sum => "Sum",
            Self::Maximum => "Maximum",
        }
    }
}

/// A metric of one resource.
#[derive(Clone, Debug)]
pub(super) struct Series {
    /// The metric's name.
    pub(super) metric: &'static str,
    /// How its points are taken together.
    pub(super) statistic: Statistic,
    /// Its dimensions.
    pub(super) dimensions: Dimensions,
}

/// A part of a window with one length of points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    start: i64,
    end: i64,
    period: i64,
}

/// How often each metric of a window is asked for; CloudWatch bills each time.
pub(super) fn requests(window: Window) -> u64 {
    parts(window, Timestamp::now()).len() as u64
}

/// The total of each series over the window; none where CloudWatch has no point of it.
pub(super) async fn totals(
    session: &Session,
    namespace: &'static str,
    series: &[Series],
    window: Window,
) -> Result<Vec<Option<u64>>, Failure> {
    let mut totals: Vec<Option<f64>> = vec![None; series.len()];
    for part in parts(window, Timestamp::now()) {
        for (chunk, first) in series
            .chunks(SERIES_PER_CALL)
            .zip((0..).step_by(SERIES_PER_CALL))
        {
            add(session, namespace, chunk, part, &mut totals[first..]).await?;
        }
    }
    Ok(totals
        .into_iter()
        .map(|total| total.and_then(whole))
        .collect())
}

/// Adds the points of some series in a part of the window to their totals.
async fn add(
    session: &Session,
    namespace: &'static str,
    series: &[Series],
    part: Part,
    totals: &mut [Option<f64>],
) -> Result<(), Failure> {
    let queries = series.iter().enumerate();
    let queries = queries.map(|(index, series)| query(namespace, index, series, part.period));
    let pages = session
        .cloudwatch()
        .get_metric_data()
        .set_metric_data_queries(Some(queries.collect()))
        .start_time(DateTime::from_secs(part.start))
        .end_time(DateTime::from_secs(part.end));
    let results = session
        .pages(
            Api::CloudWatch,
            || pages.clone().into_paginator().send(),
            |page| Ok(page.metric_data_results.unwrap_or_default()),
        )
        .await?;
    for result in results {
        if let Some(status @ (StatusCode::Forbidden | StatusCode::InternalError)) =
            result.status_code()
        {
            let message = format!("CloudWatch answers a series with {}", status.as_str());
            return Err(Failure::new(Reason::InvalidResponse, message));
        }
        let index = result.id().and_then(index_of);
        let Some((index, series)) = index.and_then(|index| Some((index, series.get(index)?)))
        else {
            continue;
        };
        for value in result.values() {
            totals[index] = Some(match (totals[index], series.statistic) {
                (None, _) => *value,
                (Some(total), Statistic::Sum) => total + value,
                (Some(total), Statistic::Maximum) => total.max(*value),
            });
        }
    }
    Ok(())
}

/// The dimensions under which CloudWatch lists a metric: of resources with points in the last two
/// weeks (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html>).
pub(super) async fn listed_dimensions(
    session: &Session,
    namespace: &'static str,
    metric: &'static str,
) -> Result<BTreeSet<Dimensions>, Failure> {
    let list = session.cloudwatch().list_metrics();
    let pages = list.namespace(namespace).metric_name(metric);
    let listed = session
        .pages(
            Api::CloudWatch,
            || pages.clone().into_paginator().send(),
            |page| {
                let metrics = page.metrics().iter();
                Ok(metrics.map(|it| dimensions_of(it.dimensions())).collect())
            },
        )
        .await?;
    Ok(listed.into_iter().collect())
}

fn dimensions_of(dimensions: &[Dimension]) -> Dimensions {
    let named = dimensions.iter();
    named
        .filter_map(|it| Some((it.name()?.to_owned(), it.value()?.to_owned())))
        .collect()
}

fn query(namespace: &str, index: usize, series: &Series, period: i64) -> MetricDataQuery {
    let dimensions = series.dimensions.iter();
    let dimensions = dimensions.map(|(name, value)| Dimension::builder().name(name).value(value));
    let metric = Metric::builder()
        .namespace(namespace)
        .metric_name(series.metric)
        .set_dimensions(Some(
            dimensions
                .map(aws_sdk_cloudwatch::types::builders::DimensionBuilder::build)
                .collect(),
        ))
        .build();
    let stat = MetricStat::builder()
        .metric(metric)
        .period(i32::try_from(period).unwrap_or(i32::MAX))
        .stat(series.statistic.name())
        .build();
    MetricDataQuery::builder()
        .id(format!("m{index}"))
        .metric_stat(stat)
        .build()
}

/// The series of a query id.
fn index_of(id: &str) -> Option<usize> {
    id.strip_prefix('m')?.parse().ok()
}

/// The parts of a window: the partial hour at its start, the whole hours, the partial hour at its
/// end. None is empty, and together they are the window, in whole minutes.
fn parts(window: Window, now: Timestamp) -> Vec<Part> {
    let (start, end) = (window.start.as_second(), window.end.as_second());
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
    let age = now.as_second() - start;
    let period = match age {
        _ if age < 15 * DAY => MINUTE,
        _ if age < 63 * DAY => 5 * MINUTE,
        _ => HOUR,
    };
    Part {
        start: floor(start, period),
        end: ceil(end, period),
        period,
    }
}

fn floor(second: i64, unit: i64) -> i64 {
    second.div_euclid(unit) * unit
}

fn ceil(second: i64, unit: i64) -> i64 {
    floor(second + unit - 1, unit)
}

/// Counts come as floating point; whole numbers are exact up to 2^53 (9 PB).
fn whole(value: f64) -> Option<u64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked right here"
    )]
    (value.is_finite() && (0.0..1e19).contains(&value)).then(|| value.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts_of(start: &str, end: &str, now: &str) -> Vec<(String, i64, i64)> {
        let window = Window {
            start: start.parse().unwrap(),
            end: end.parse().unwrap(),
        };
        let parts = parts(window, now.parse().unwrap()).into_iter();
        parts
            .map(|part| {
                let start = Timestamp::from_second(part.start).unwrap().to_string();
                (start, (part.end - part.start) / MINUTE, part.period)
            })
            .collect()
    }

    #[test]
    fn partial_hours_at_both_ends_are_read_by_the_minute() {
        assert_eq!(
            parts_of(
                "2026-06-01T10:29:30Z",
                "2026-06-02T12:00:01Z",
                "2026-06-02T12:00:01Z"
            ),
            [
                ("2026-06-01T10:29:00Z".to_owned(), 31, 60),
                ("2026-06-01T11:00:00Z".to_owned(), 25 * 60, 3600),
                ("2026-06-02T12:00:00Z".to_owned(), 1, 60),
            ]
        );
    }

    #[test]
    fn a_window_of_whole_hours_is_asked_for_once() {
        assert_eq!(
            parts_of(
                "2026-06-01T00:00:00Z",
                "2026-06-02T00:00:00Z",
                "2026-06-02T00:00:00Z"
            ),
            [("2026-06-01T00:00:00Z".to_owned(), 24 * 60, 3600)]
        );
    }

    #[test]
    fn a_window_within_one_hour_is_read_by_the_minute_alone() {
        assert_eq!(
            parts_of(
                "2026-06-01T10:10:00Z",
                "2026-06-01T10:40:00Z",
                "2026-06-01T10:40:00Z"
            ),
            [("2026-06-01T10:10:00Z".to_owned(), 30, 60)]
        );
    }

    #[test]
    fn the_older_a_partial_hour_is_the_longer_are_its_points() {
        for (now, start, minutes, period) in [
            ("2026-06-20T00:00:00Z", "2026-06-01T10:25:00Z", 35, 300),
            ("2026-09-01T00:00:00Z", "2026-06-01T10:00:00Z", 60, 3600),
        ] {
            let parts = parts_of("2026-06-01T10:29:00Z", "2026-06-01T12:00:00Z", now);
            assert_eq!(parts[0], (start.to_owned(), minutes, period), "{now}");
        }
    }

    #[test]
    fn a_query_id_leads_back_to_its_series() {
        let series = Series {
            metric: "BytesProcessed",
            statistic: Statistic::Sum,
            dimensions: Dimensions::new(),
        };
        let asked = query("AWS/PrivateLinkEndpoints", 41, &series, HOUR);
        assert_eq!(index_of(asked.id().unwrap()), Some(41));
        for odd in ["", "m", "m0_x", "x0"] {
            assert_eq!(index_of(odd), None, "{odd}");
        }
    }

    #[test]
    fn what_is_no_count_is_unknown() {
        assert_eq!(whole(3.0), Some(3));
        for odd in [f64::NAN, f64::INFINITY, -1.0, 1e30] {
            assert_eq!(whole(odd), None);
        }
    }

    #[test]
    fn a_missing_point_means_nothing_where_cloudwatch_no_longer_keeps_it() {
        let window = |start: &str, end: &str| Window {
            start: start.parse().unwrap(),
            end: end.parse().unwrap(),
        };
        let now: Timestamp = "2026-11-27T00:00:00Z".parse().unwrap();
        let recent = window("2026-11-20T00:00:00Z", "2026-11-27T00:00:00Z");
        let old = window("2025-08-20T00:00:00Z", "2025-09-20T00:00:00Z");
        assert_eq!((is_kept(recent, now), is_kept(old, now)), (true, false));
    }
}
