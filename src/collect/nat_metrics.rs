//! What CloudWatch counted for NAT gateways over the window.
//!
//! Bytes are summed on two of the four byte metrics, `BytesInFromSource` and
//! `BytesInFromDestination`: the other two count the same bytes on their way out.
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/metrics-dimensions-nat-gateway.html>)

use std::collections::BTreeSet;

use super::metrics::{Dimensions, Read, Series, Statistic, Total, listed_dimensions};
use crate::{
    model::{
        coverage::Failure,
        inventory::{NatGateway, NatMetrics},
    },
    org::session::Session,
};

/// IAM actions that this needs.
pub const ACTIONS: &[&str] = &["cloudwatch:GetMetricData", "cloudwatch:ListMetrics"];

const NAMESPACE: &str = "AWS/NATGateway";
const GATEWAY: &str = "NatGatewayId";

/// The metrics and the statistic of each.
const METRICS: [(&str, Statistic); 3] = [
    ("BytesInFromSource", Statistic::Sum),
    ("BytesInFromDestination", Statistic::Sum),
    ("ActiveConnectionCount", Statistic::Maximum),
];

/// The metrics that are read of some gateways.
pub(super) struct MetricRequest<'g> {
    gateways: Vec<&'g NatGateway>,
    /// What to ask for.
    pub(super) series: Vec<Series>,
    /// The gateway and the metric of each series.
    owners: Vec<(usize, usize)>,
}

/// Which metrics of the gateways are read. A zonal gateway has them under its id; a regional one under
/// whatever dimensions CloudWatch lists with its id, and is unknown if it lists none.
pub(super) async fn wanted<'g>(
    session: &Session,
    gateways: impl Iterator<Item = &'g NatGateway>,
) -> Result<MetricRequest<'g>, Failure> {
    let gateways: Vec<_> = gateways.collect();
    let listed = if gateways.iter().any(|it| it.is_regional()) {
        listed_dimensions(session, NAMESPACE, METRICS[0].0).await?
    } else {
        BTreeSet::new()
    };
    let mut series = Vec::new();
    let mut owners = Vec::new();
    for (gateway, it) in gateways.iter().enumerate() {
        for dimensions in dimensions(it, &listed) {
            for (index, (metric, statistic)) in METRICS.into_iter().enumerate() {
                owners.push((gateway, index));
                series.push(Series {
                    namespace: NAMESPACE,
                    metric,
                    statistic,
                    dimensions: dimensions.clone(),
                });
            }
        }
    }
    Ok(MetricRequest {
        gateways,
        series,
        owners,
    })
}

impl MetricRequest<'_> {
    /// The metrics of each gateway, from the totals of the series.
    pub(super) fn read(self, found: &[Read]) -> Vec<NatMetrics> {
        let mut read = vec![([Total::Nothing; METRICS.len()], 0); self.gateways.len()];
        for ((gateway, metric), it) in self.owners.into_iter().zip(found) {
            let (values, asked) = &mut read[gateway];
            *asked += it.requests;
            // The zones of a regional gateway are summed; the most connections at once in all of them
            // are no more than that.
            values[metric] = values[metric].plus(it.total);
        }
        let metrics =
            |(gateway, (values, asked)): (&&NatGateway, ([Total; METRICS.len()], u64))| {
                let [from_source, from_destination, connections] = values.map(Total::counted);
                NatMetrics {
                    nat_gateway_id: gateway.nat_gateway_id.clone(),
                    bytes_in_from_source: from_source,
                    bytes_in_from_destination: from_destination,
                    active_connections: connections,
                    metrics_requested: Some(asked),
                }
            };
        self.gateways.iter().zip(read).map(metrics).collect()
    }
}

/// The dimensions of a gateway's metrics: its id alone, where CloudWatch has that; else all that
/// are listed with it, of one set of names, so that nothing is counted twice.
fn dimensions(gateway: &NatGateway, listed: &BTreeSet<Dimensions>) -> Vec<Dimensions> {
    let id = &gateway.nat_gateway_id;
    let alone = Dimensions::from([(GATEWAY.to_owned(), id.to_string())]);
    if !gateway.is_regional() || listed.contains(&alone) {
        return vec![alone];
    }
    let own = listed
        .iter()
        .filter(|it| it.get(GATEWAY).is_some_and(|it| id == it));
    let own: Vec<_> = own.collect();
    let Some(fewest) = own.iter().min_by_key(|it| it.len()) else {
        return Vec::new();
    };
    let same = own.iter().filter(|it| it.keys().eq(fewest.keys()));
    same.map(|it| (*it).clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::sample;

    fn gateway(mode: &str) -> NatGateway {
        NatGateway {
            availability_mode: mode.into(),
            ..sample::nat_gateway(&sample::target(), "vpc-1", "nat-1")
        }
    }

    fn named(pairs: &[(&str, &str)]) -> Dimensions {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn a_regional_gateway_is_read_under_the_dimensions_that_cloudwatch_lists() {
        let regional = gateway("regional");
        let zone = |id: &str, zone: &str| named(&[(GATEWAY, id), ("AvailabilityZone", zone)]);
        let deeper = named(&[(GATEWAY, "nat-1"), ("AvailabilityZone", "a"), ("Ip", "x")]);
        let listed = BTreeSet::from([
            zone("nat-1", "a"),
            zone("nat-1", "b"),
            zone("nat-2", "a"),
            deeper,
        ]);
        assert_eq!(
            dimensions(&regional, &listed),
            [zone("nat-1", "a"), zone("nat-1", "b")]
        );
        let alone = named(&[(GATEWAY, "nat-1")]);
        let both = BTreeSet::from([alone.clone(), zone("nat-1", "a")]);
        assert_eq!(dimensions(&regional, &both), std::slice::from_ref(&alone));
        assert!(dimensions(&regional, &BTreeSet::new()).is_empty());
        assert_eq!(dimensions(&gateway("zonal"), &BTreeSet::new()), [alone]);
    }
}
