//! What CloudWatch counted for NAT gateways over the window.
//!
//! Bytes are summed on two of the four byte metrics, `BytesInFromSource` and
//! `BytesInFromDestination`: the other two count the same bytes on their way out.
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/metrics-dimensions-nat-gateway.html>)

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat, StatusCode};
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use crate::{
    aws::pace::Api,
    model::{
        coverage::{Failure, Reason},
        inventory::NatMetrics,
        run::Window,
    },
    org::session::Session,
};

/// IAM actions that this needs.
pub const ACTIONS: &[&str] = &["cloudwatch:GetMetricData"];

const NAMESPACE: &str = "AWS/NATGateway";

/// How many metrics of a gateway are asked for; CloudWatch bills each.
pub const METRICS_PER_GATEWAY: usize = 3;

/// The metrics and the statistic of each.
const METRICS: [(&str, &str); METRICS_PER_GATEWAY] = [
    ("BytesInFromSource", "Sum"),
    ("BytesInFromDestination", "Sum"),
    ("ActiveConnectionCount", "Maximum"),
];

/// Series that one call may ask for
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>).
const SERIES_PER_CALL: usize = 500;

/// Length of a data point. An hour is kept for 455 days, the longest window there can be.
const PERIOD_SECONDS: i32 = 3600;

/// Reads the metrics of the gateways, 500 series a call.
pub async fn list(
    session: &Session,
    gateway_ids: &[String],
    window: Window,
) -> Result<Vec<NatMetrics>, Failure> {
    let client = session.cloudwatch();
    let mut read: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    for (chunk_index, chunk) in gateway_ids
        .chunks(SERIES_PER_CALL / METRICS.len())
        .enumerate()
    {
        let first = chunk_index * (SERIES_PER_CALL / METRICS.len());
        let queries = chunk
            .iter()
            .enumerate()
            .flat_map(|(index, id)| queries(first + index, id));
        let pages = client
            .get_metric_data()
            .set_metric_data_queries(Some(queries.collect()))
            .start_time(DateTime::from_secs(floor_to_minute(window.start)))
            .end_time(DateTime::from_secs(ceil_to_minute(window.end)));
        let results = session
            .pages(
                Api::CloudWatch,
                || pages.clone().into_paginator().send(),
                |page| Ok(page.metric_data_results.unwrap_or_default()),
            )
            .await?;
        for result in results {
            if let Some(StatusCode::Forbidden | StatusCode::InternalError) = result.status_code() {
                let message = format!(
                    "CloudWatch answers a series with {:?}",
                    result.status_code()
                );
                return Err(Failure::new(Reason::InvalidResponse, message));
            }
            let Some(key) = result.id().and_then(key_of) else {
                continue;
            };
            for value in result.values() {
                let total = read.entry(key).or_default();
                *total = if METRICS[key.1].1 == "Sum" {
                    *total + value
                } else {
                    total.max(*value)
                };
            }
        }
    }
    let metric = |index: usize, metric: usize| read.get(&(index, metric)).copied().and_then(whole);
    let metrics = |(index, id): (usize, &String)| NatMetrics {
        nat_gateway_id: id.clone(),
        bytes_in_from_source: metric(index, 0),
        bytes_in_from_destination: metric(index, 1),
        active_connections: metric(index, 2),
    };
    Ok(gateway_ids.iter().enumerate().map(metrics).collect())
}

fn queries(gateway: usize, id: &str) -> impl Iterator<Item = MetricDataQuery> {
    METRICS
        .iter()
        .enumerate()
        .map(move |(index, (name, statistic))| {
            let metric = Metric::builder()
                .namespace(NAMESPACE)
                .metric_name(*name)
                .dimensions(Dimension::builder().name("NatGatewayId").value(id).build())
                .build();
            let stat = MetricStat::builder()
                .metric(metric)
                .period(PERIOD_SECONDS)
                .stat(*statistic)
                .build();
            MetricDataQuery::builder()
                .id(format!("m{index}_{gateway}"))
                .metric_stat(stat)
                .build()
        })
}

/// Gateway and metric of a query id.
fn key_of(id: &str) -> Option<(usize, usize)> {
    let (metric, gateway) = id.strip_prefix('m')?.split_once('_')?;
    let metric = metric.parse().ok().filter(|index| *index < METRICS.len())?;
    Some((gateway.parse().ok()?, metric))
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

fn floor_to_minute(time: Timestamp) -> i64 {
    time.as_second().div_euclid(60) * 60
}

fn ceil_to_minute(time: Timestamp) -> i64 {
    (time.as_second() + 59).div_euclid(60) * 60
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_id_leads_back_to_its_gateway_and_metric() {
        let ids: Vec<_> = queries(41, "nat-1")
            .map(|it| key_of(it.id().unwrap()))
            .collect();
        assert_eq!(ids, [Some((41, 0)), Some((41, 1)), Some((41, 2))]);
        for odd in ["", "m", "m9_1", "m0_x", "x0_1"] {
            assert_eq!(key_of(odd), None, "{odd}");
        }
    }

    #[test]
    fn what_is_no_count_is_unknown() {
        assert_eq!(whole(3.0), Some(3));
        for odd in [f64::NAN, f64::INFINITY, -1.0, 1e30] {
            assert_eq!(whole(odd), None);
        }
    }
}
