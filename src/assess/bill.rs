//! Rows of `bill.csv`: what AWS billed, against what the run computes for the same days.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::{
    AssessError, Context,
    figures::{fine, usd},
    tables::Tables,
};
use crate::{
    cost::{
        bill::{self, BillKey, Billed, ByItem, Computed},
        objects,
        price_book::{PriceBook, PriceError},
        usage_type::UsageTypes,
    },
    model::{
        bill::{Bill, ChargeKind},
        coverage::Step,
        facts::Found,
        id::{AccountId, Region},
        money::{Amount, PriceItem, USD},
        object_reads::{ObjectCounts, ObjectRoute},
        report::BillRow,
        totals::Totals,
    },
    store::{Store, StoreError},
};

/// Items of which the run shows how much there is.
const COMPUTED: [PriceItem; 11] = [
    PriceItem::NatGatewayHour,
    PriceItem::NatGatewayGb,
    PriceItem::RegionalNatGatewayHour,
    PriceItem::RegionalNatGatewayGb,
    PriceItem::InterfaceEndpointHour,
    PriceItem::InterfaceEndpointGb,
    PriceItem::GwlbEndpointHour,
    PriceItem::GwlbEndpointGb,
    PriceItem::ResourceEndpointHour,
    PriceItem::ResourceEndpointGb,
    PriceItem::TgwAttachmentHour,
];

/// The bill that was stored with a run; none if none was read.
///
/// # Errors
///
/// If the store cannot be read.
pub fn bill_of_run(store: &Store, run: i64) -> Result<Option<Bill>, StoreError> {
    let mut found = None;
    store.each_of(run, &[Step::Bill], |cell| {
        if let Found::Bill(bill) = cell.found {
            found = Some(bill);
        }
    })?;
    Ok(found)
}

/// The prices with the effective discounts of the bill of a run, and how many items have one; none if
/// no bill was read.
///
/// # Errors
///
/// If the store or an embedded table cannot be read.
pub fn at_billed_prices(
    store: &Store,
    run: i64,
    prices: PriceBook,
) -> Result<Option<(PriceBook, usize)>, AssessError> {
    let Some(bill) = bill_of_run(store, run)? else {
        return Ok(None);
    };
    let list = prices.clone().discounted(&BTreeMap::new());
    let discounts = bill::discounts(&bill, &UsageTypes::built_in()?, &list);
    let source = format!(
        "effective discount of the bill of {} to {}",
        bill.first_day, bill.last_day
    );
    let count = discounts.len();
    Ok(Some((prices.with_billed(&discounts, &source), count)))
}

/// What the bill is compared with.
struct Reconciliation<'r, 'c> {
    context: &'r Context<'c>,
    bill: &'r Bill,
    /// Hours of the days with data, as a part of those of the window.
    part: Decimal,
    computed: &'r ByItem,
    /// Accounts that the bill has usage of.
    accounts_billed: BTreeSet<AccountId>,
}

impl Context<'_> {
    /// Writes the rows of the bill by account, Region, item and NAT gateway, then its credits and refunds.
    pub(super) fn add_bill(
        &self,
        tables: &Tables<'_>,
        bill: &Bill,
        computed: ByItem,
    ) -> Result<(), AssessError> {
        let list = self.prices.clone().discounted(&BTreeMap::new());
        let billed = bill::billed(bill, &UsageTypes::built_in()?, &list);
        let hours = bill::exact_hours(self.window);
        let days = Decimal::from(bill.days()) * Decimal::from(24);
        let names_gateways = billed.keys().any(|it| it.nat_gateway_id.is_some());
        let computed = if names_gateways {
            computed
        } else {
            bill::without_gateways(computed)
        };
        let reconciliation = Reconciliation {
            context: self,
            bill,
            part: days.checked_div(hours).unwrap_or_default(),
            computed: &computed,
            accounts_billed: billed.keys().map(|it| it.account_id.clone()).collect(),
        };
        let keys: BTreeSet<&BillKey> = billed.keys().chain(computed.keys()).collect();
        tables.begin(None);
        for key in keys {
            tables.add(&[], &reconciliation.row(key, billed.get(key)))?;
        }
        for row in reconciliation.adjustments() {
            tables.add(&[], &row)?;
        }
        Ok(())
    }

    /// What reading the bill took.
    pub(super) fn add_bill_cost(&self, bill: &Bill, totals: &mut Totals) {
        totals.bill_requests = bill.requests;
        let mut usd = Some(Bill::requests_usd(bill.requests));
        if let Some((region, bytes)) = &bill.athena {
            totals.bill_athena_bytes = *bytes;
            let route = ObjectRoute {
                bucket: region.clone(),
                reader: region.clone(),
            };
            let counts = ObjectCounts {
                athena_bytes: *bytes,
                ..ObjectCounts::default()
            };
            usd = objects::cost(&[(route, counts)].into(), self.prices).athena;
        }
        totals.bill_usd = usd.map(|it| Amount(it.round_dp(6).normalize()));
    }
}

impl Reconciliation<'_, '_> {
    fn row(&self, key: &BillKey, billed: Option<&Billed>) -> BillRow {
        let found = self.computed.get(key);
        let computed = found.map_or(
            Computed {
                quantity: None,
                usd: None,
            },
            |it| Computed {
                quantity: it.quantity.and_then(|it| it.checked_mul(self.part)),
                usd: it.usd.and_then(|it| it.checked_mul(self.part)),
            },
        );
        let amount = billed.and_then(Billed::usd);
        let difference = amount
            .zip(computed.usd)
            .and_then(|(amount, usd)| bill::discount_percent(usd, amount))
            .map(|it| -it);
        let discount = billed
            .and_then(|it| it.list_usd)
            .zip(amount)
            .and_then(|(list, amount)| bill::discount_percent(list, amount));
        let (account, region) = (&key.account_id, Some(&key.region));
        BillRow {
            usage: fine(billed.and_then(|it| it.usage)),
            usage_unit: billed.and_then(|it| it.unit.clone()),
            billed_usd: usd(amount),
            computed_usd: usd(computed.usd),
            difference_percent: usd(difference),
            discount_percent: usd(discount),
            computed_usage: fine(computed.quantity),
            remark: self.remark(key, billed, found),
            nat_gateway_id: key.nat_gateway_id.clone(),
            billed_amount: usd(billed.and_then(|it| it.amount)),
            currency: billed.map(|it| it.currency.clone()),
            ..self.empty(account, region, key.item.name(), ChargeKind::Usage)
        }
    }

    /// Credits and refunds of an account.
    fn adjustments(&self) -> Vec<BillRow> {
        let charges = self.bill.charges.iter();
        let charges =
            charges.filter(|it| matches!(it.kind, ChargeKind::Credit | ChargeKind::Refund));
        let rows = charges.map(|it| {
            let in_usd = it.currency == USD;
            let remark = (!in_usd).then(|| format!("billed in {}", it.currency));
            BillRow {
                billed_usd: usd(Some(it.amount).filter(|_| in_usd)),
                billed_amount: usd(Some(it.amount)),
                currency: Some(it.currency.clone()),
                remark,
                ..self.empty(&it.account_id, None, it.kind.name(), it.kind)
            }
        });
        rows.collect()
    }

    fn empty(
        &self,
        account: &AccountId,
        region: Option<&Region>,
        item: &str,
        record_type: ChargeKind,
    ) -> BillRow {
        BillRow {
            account_id: account.clone(),
            account_name: self.context.organization.name(account).map(str::to_owned),
            region: region.cloned(),
            item: item.to_owned(),
            usage: None,
            usage_unit: None,
            billed_usd: None,
            computed_usd: None,
            difference_percent: None,
            discount_percent: None,
            record_type,
            computed_usage: None,
            first_day: self.bill.first_day.to_string(),
            last_day: self.bill.last_day.to_string(),
            days: u64::from(self.bill.days()),
            remark: None,
            nat_gateway_id: None,
            billed_amount: None,
            currency: None,
            source: self.bill.source,
        }
    }

    /// What is not reconciled, and why.
    fn remark(
        &self,
        key: &BillKey,
        billed: Option<&Billed>,
        found: Option<&Computed>,
    ) -> Option<String> {
        let (account, item) = (&key.account_id, key.item);
        let why = match (billed, found) {
            (None, _) if !self.accounts_billed.contains(account) => {
                "the bill shows nothing of the account".to_owned()
            }
            (None, _) => "the bill has none of it".to_owned(),
            (Some(billed), _) if billed.amount.is_none() => {
                "not reconciled: billed in several currencies".to_owned()
            }
            (Some(billed), _) if billed.currency != USD => {
                format!("not reconciled: billed in {}", billed.currency)
            }
            (Some(_), None) if !COMPUTED.contains(&item) => {
                "not reconciled: the run does not measure it".to_owned()
            }
            (Some(_), None) if !self.context.organization.is_scanned(account) => {
                "not reconciled: the account was not scanned".to_owned()
            }
            (Some(_), None) if key.nat_gateway_id.is_some() => {
                "not reconciled: the gateway is not in the run, and may have been deleted"
                    .to_owned()
            }
            (Some(_), None) => "not reconciled: the run found none of it".to_owned(),
            (Some(_), Some(found)) if found.quantity.is_none() => {
                "not reconciled: not all of it was measured".to_owned()
            }
            (Some(_), Some(found)) if found.usd.is_none() => {
                "not reconciled: the price is not known".to_owned()
            }
            (Some(_), Some(_)) if item == PriceItem::TgwAttachmentHour => {
                "attachments of VPCs alone are computed".to_owned()
            }
            _ => return None,
        };
        Some(why)
    }
}

impl From<PriceError> for AssessError {
    fn from(error: PriceError) -> Self {
        Self::Read(std::io::Error::other(error))
    }
}
