//! Rows of `flow_usage.csv`, and the columns of other tables that flow logs fill.

use super::view::View;
use crate::model::{
    report::{FlowUsageRow, NatGatewayRow},
    totals::Totals,
};

impl View<'_> {
    /// One row for a VPC and a route; without the VPC, where that is not known.
    pub(super) fn flow_usage(&self) -> impl Iterator<Item = FlowUsageRow> {
        let places = self.attribution.places.iter();
        places.map(|(place, shares)| {
            let vpc = place.vpc_id.as_ref().and_then(|id| self.vpc(id));
            FlowUsageRow {
                account_id: place.account_id.clone(),
                account_name: self.name(&place.account_id),
                region: place.region.clone(),
                vpc_id: place.vpc_id.clone(),
                vpc_name: vpc.and_then(|vpc| vpc.name.clone()),
                way: place.route,
                bytes: shares.bytes,
                dns_bytes: shares.dns,
                service_tag_bytes: shares.service_tag,
                prefix_list_bytes: shares.prefix_list,
                endpoint_bytes: shares.endpoint,
                ambiguous_bytes: shares.ambiguous,
                unmatched_bytes: shares.unmatched,
                attributed_percent: percent(shares.attributed(), shares.bytes),
                partner_bytes: shares.partner,
            }
        })
    }

    /// Fills the columns of a NAT gateway.
    pub(super) fn fill_nat_gateway(&self, row: &mut NatGatewayRow) {
        let found = self.attribution;
        let Some(shares) = found.nat_gateways.get(&row.nat_gateway_id) else {
            return;
        };
        row.flow_log_bytes = Some(shares.bytes);
        row.attributed_bytes = Some(shares.attributed());
        row.ambiguous_bytes = Some(shares.ambiguous);
        row.unmatched_bytes = Some(shares.unmatched);
        row.flow_log_difference_percent =
            processed(row).and_then(|processed| difference(shares.bytes, processed));
        let skipped = found.skipped.get(&row.nat_gateway_id);
        row.partner_bytes = Some(shares.partner);
        row.flow_log_skipped_records = Some(skipped.copied().unwrap_or(0));
    }
}

/// The sums over NAT gateways with a flow log.
#[derive(Clone, Debug, Default)]
pub(super) struct FlowLogged {
    gateways: u64,
    bytes: u64,
    attributed: u64,
    ambiguous: u64,
    unmatched: u64,
    /// Bytes of the flow logs, and of the metrics, of those that have both.
    compared: [u64; 2],
}

impl FlowLogged {
    pub(super) fn add(&mut self, row: &NatGatewayRow) {
        let Some(bytes) = row.flow_log_bytes else {
            return;
        };
        self.gateways += 1;
        self.bytes += bytes;
        self.attributed += row.attributed_bytes.unwrap_or(0);
        self.ambiguous += row.ambiguous_bytes.unwrap_or(0);
        self.unmatched += row.unmatched_bytes.unwrap_or(0);
        if let Some(processed) = processed(row) {
            let [logged, metrics] = &mut self.compared;
            *logged += bytes;
            *metrics += processed;
        }
    }

    /// Adds the sums of another Region.
    pub(super) fn merge(&mut self, other: &Self) {
        self.gateways += other.gateways;
        self.bytes += other.bytes;
        self.attributed += other.attributed;
        self.ambiguous += other.ambiguous;
        self.unmatched += other.unmatched;
        let compared = self.compared.iter_mut().zip(other.compared);
        compared.for_each(|(sum, more)| *sum += more);
    }

    /// Fills them in: unknown if no gateway has one.
    pub(super) fn fill(&self, totals: &mut Totals) {
        if self.gateways == 0 {
            return;
        }
        let [logged, metrics] = self.compared;
        totals.nat_gateways_flow_logged = self.gateways;
        totals.flow_log_bytes = Some(self.bytes);
        totals.attributed_bytes = Some(self.attributed);
        totals.ambiguous_bytes = Some(self.ambiguous);
        totals.unmatched_bytes = Some(self.unmatched);
        totals.attributed_percent = percent(self.attributed, self.bytes);
        totals.flow_log_difference_percent = difference(logged, metrics);
    }
}

/// What CloudWatch states that a gateway processed: both directions, each once.
fn processed(row: &NatGatewayRow) -> Option<u64> {
    Some(row.bytes_in_from_source? + row.bytes_in_from_destination?)
}

/// `part` of `whole` in percent, two places; none of nothing.
fn percent(part: u64, whole: u64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a percentage of two places")]
    (whole > 0).then(|| round(part as f64 / whole as f64 * 100.0))
}

/// How much more, in percent of the metrics, the flow logs have.
fn difference(flow_logs: u64, metrics: u64) -> Option<f64> {
    if flow_logs == metrics {
        return Some(0.0);
    }
    #[expect(clippy::cast_precision_loss, reason = "a percentage of two places")]
    (metrics > 0).then(|| round((flow_logs as f64 / metrics as f64 - 1.0) * 100.0))
}

fn round(percent: f64) -> f64 {
    (percent * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_is_of_the_metrics_and_unknown_where_these_have_nothing() {
        assert_eq!(difference(987, 1000), Some(-1.3));
        assert_eq!(difference(1010, 1000), Some(1.0));
        assert_eq!(difference(0, 0), Some(0.0));
        assert_eq!(difference(5, 0), None);
    }
}
