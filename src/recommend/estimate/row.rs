//! The row of a line: what is paid today, what would be paid, and what there is to know of it.

use rust_decimal::Decimal;

use super::{
    data::DataPrice,
    line::{Line, Role},
};
use crate::{
    model::{
        classified::Path,
        estimate::{EstimateBasis, EstimateRow, EstimateType},
        inventory::Endpoint,
        money::{self, Amount, PriceItem},
    },
    recommend::context::{Gb, RuleContext},
};

/// A line with its money, US dollars a month.
pub(super) struct PricedLine<'l, 'w> {
    context: &'l RuleContext<'w>,
    line: &'l Line<'w>,
    basis: EstimateBasis,
    gb: Option<Gb>,
    /// What NAT gateways charge today.
    nat: Option<Decimal>,
    /// What the transit gateway before them charges today.
    transit_today: Option<Decimal>,
    /// What endpoints of the service in the VPC cost today.
    endpoint_today: Option<Decimal>,
    /// Data through the endpoint.
    data: Option<Decimal>,
    /// Data through the transit gateway to the hub, or the hours of an attachment.
    transit: Option<Decimal>,
}

impl<'l, 'w> PricedLine<'l, 'w> {
    /// Prices a line with its share of the data of all lines.
    pub(super) fn new(context: &'l RuleContext<'w>, line: &'l Line<'w>, data: &DataPrice) -> Self {
        let gb = line.gb(context);
        let transit_gb = || {
            let prices = context.input.prices;
            prices.price(PriceItem::TgwGb, &line.vpc.target.region)
        };
        Self {
            context,
            line,
            basis: basis(line, gb),
            gb,
            nat: gb.and_then(|gb| nat_usd(line, gb.nat)),
            transit_today: gb
                .filter(|_| line.egress.central)
                .and_then(|gb| line.egress.transit_gb?.checked_mul(gb.nat)),
            endpoint_today: endpoint_today(context, line),
            data: gb.and_then(|gb| data.of_line(line, gb.all)),
            transit: match line.role {
                Role::Own(_) | Role::Hub => None,
                Role::Spoke => gb.and_then(|gb| gb.all.checked_mul(transit_gb()?)),
                Role::Attachment => line.hours,
            },
        }
    }

    /// The row.
    pub(super) fn row(&self) -> EstimateRow {
        let line = self.line;
        let is_attachment = line.role == Role::Attachment;
        EstimateRow {
            account_id: RuleContext::owner(line.vpc).to_string(),
            account_name: None,
            region: Some(line.vpc.target.region.clone()),
            vpc_id: Some(line.vpc.vpc_id.clone()),
            vpc_name: line.vpc.name.clone(),
            service: (!is_attachment).then(|| line.service.to_owned()),
            endpoint_type: match line.role {
                Role::Own(kind) if line.offered => Some(kind.name()),
                Role::Hub if line.offered => Some(EstimateType::Interface.name()),
                _ => None,
            },
            availability_zones: line.zones.map(|zones| zones as u64),
            gb_month: rounded(self.gb.map(|gb| gb.all), 4),
            monthly_endpoint_hours_usd: rounded(line.hours.filter(|_| !is_attachment), 2),
            monthly_endpoint_data_usd: rounded(self.data, 2),
            monthly_transit_gateway_usd: rounded(self.transit, 2),
            monthly_nat_usd: rounded(self.nat, 2),
            monthly_transit_gateway_today_usd: rounded(self.transit_today, 2),
            monthly_endpoint_today_usd: rounded(self.endpoint_today, 2),
            monthly_saving_usd: rounded(self.saving(), 2),
            break_even_gb_month: rounded(line.break_even, 4),
            basis: Some(self.basis),
            remark: self.remarks().join("; "),
        }
    }

    /// What is paid today less what would be paid; none if a part of either is not known.
    fn saving(&self) -> Option<Decimal> {
        let line = self.line;
        if self.basis == EstimateBasis::Hours {
            return Some(self.existing_today()? - line.hours?);
        }
        if self.basis != EstimateBasis::Measured
            || self.answered_by_hub()
            || line.obstacle.is_some()
        {
            return None;
        }
        let then = match line.role {
            Role::Spoke => self.transit?,
            _ => line.hours?,
        };
        let today = self.nat? + self.transit_today.unwrap_or_default() + self.existing_today()?;
        Some(today - then - self.data?)
    }

    /// What the endpoints cost that are there; none if that is not known.
    fn existing_today(&self) -> Option<Decimal> {
        match self.line.existing.as_slice() {
            [] => Some(Decimal::ZERO),
            _ => self.endpoint_today,
        }
    }

    /// Whether a central endpoint answers the VPC today: what that costs is not in its row.
    fn answered_by_hub(&self) -> bool {
        let here = self.line.calls.here.filter(|_| self.line.consumes);
        here.is_some_and(|it| it.path == Path::CentralEndpoint)
    }

    /// What there is to know of the row.
    fn remarks(&self) -> Vec<String> {
        let (line, context) = (self.line, self.context);
        let mut remarks = line.remarks.clone();
        remarks.extend(line.obstacle.clone());
        let mut add = |text: &str| remarks.push(text.to_owned());
        match self.basis {
            EstimateBasis::NotMeasured
                if context.has_partial_bytes(&line.vpc.vpc_id, line.service) =>
            {
                add("flow logs show a part of the bytes alone");
            }
            EstimateBasis::NotMeasured => add("no flow log measures its bytes"),
            EstimateBasis::NotCalled => add(self.why_not_called()),
            EstimateBasis::Measured | EstimateBasis::Hours | EstimateBasis::NotOffered => {}
        }
        if self.answered_by_hub() {
            add("a central endpoint answers the VPC today, and what that costs is not in the row");
        }
        if line.consumes && line.calls.here.is_some() && line.egress.passes_none() {
            add("no NAT gateway is on its way out");
        }
        if self.gb.is_some() && line.egress.central && line.egress.transit_gb.is_none() {
            add("the price of the transit gateway today is not known and counts as nothing");
        }
        let has_zones = matches!(line.role, Role::Own(EstimateType::Interface) | Role::Hub);
        if has_zones && line.offered && line.zones.is_none() {
            add("its zones are not known");
        }
        remarks.extend(self.missing_price());
        remarks
    }

    fn why_not_called(&self) -> &'static str {
        let calls = &self.line.calls;
        if calls.global.is_some() || !calls.elsewhere.is_empty() {
            "it is called by names alone that an endpoint of this Region does not answer"
        } else if self.context.usage_is_known(&self.line.vpc.vpc_id) {
            "the VPC does not call it"
        } else {
            "no call is known, and not all queries of the VPC are"
        }
    }

    /// The price that is not known in US dollars, of those that the row needs.
    fn missing_price(&self) -> Option<String> {
        let region = &self.line.vpc.target.region;
        let needed: &[PriceItem] = match self.line.role {
            Role::Own(EstimateType::Gateway) => &[PriceItem::GatewayEndpointHour],
            Role::Own(EstimateType::Interface) | Role::Hub => &[
                PriceItem::InterfaceEndpointHour,
                PriceItem::InterfaceEndpointGb,
            ],
            Role::Spoke => &[PriceItem::InterfaceEndpointGb, PriceItem::TgwGb],
            Role::Attachment => &[PriceItem::TgwAttachmentHour],
        };
        let prices = self.context.input.prices;
        let missing = |it: &&PriceItem| prices.price(**it, region).is_none();
        let item = *needed.iter().find(missing)?;
        Some(match prices.other_currency(item, region) {
            Some(currency) => format!(
                "{} is billed in {currency}, in which no cost is calculated",
                item.name()
            ),
            None => format!("the price {} is not known in {region}", item.name()),
        })
    }
}

fn basis(line: &Line<'_>, gb: Option<Gb>) -> EstimateBasis {
    let is_called = line.consumes && line.calls.here.is_some();
    match line.role {
        Role::Attachment => EstimateBasis::Hours,
        _ if !line.offered => EstimateBasis::NotOffered,
        Role::Hub if !is_called => EstimateBasis::Hours,
        _ if !is_called => EstimateBasis::NotCalled,
        _ if gb.is_none() => EstimateBasis::NotMeasured,
        _ => EstimateBasis::Measured,
    }
}

/// What NAT gateways charge for so many GB; none of them cost nothing at any price.
fn nat_usd(line: &Line<'_>, gb: Decimal) -> Option<Decimal> {
    if gb.is_zero() {
        return Some(Decimal::ZERO);
    }
    line.egress.nat_gb?.checked_mul(gb)
}

/// What the endpoints of the service in the VPC cost today, data as far as it is measured; of a hub the
/// hours alone, since its data is that of others too.
fn endpoint_today(context: &RuleContext<'_>, line: &Line<'_>) -> Option<Decimal> {
    if line.existing.is_empty() {
        return None;
    }
    let cost = |it: &&Endpoint| {
        let cost = context.input.endpoint_costs.get(&it.endpoint_id)?;
        match line.role {
            Role::Hub => cost.monthly_hours_usd,
            _ => cost.known_usd(),
        }
    };
    line.existing.iter().map(cost).sum()
}

fn rounded(figure: Option<Decimal>, places: u32) -> Option<Amount> {
    figure.map(|it| Amount(money::round(it, places).normalize()))
}
