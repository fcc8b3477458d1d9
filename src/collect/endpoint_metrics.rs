//! What CloudWatch counted for interface and Gateway Load Balancer endpoints over the window.
//!
//! A point is published for a minute in which the endpoint received traffic, so that an endpoint
//! without points had none. Which dimensions it has is asked only where there is no point by those of
//! the documentation. Gateway endpoints have no metrics, and neither have endpoints of a
//! service in another Region
//! (<https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-cloudwatch-metrics.html>).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::metrics::{
    Dimensions, Read, Series, Statistic, Total, count_unknown, is_kept, listed_dimensions, totals,
};
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Measure {
    Bytes,
    Connections,
    BytesInSubnet(SubnetId),
}

/// The metrics that are read of some endpoints.
#[derive(Default)]
pub(super) struct MetricRequest<'e> {
    endpoints: Vec<&'e Endpoint>,
    /// What to ask for.
    pub(super) series: Vec<Series>,
    /// The endpoint of each series, and which metric it is.
    measures: Vec<(usize, Measure)>,
}

/// What was read of the endpoints that have metrics.
struct Answers<'e> {
    endpoints: Vec<&'e Endpoint>,
    totals: BTreeMap<(usize, Measure), Total>,
    /// How many series each endpoint was asked for, each as often as it was.
    asked: Vec<u64>,
}

/// Which metrics are read of those endpoints that have some, by the dimensions of the documentation. An
/// endpoint of a service in another Region has none but those that CloudWatch lists.
pub(super) fn wanted<'e>(endpoints: impl Iterator<Item = &'e Endpoint>) -> MetricRequest<'e> {
    let endpoints = endpoints.filter(|it| TYPES.contains(&it.endpoint_type.as_str()));
    let mut wanted = MetricRequest {
        endpoints: endpoints.collect(),
        ..MetricRequest::default()
    };
    for (index, endpoint) in wanted.endpoints.iter().enumerate() {
        let documented = (!endpoint.is_cross_region()).then(|| documented(endpoint));
        for (measure, one) in documented.iter().flat_map(|it| all_series(endpoint, it)) {
            wanted.measures.push((index, measure));
            wanted.series.push(one);
        }
    }
    wanted
}

impl MetricRequest<'_> {
    /// The metrics of each endpoint, from the totals of the series. Endpoints without a total of their
    /// bytes may have their metrics by other dimensions: CloudWatch is asked which, and for these.
    pub(super) async fn read(
        self,
        session: &Session,
        found: &[Read],
        window: Window,
    ) -> Result<Vec<EndpointMetrics>, Failure> {
        let mut answers = Answers::new(self.endpoints);
        answers.add(self.measures, found);
        let uncounted = answers.uncounted();
        if !uncounted.is_empty() {
            let listed = listed_dimensions(session, NAMESPACE, BYTES).await?;
            let (measures, series) = by_other_dimensions(&answers.endpoints, &uncounted, &listed);
            let found = totals(session, &series, window).await?;
            answers.add(measures, &found);
        }
        count_unknown(answers.totals.values().copied());
        Ok(answers.read(window))
    }
}

/// The series of endpoints that CloudWatch lists by other dimensions than those of the documentation.
fn by_other_dimensions(
    endpoints: &[&Endpoint],
    uncounted: &[usize],
    all: &BTreeSet<Dimensions>,
) -> (Vec<(usize, Measure)>, Vec<Series>) {
    let chosen = uncounted.iter().filter_map(|index| {
        let endpoint = *endpoints.get(*index)?;
        let own = listed(endpoint, all)?;
        let is_new = endpoint.is_cross_region() || *own != documented(endpoint);
        is_new.then_some((*index, endpoint, own))
    });
    let series = chosen.flat_map(|(index, endpoint, dimensions)| {
        let all = all_series(endpoint, dimensions).into_iter();
        all.map(move |(measure, series)| ((index, measure), series))
    });
    series.unzip()
}

impl<'e> Answers<'e> {
    fn new(endpoints: Vec<&'e Endpoint>) -> Self {
        Self {
            asked: vec![0; endpoints.len()],
            endpoints,
            totals: BTreeMap::new(),
        }
    }

    /// Adds the totals of some series; those that were asked for by other dimensions are replaced.
    fn add(&mut self, measures: Vec<(usize, Measure)>, found: &[Read]) {
        for (measure, it) in measures.into_iter().zip(found) {
            self.asked[measure.0] += it.requests;
            self.totals.insert(measure, it.total);
        }
    }

    /// The endpoints whose bytes have no total.
    fn uncounted(&self) -> Vec<usize> {
        let counted = |index: &usize| {
            let total = self.totals.get(&(*index, Measure::Bytes));
            matches!(total, Some(Total::Counted(_)))
        };
        (0..self.endpoints.len())
            .filter(|it| !counted(it))
            .collect()
    }

    fn read(self, window: Window) -> Vec<EndpointMetrics> {
        let asked = self.endpoints.iter().zip(self.asked);
        let metrics = asked.map(|(endpoint, asked)| EndpointMetrics {
            endpoint_id: endpoint.endpoint_id.clone(),
            bytes_processed: None,
            active_connections: None,
            bytes_by_subnet: [].into(),
            metrics_requested: asked,
        });
        let mut all: Vec<_> = metrics.collect();
        let kept = is_kept(window, Timestamp::now());
        for ((index, measure), total) in self.totals {
            let metrics = &mut all[index];
            // No point, no traffic; but of a time whose points CloudWatch has dropped, none is known.
            let total = match total {
                Total::Counted(total) => total,
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

/// The dimensions of an endpoint's metrics by the documentation.
fn documented(endpoint: &Endpoint) -> Dimensions {
    let documented = [
        ("Endpoint Type", endpoint.endpoint_type.as_str()),
        ("Service Name", &endpoint.service_name),
        (ENDPOINT, &endpoint.endpoint_id),
        ("VPC Id", &endpoint.vpc_id),
    ];
    let owned = documented.map(|(name, value)| (name.to_owned(), value.to_owned()));
    owned.into()
}

/// The dimensions that CloudWatch lists of an endpoint.
fn listed<'d>(endpoint: &Endpoint, all: &'d BTreeSet<Dimensions>) -> Option<&'d Dimensions> {
    let id = &endpoint.endpoint_id;
    let own =
        |it: &&Dimensions| it.get(ENDPOINT).is_some_and(|it| id == it) && !it.contains_key(SUBNET);
    all.iter().filter(own).max_by_key(|it| it.len())
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

#[cfg(test)]
mod tests;
