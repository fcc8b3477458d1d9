//! The metrics of the NAT gateways and of the endpoints of a target: two steps whose series share the
//! calls, since one call asks for up to 500 series of any namespaces
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>).

use super::{
    endpoint_metrics,
    metrics::{Total, totals},
    nat_metrics,
};
use crate::{
    aws::attempts::{Counts, count_unusable, counted},
    model::{
        coverage::Failure,
        inventory::{Endpoint, EndpointMetrics, NatGateway, NatMetrics},
        run::Window,
    },
    org::session::Session,
};

/// What was read; each with the attempts that are not those of the other.
pub struct TargetMetrics {
    /// The metrics of the NAT gateways, and the attempts of the shared calls.
    pub nat_gateways: (Result<Vec<NatMetrics>, Failure>, Counts),
    /// The metrics of the endpoints.
    pub endpoints: (Result<Vec<EndpointMetrics>, Failure>, Counts),
}

fn count(unknown: usize) {
    (0..unknown).for_each(|_| count_unusable("MetricDataResult"));
}

/// Reads the metrics of NAT gateways and endpoints. If one of them cannot be prepared, the other is read
/// all the same.
pub async fn list<'i>(
    session: &Session,
    nat_gateways: impl Iterator<Item = &'i NatGateway>,
    endpoints: impl Iterator<Item = &'i Endpoint>,
    window: Window,
) -> TargetMetrics {
    let of_endpoints = Box::pin(counted(endpoint_metrics::wanted(session, endpoints)));
    let (of_endpoints, prepared) = of_endpoints.await;
    let shared = async {
        let of_gateways = nat_metrics::wanted(session, nat_gateways).await;
        let mut series = Vec::new();
        if let Ok(wanted) = &of_gateways {
            series.extend(wanted.series.iter().cloned());
        }
        let first = series.len();
        if let Ok(wanted) = &of_endpoints {
            series.extend(wanted.series.iter().cloned());
        }
        let found = totals(session, &series, window).await;
        // Each costs what it counts alone; its step gets a remark.
        let unknown = |found: &[Total]| found.iter().filter(|it| **it == Total::Unknown).count();
        let mut of_others = 0;
        if let Ok(found) = &found {
            let (gateways, endpoints) = found.split_at(first);
            count(unknown(gateways));
            of_others = unknown(endpoints);
        }
        let found = found.as_ref().map(|found| found.split_at(first));
        let all = |failure: &Failure| failure.clone();
        let gateways = of_gateways.and_then(|wanted| {
            let (found, _) = found.map_err(all)?;
            Ok(wanted.read(found, window))
        });
        let endpoints = of_endpoints.and_then(|wanted| {
            let (_, found) = found.map_err(all)?;
            Ok(wanted.read(found, window))
        });
        (gateways, endpoints, of_others)
    };
    let ((gateways, endpoints, unknown), calls) = Box::pin(counted(shared)).await;
    let ((), counts) = counted(async { count(unknown) }).await;
    prepared.absorb(&counts);
    TargetMetrics {
        nat_gateways: (gateways, calls),
        endpoints: (endpoints, prepared),
    }
}
