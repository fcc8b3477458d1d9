//! The metrics of the NAT gateways and of the endpoints of a target: two steps whose series share the
//! calls, since one call asks for up to 500 series of any namespaces
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>).

use super::{
    endpoint_metrics,
    metrics::{count_unknown, totals},
    nat_metrics,
};
use crate::{
    aws::attempts::{Counts, counted},
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

/// Reads the metrics of NAT gateways and endpoints. If one of them cannot be prepared, the other is read
/// all the same.
pub async fn list<'i>(
    session: &Session,
    nat_gateways: impl Iterator<Item = &'i NatGateway>,
    endpoints: impl Iterator<Item = &'i Endpoint>,
    window: Window,
) -> TargetMetrics {
    let of_endpoints = endpoint_metrics::wanted(endpoints);
    let shared = async {
        let of_gateways = nat_metrics::wanted(session, nat_gateways).await;
        let mut series = Vec::new();
        if let Ok(wanted) = &of_gateways {
            series.extend(wanted.series.iter().cloned());
        }
        let first = series.len();
        series.extend(of_endpoints.series.iter().cloned());
        let found = totals(session, &series, window).await.map(|mut found| {
            let of_endpoints = found.split_off(first);
            (found, of_endpoints)
        });
        // Each costs what it counts alone; its step gets a remark.
        if let Ok((gateways, _)) = &found {
            count_unknown(gateways.iter().map(|it| it.total));
        }
        let gateways = of_gateways.and_then(|wanted| match &found {
            Ok((gateways, _)) => Ok(wanted.read(gateways)),
            Err(failure) => Err(failure.clone()),
        });
        (gateways, found.map(|(_, endpoints)| endpoints))
    };
    let ((gateways, found), of_gateways) = Box::pin(counted(shared)).await;
    let rest = async { of_endpoints.read(session, &found?, window).await };
    let (endpoints, of_endpoints) = Box::pin(counted(rest)).await;
    TargetMetrics {
        nat_gateways: (gateways, of_gateways),
        endpoints: (endpoints, of_endpoints),
    }
}
