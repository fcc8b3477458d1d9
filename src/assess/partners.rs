//! Rows of `partner_services.csv`.

use super::{
    figures::{fine, texts, usd},
    view::RegionView,
};
use crate::model::{partner::PartnerMoney, partner_use::PartnerUse, report::PartnerServiceRow};

/// Names in a row.
const HOSTS: usize = 20;

impl RegionView<'_> {
    /// By account, VPC, partner and product.
    pub(super) fn partner_services(
        &self,
        uses: &[PartnerUse],
        money: &[PartnerMoney],
    ) -> Vec<PartnerServiceRow> {
        let uses = uses.iter().zip(money);
        let rows = uses.filter_map(|(it, money)| {
            let mut row = self.partner_service(it)?;
            row.gb_month = fine(money.gb_month);
            row.monthly_nat_usd = usd(money.nat);
            row.monthly_endpoint_usd = usd(money.endpoint);
            row.monthly_saving_usd = usd(money.saving);
            row.break_even_gb_month = fine(money.break_even);
            Some(row)
        });
        rows.collect()
    }

    fn partner_service(&self, it: &PartnerUse) -> Option<PartnerServiceRow> {
        let vpc = self.vpc(&it.vpc_id)?;
        Some(PartnerServiceRow {
            account_id: vpc.target.account_id.clone(),
            account_name: self.name(&vpc.target.account_id),
            region: vpc.target.region.clone(),
            vpc_id: vpc.vpc_id.clone(),
            vpc_name: vpc.name.clone(),
            provider: it.product.provider.clone(),
            product: it.product.product.clone().unwrap_or_default(),
            hosts: it.hosts.iter().take(HOSTS).cloned().collect(),
            query_count: it.queries,
            path: it.path,
            nat_bytes: it.nat_bytes,
            endpoint_service_name: it.endpoint_service_name.clone(),
            hosts_stay: it.hosts_stay.clone(),
            break_even_gb_month: None,
            monthly_saving_usd: None,
            caveats: it.caveats.clone(),
            doc: it.doc.clone(),
            offer: it.offer,
            endpoint_service_offered: it.offered,
            endpoint_exists: it.endpoint_exists,
            endpoint_ids: it.endpoint_ids.clone(),
            gb_month: None,
            monthly_nat_usd: None,
            monthly_endpoint_usd: None,
            answers: texts(&it.answers),
            remark: it.remark.clone(),
        })
    }
}
