//! What CloudWatch counted for interface and Gateway Load Balancer endpoints over the window.
//!
//! A point is published for a minute in which the endpoint received traffic, so that an endpoint
//! without points had none. Gateway endpoints have no metrics, and neither have endpoints of a
//! service in another Region
//! (<https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-cloudwatch-metrics.html>).

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::metrics::{Dimensions, Series, Statistic, Total, is_kept, listed_dimensions, requests};
use crate::{
    model::{
        coverage::Failure,
        id::SubnetId,
        inventory::{Endpoint, EndpointMetrics},
        run::Window,
    },
    org::session::Session,
};

/// IAM actions that this needs.
pub const ACTIONS: &[&str] = &["cloudwatch:GetMetricData", "cloudwatch:ListMetrics"];

const NAMESPACE: &str = "AWS/PrivateLinkEndpoints";
const BYTES: &str = "BytesProcessed";
const CONNECTIONS: &str = "ActiveConnections";

const ENDPOINT: &str = "VPC Endpoint Id";
const SUBNET: &str = "Subnet Id";

/// The types of endpoints that have metrics.
const TYPES: [&str; 2] = ["Interface", "GatewayLoadBalancer"];

/// Which metric of an endpoint a series is.
enum Measure {
    Bytes,
    Connections,
    BytesInSubnet(SubnetId),
}

/// The metrics that are read of some endpoints.
#[derive(Default)]
pub(super) struct Wanted {
    metrics: Vec<EndpointMetrics>,
    /// What to ask for.
    pub(super) series: Vec<Series>,
    /// The endpoint of each series, and which metric it is.
    measures: Vec<(usize, Measure)>,
}

/// Which metrics are read of those endpoints that have some.
pub(super) async fn wanted<'e>(
    session: &Session,
    endpoints: impl Iterator<Item = &'e Endpoint>,
) -> Result<Wanted, Failure> {
    let endpoints: Vec<_> = endpoints
        .filter(|it| TYPES.contains(&it.endpoint_type.as_str()))
        .collect();
    if endpoints.is_empty() {
        return Ok(Wanted::default());
    }
    let listed = listed_dimensions(session, NAMESPACE, BYTES).await?;
    let mut series = Vec::new();
    let mut measures = Vec::new();
    let mut metrics = Vec::new();
    for (index, endpoint) in endpoints.iter().enumerate() {
        let known = dimensions(endpoint, &listed);
        for (measure, one) in known.iter().flat_map(|it| all_series(endpoint, it)) {
            measures.push((index, measure));
            series.push(one);
        }
        metrics.push(EndpointMetrics {
            endpoint_id: endpoint.endpoint_id.clone(),
            bytes_processed: None,
            active_connections: None,
            bytes_by_subnet: [].into(),
            metrics_requested: 0,
        });
    }
    Ok(Wanted {
        metrics,
        series,
        measures,
    })
}

impl Wanted {
    /// The metrics of each endpoint, from the totals of the series.
    pub(super) fn read(self, found: &[Total], window: Window) -> Vec<EndpointMetrics> {
        let mut all = self.metrics;
        let kept = is_kept(window, Timestamp::now());
        for ((index, measure), total) in self.measures.into_iter().zip(found) {
            let metrics = &mut all[index];
            metrics.metrics_requested += requests(window);
            // No point, no traffic; but of a time whose points CloudWatch has dropped, none is known.
            let total = match total {
                Total::Counted(total) => *total,
                Total::Nothing if kept => 0,
                Total::Nothing | Total::Unknown => continue,
            };
            match measure {
                Measure::Bytes => metrics.bytes_processed = Some(total),
                Measure::Connections => metrics.active_connections = Some(total),
                Measure::BytesInSubnet(subnet) => {
                    metrics.bytes_by_subnet.insert(subnet, total);
                }
            }
        }
        all
    }
}

/// The dimensions of an endpoint's metrics: those that CloudWatch lists, else those of the
/// documentation. An endpoint of a service in another Region has none but the listed ones.
fn dimensions(endpoint: &Endpoint, listed: &BTreeSet<Dimensions>) -> Option<Dimensions> {
    let id = &endpoint.endpoint_id;
    let own =
        |it: &&Dimensions| it.get(ENDPOINT).is_some_and(|it| id == it) && !it.contains_key(SUBNET);
    if let Some(own) = listed.iter().filter(own).max_by_key(|it| it.len()) {
        return Some(own.clone());
    }
    if endpoint.is_cross_region() {
        return None;
    }
    let documented = [
        ("Endpoint Type", endpoint.endpoint_type.as_str()),
        ("Service Name", &endpoint.service_name),
        (ENDPOINT, id),
        ("VPC Id", &endpoint.vpc_id),
    ];
    let owned = documented.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Some(owned.into())
}

fn all_series(endpoint: &Endpoint, dimensions: &Dimensions) -> Vec<(Measure, Series)> {
    let series = |metric, statistic, dimensions: Dimensions| Series {
        namespace: NAMESPACE,
        metric,
        statistic,
        dimensions,
    };
    let mut all = vec![
        (
            Measure::Bytes,
            series(BYTES, Statistic::Sum, dimensions.clone()),
        ),
        (
            Measure::Connections,
            series(CONNECTIONS, Statistic::Maximum, dimensions.clone()),
        ),
    ];
    // The bytes of its only subnet are all that the endpoint has.
    if endpoint.subnet_ids.len() > 1 {
        for subnet in &endpoint.subnet_ids {
            let mut dimensions = dimensions.clone();
            dimensions.insert(SUBNET.to_owned(), subnet.to_string());
            let bytes = series(BYTES, Statistic::Sum, dimensions);
            all.push((Measure::BytesInSubnet(subnet.clone()), bytes));
        }
    }
    all
}
