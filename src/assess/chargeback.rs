//! Rows of `egress_chargeback.csv`.

use super::{
    figures::{share, usd},
    view::RegionView,
};
use crate::model::{
    chargeback::{Charge, ChargedGateways},
    report::EgressChargebackRow,
};

impl RegionView<'_> {
    /// By hub and NAT gateway, then by account and VPC; what is not assigned comes last.
    pub(super) fn egress_chargeback(&self, all: &[ChargedGateways]) -> Vec<EgressChargebackRow> {
        let mut rows = Vec::new();
        for gateways in all {
            let charges = gateways.charges.iter();
            let mut of_gateway: Vec<_> = charges.map(|it| self.charge(gateways, it)).collect();
            of_gateway.sort_by_key(|it| {
                let account = it.spoke_account_id.clone();
                let vpc = it.spoke_vpc_id.clone();
                (vpc.is_none(), account, vpc)
            });
            rows.extend(of_gateway);
        }
        rows
    }

    fn charge(&self, gateways: &ChargedGateways, charge: &Charge) -> EgressChargebackRow {
        let account = &gateways.target.account_id;
        let name = |id: &str| self.vpc(id).and_then(|vpc| vpc.name.clone());
        let spoke = charge.vpc_id.as_ref().and_then(|id| self.vpc(id));
        let spoke_account = spoke.map(|vpc| vpc.owner_account_id.clone());
        let parts = charge.bytes.zip(gateways.bytes);
        EgressChargebackRow {
            hub_account_id: account.clone(),
            hub_account_name: self.name(account),
            region: gateways.target.region.clone(),
            hub_vpc_id: gateways.hub_vpc_id.clone(),
            hub_vpc_name: name(&gateways.hub_vpc_id),
            nat_gateway_id: gateways.nat_gateway_ids.join(";"),
            spoke_account_name: spoke_account.as_ref().and_then(|id| self.name(id)),
            spoke_account_id: spoke_account,
            spoke_vpc_id: charge.vpc_id.clone(),
            spoke_vpc_name: charge.vpc_id.as_deref().and_then(name),
            bytes: charge.bytes,
            share: parts.and_then(|(bytes, whole)| share(bytes, whole)),
            data_usd: usd(charge.data_usd),
            hours_usd_share: usd(charge.hours_usd),
            basis: charge.basis,
        }
    }
}
