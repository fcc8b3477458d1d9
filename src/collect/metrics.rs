//! Totals of CloudWatch metrics over a window: what `nat_metrics` and `endpoint_metrics` share.
//!
//! Points of an hour are read, which CloudWatch keeps for 455 days, and for what is left of the window
//! points of a minute, kept for 15 days, or of five, kept for 63
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#metrics-retention>).
//! A minute counts if it begins in the window; of what is older, five minutes or the hour count whole.

mod window_parts;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudwatch::types::{
    Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat, StatusCode,
};
use aws_smithy_types::DateTime;
use futures::future::try_join_all;
use jiff::Timestamp;

use self::window_parts::{DAY, Hours, Part, first_hour, parts, parts_by_clock};
use crate::{
    aws::{attempts::count_unusable, pace::Api},
    model::{
        coverage::{Failure, Reason},
        run::Window,
    },
    org::session::Session,
};

/// Series that one call may ask for
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>).
const SERIES_PER_CALL: usize = 500;

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
    /// The metric's namespace.
    pub(super) namespace: &'static str,
    /// The metric's name.
    pub(super) metric: &'static str,
    /// How its points are taken together.
    pub(super) statistic: Statistic,
    /// Its dimensions.
    pub(super) dimensions: Dimensions,
}

/// What CloudWatch counted of a series over a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Total {
    /// Its points make this number.
    Counted(u64),
    /// It has no point.
    Nothing,
    /// Some of its points are missing, or are no count.
    Unknown,
}

impl Total {
    /// The number; none without a point.
    pub(super) fn counted(self) -> Option<u64> {
        match self {
            Self::Counted(number) => Some(number),
            Self::Nothing | Self::Unknown => None,
        }
    }

    /// The sum with another one.
    pub(super) fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Nothing, it) | (it, Self::Nothing) => it,
            (Self::Counted(a), Self::Counted(b)) => Self::Counted(a.saturating_add(b)),
        }
    }
}

/// What was read of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Read {
    /// What its points make.
    pub(super) total: Total,
    /// How often it was asked for: CloudWatch bills each time.
    pub(super) requests: u64,
}

/// Counts the series of which CloudWatch did not give every point, for a remark on the step.
pub(super) fn count_unknown(totals: impl Iterator<Item = Total>) {
    let unknown = totals.filter(|it| *it == Total::Unknown);
    unknown.for_each(|_| count_unusable("MetricDataResult"));
}

/// The points of some series, part by part of a window.
struct Points {
    values: Vec<Option<f64>>,
    /// Series of which CloudWatch did not give every point.
    missing: Vec<bool>,
}

impl Points {
    fn of(series: &[Series]) -> Self {
        Self {
            values: vec![None; series.len()],
            missing: vec![false; series.len()],
        }
    }

    /// Adds the answers of several parts of the window.
    fn take_all(
        &mut self,
        series: &[Series],
        parts: &[(Part, Vec<MetricDataResult>)],
    ) -> Result<(), Failure> {
        let mut parts = parts.iter();
        parts.try_for_each(|(_, answers)| self.take(series, answers))
    }

    /// Adds all answers of one part of the window. `PartialData` and `InternalError` are followed by more, or by
    /// nothing: the points are all there only once an answer is `Complete`
    /// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataResult.html>).
    fn take(&mut self, series: &[Series], answers: &[MetricDataResult]) -> Result<(), Failure> {
        let mut complete = vec![false; series.len()];
        for answer in answers {
            if answer.status_code() == Some(&StatusCode::Forbidden) {
                let message = "CloudWatch answers a series with Forbidden";
                return Err(Failure::new(Reason::AccessDenied, message));
            }
            let index = answer.id().and_then(index_of);
            let Some((index, series)) = index.and_then(|index| Some((index, series.get(index)?)))
            else {
                continue;
            };
            complete[index] = answer.status_code() == Some(&StatusCode::Complete);
            for value in answer.values() {
                self.values[index] = Some(match (self.values[index], series.statistic) {
                    (None, _) => *value,
                    (Some(total), Statistic::Sum) => total + value,
                    (Some(total), Statistic::Maximum) => total.max(*value),
                });
            }
        }
        for (missing, complete) in self.missing.iter_mut().zip(complete) {
            *missing |= !complete;
        }
        Ok(())
    }

    fn totals(&self) -> Vec<Total> {
        let all = self.values.iter().zip(&self.missing);
        all.map(|(value, missing)| match value {
            _ if *missing => Total::Unknown,
            None => Total::Nothing,
            Some(value) => to_count(*value).map_or(Total::Unknown, Total::Counted),
        })
        .collect()
    }
}

/// The total of each series over the window. Series of several namespaces share the calls.
pub(super) async fn totals(
    session: &Session,
    series: &[Series],
    window: Window,
) -> Result<Vec<Read>, Failure> {
    let mut all = Vec::with_capacity(series.len());
    for chunk in series.chunks(SERIES_PER_CALL) {
        // Boxed: the futures of the SDK are large.
        all.extend(Box::pin(read(session, chunk, window)).await?);
    }
    Ok(all)
}

/// The totals of what one call asks for.
async fn read(session: &Session, series: &[Series], window: Window) -> Result<Vec<Read>, Failure> {
    let now = Timestamp::now();
    let planned = parts(window, now);
    let mut requests = planned.len();
    let mut points = Points::of(series);
    let answered = answers_of(session, series, planned).await?;
    let rest = match Hours::of(&answered) {
        Hours::FromStart => {
            points.take_all(series, &answered)?;
            Vec::new()
        }
        // An hour of the clock that began before the window would not be shown.
        Hours::Unknown => {
            points.take_all(series, &answered)?;
            first_hour(window, now).into_iter().collect()
        }
        Hours::OfClock => parts_by_clock(window, now),
    };
    requests += rest.len();
    points.take_all(series, &answers_of(session, series, rest).await?)?;
    let totals = points.totals().into_iter();
    let requests = requests as u64;
    Ok(totals.map(|total| Read { total, requests }).collect())
}

/// What CloudWatch answers for some series in parts of the window.
async fn answers_of(
    session: &Session,
    series: &[Series],
    parts: Vec<Part>,
) -> Result<Vec<(Part, Vec<MetricDataResult>)>, Failure> {
    let parts = parts
        .into_iter()
        .map(|part| Box::pin(async move { Ok((part, answers(session, series, part).await?)) }));
    try_join_all(parts).await
}

/// What CloudWatch answers for some series in a part of the window.
async fn answers(
    session: &Session,
    series: &[Series],
    part: Part,
) -> Result<Vec<MetricDataResult>, Failure> {
    let queries = series.iter().enumerate();
    let queries = queries.map(|(index, series)| query(index, series, part.period));
    let pages = session
        .cloudwatch()
        .get_metric_data()
        .set_metric_data_queries(Some(queries.collect()))
        .start_time(DateTime::from_secs(part.start))
        .end_time(DateTime::from_secs(part.end));
    session
        .pages(
            Api::CloudWatch,
            || pages.clone().into_paginator().send(),
            |page| Ok(page.metric_data_results.unwrap_or_default()),
        )
        .await
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

fn query(index: usize, series: &Series, period: i64) -> MetricDataQuery {
    let dimensions = series.dimensions.iter();
    let dimensions = dimensions.map(|(name, value)| Dimension::builder().name(name).value(value));
    let metric = Metric::builder()
        .namespace(series.namespace)
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

/// Counts come as floating point; whole numbers are exact up to 2^53 (9 PB).
fn to_count(value: f64) -> Option<u64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked right here"
    )]
    (value.is_finite() && (0.0..1e19).contains(&value)).then(|| value.round() as u64)
}

#[cfg(test)]
mod tests;
