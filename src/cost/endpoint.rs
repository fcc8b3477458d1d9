//! Endpoints, existing or proposed: hours by the zone, and GB in tiers that count over all
//! endpoints of a kind that the payer has in a region. Gateway endpoints are free.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{
    break_even::{UnitPrices, hours_of_month},
    price_book::PriceBook,
};
use crate::model::{
    cost::EndpointCost,
    facts::Facts,
    id::{Region, VpcEndpointId},
    inventory::Endpoint,
    kind::{EndpointType, ResourceState},
    money::{BYTES_PER_GB, HOURS_PER_MONTH, PriceItem},
    run::Window,
};

/// States in which an endpoint does not, or does not yet, exist
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html>), in lower case, or in which
/// it was deleted: "hourly billing for your VPC endpoint will stop when you delete it".
/// One that the owner of its endpoint service has not accepted, or has rejected, is there and billed:
/// "irrespective of the state of its association with the service"
/// (<https://aws.amazon.com/privatelink/pricing/>).
const NOT_BILLED: [ResourceState; 4] = [
    ResourceState::Deleting,
    ResourceState::Deleted,
    ResourceState::Expired,
    ResourceState::Failed,
];

/// What an hour in a zone and a GB of an endpoint are billed as; none for a type that is not known.
pub fn items(endpoint_type: &EndpointType) -> Option<(PriceItem, PriceItem)> {
    match endpoint_type {
        EndpointType::Interface => Some((
            PriceItem::InterfaceEndpointHour,
            PriceItem::InterfaceEndpointGb,
        )),
        EndpointType::Gateway => {
            Some((PriceItem::GatewayEndpointHour, PriceItem::GatewayEndpointGb))
        }
        EndpointType::GatewayLoadBalancer => {
            Some((PriceItem::GwlbEndpointHour, PriceItem::GwlbEndpointGb))
        }
        EndpointType::Resource => Some((
            PriceItem::ResourceEndpointHour,
            PriceItem::ResourceEndpointGb,
        )),
        _ => None,
    }
}

/// US dollars a month for the hours of an endpoint of a type (`Interface`, `Gateway` ..), proposed or
/// there, with interfaces in so many zones; none if the type or the price is not known.
pub fn hours(
    endpoint_type: &EndpointType,
    region: &Region,
    zones: usize,
    prices: &PriceBook,
) -> Option<Decimal> {
    let (item, _) = items(endpoint_type)?;
    // A gateway endpoint has no interface; its price is 0 however many zones there are.
    let zones = if item == PriceItem::GatewayEndpointHour {
        1
    } else {
        zones
    };
    hours_of_month(prices.price(item, region)?, zones)
}

/// US dollars a month for `gb` more through endpoints of a type in a region, where `gb_before` pass
/// endpoints of that type already, those of all accounts of the payer together.
pub fn data(
    endpoint_type: &EndpointType,
    region: &Region,
    gb_before: Decimal,
    gb: Decimal,
    prices: &PriceBook,
) -> Option<Decimal> {
    let (_, item) = items(endpoint_type)?;
    prices.graduated(item, region, gb_before, gb)
}

/// Whether the account is billed for an endpoint. What an AWS service creates for itself is not
/// (<https://docs.aws.amazon.com/guardduty/latest/ug/runtime-monitoring.html>).
pub fn is_billed(endpoint: &Endpoint) -> bool {
    !NOT_BILLED.contains(&endpoint.state) && endpoint.requester_managed != Some(true)
}

/// US dollars a month for the hours of an existing endpoint; none if the type or the price is not
/// known.
pub fn monthly_hours(endpoint: &Endpoint, prices: &PriceBook) -> Option<Decimal> {
    if !is_billed(endpoint) {
        return Some(Decimal::ZERO);
    }
    let (kind, region) = (&endpoint.endpoint_type, &endpoint.target.region);
    hours(kind, region, endpoint.subnet_ids.len(), prices)
}

/// GB a month from which an existing interface endpoint pays, against a NAT gateway of its Region; none if it
/// never does, is not billed, or a price is not known.
pub fn pays_from(endpoint: &Endpoint, prices: &PriceBook) -> Option<Decimal> {
    if endpoint.endpoint_type != EndpointType::Interface || !is_billed(endpoint) {
        return None;
    }
    // No other prices are asked for: a report names those that it was calculated with.
    let price = |item| prices.price(item, &endpoint.target.region);
    let units = UnitPrices {
        endpoint_hour: price(PriceItem::InterfaceEndpointHour),
        endpoint_gb: price(PriceItem::InterfaceEndpointGb),
        ..UnitPrices::default()
    };
    units.own_pays_from(price(PriceItem::NatGatewayGb)?, endpoint.subnet_ids.len())
}

/// GB a month through the endpoints of each type in each region, as far as they are measured: what
/// tiers count. `gb_month` is by endpoint id.
pub fn gb_by_region<'e>(
    endpoints: impl Iterator<Item = &'e Endpoint>,
    gb_month: &BTreeMap<VpcEndpointId, Decimal>,
) -> BTreeMap<(EndpointType, Region), Decimal> {
    let mut sums: BTreeMap<_, Decimal> = BTreeMap::new();
    for it in endpoints {
        let billed = it.requester_managed != Some(true);
        if let Some(gb) = gb_month.get(&it.endpoint_id).filter(|_| billed) {
            let key = (it.endpoint_type.clone(), it.target.region.clone());
            *sums.entry(key).or_default() += gb;
        }
    }
    sums
}

/// GB a month, if so many bytes passed in a window; less than a day makes no rate.
pub fn gb_month(bytes: u64, window: Window) -> Option<Decimal> {
    if window.is_too_short() {
        return None;
    }
    let seconds = window.end.as_second() - window.start.as_second();
    let gb = Decimal::from(bytes) / Decimal::from(BYTES_PER_GB);
    let month = Decimal::from(HOURS_PER_MONTH) * Decimal::from(3600);
    gb.checked_mul(month)?.checked_div(Decimal::from(seconds))
}

/// GB a month through the interface endpoints that were measured, by id: by CloudWatch, which counts
/// what AWS bills, else by flow logs (`logged`, bytes by endpoint). The rate is that of the hours of the
/// window in which the endpoint existed; less than a day of them makes no rate.
pub fn measured_gb_month(
    facts: &Facts,
    logged: &BTreeMap<VpcEndpointId, u64>,
    window: Window,
) -> BTreeMap<VpcEndpointId, Decimal> {
    let measured = facts.endpoints.values().filter_map(|it| {
        let metrics = facts.endpoint_metrics.get(&it.endpoint_id);
        let metrics = metrics.filter(|_| !it.is_cross_region());
        let bytes = metrics
            .and_then(|it| it.bytes_processed)
            .or_else(|| logged.get(&it.endpoint_id).copied())?;
        let start = it
            .created_at
            .map_or(window.start, |at| at.max(window.start));
        let gb = gb_month(bytes, Window { start, ..window })?;
        Some((it.endpoint_id.clone(), gb))
    });
    measured.collect()
}

/// What existing endpoints cost a month, by id. `gb_month` has the GB of those that were measured;
/// the data of the others is not known.
///
/// All endpoints of a type in a region pay the same for a GB: what the tiers come to for all of
/// them together is shared by their GB.
pub fn costs<'e>(
    endpoints: impl Iterator<Item = &'e Endpoint> + Clone,
    gb_month: &BTreeMap<VpcEndpointId, Decimal>,
    prices: &PriceBook,
) -> BTreeMap<VpcEndpointId, EndpointCost> {
    let sums = gb_by_region(endpoints.clone(), gb_month);
    endpoints
        .map(|it| {
            let gb = gb_month.get(&it.endpoint_id).copied();
            let key = (it.endpoint_type.clone(), it.target.region.clone());
            let sum = sums.get(&key).copied().unwrap_or_default();
            let cost = EndpointCost {
                monthly_hours_usd: monthly_hours(it, prices),
                gb_month: gb,
                monthly_data_usd: match it.requester_managed {
                    Some(true) => gb.map(|_| Decimal::ZERO),
                    _ => gb.and_then(|gb| share(&key, sum, gb, prices)),
                },
            };
            (it.endpoint_id.clone(), cost)
        })
        .collect()
}

/// The part of `gb` in what `sum` GB cost.
fn share(
    (kind, region): &(EndpointType, Region),
    sum: Decimal,
    gb: Decimal,
    prices: &PriceBook,
) -> Option<Decimal> {
    let all = data(kind, region, Decimal::ZERO, sum, prices)?;
    if sum.is_zero() {
        return Some(all);
    }
    all.checked_mul(gb)?.checked_div(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::target::Target;
    use crate::model::tests::sample;

    fn endpoint(id: &str, kind: &str, region: &str, zones: usize) -> Endpoint {
        Endpoint {
            endpoint_type: kind.into(),
            subnet_ids: (0..zones)
                .map(|zone| format!("subnet-{zone}").into())
                .collect(),
            ..sample::endpoint(
                &Target {
                    account_id: "123456789012".parse().unwrap(),
                    region: region.parse().unwrap(),
                },
                "vpc-1",
                id,
                "com.amazonaws.eu-west-1.sts",
            )
        }
    }

    fn cents(amount: Option<Decimal>) -> Option<String> {
        amount.map(|amount| format!("{:.2}", amount.round_dp(2)))
    }

    #[test]
    fn hours_are_billed_by_the_zone_at_the_regions_price_of_the_type() {
        let book = PriceBook::built_in().unwrap();
        for (kind, region, zones, expected) in [
            ("Interface", "us-east-1", 1, Some("7.30")),
            ("Interface", "us-east-1", 3, Some("21.90")),
            ("Interface", "eu-west-1", 2, Some("16.06")),
            ("Interface", "ap-southeast-5", 3, Some("25.62")),
            ("Interface", "cn-north-1", 3, None),
            ("GatewayLoadBalancer", "us-east-1", 2, Some("14.60")),
            ("GatewayLoadBalancer", "eu-west-1", 2, Some("16.35")),
            ("GatewayLoadBalancer", "cn-north-1", 2, None),
            ("Resource", "us-east-1", 1, Some("14.60")),
            ("ServiceNetwork", "us-east-1", 1, None),
            // Free is a known price too.
            ("Gateway", "mx-central-1", 0, Some("0.00")),
        ] {
            let actual = monthly_hours(&endpoint("vpce-1", kind, region, zones), &book);
            assert_eq!(cents(actual).as_deref(), expected, "{kind} in {region}");
        }
        let in_state = |state: &str| {
            let endpoint = Endpoint {
                state: state.into(),
                ..endpoint("vpce-1", "Interface", "us-east-1", 3)
            };
            cents(monthly_hours(&endpoint, &book))
        };
        for (state, expected) in [
            ("failed", "0.00"),
            ("expired", "0.00"),
            ("rejected", "21.90"),
            ("pendingacceptance", "21.90"),
        ] {
            assert_eq!(in_state(state).as_deref(), Some(expected), "{state}");
        }
    }

    #[test]
    fn tiers_count_over_all_endpoints_of_a_region_and_each_pays_its_share() {
        let book = PriceBook::built_in().unwrap();
        let all = [
            endpoint("a", "Interface", "us-east-1", 1),
            endpoint("b", "Interface", "us-east-1", 1),
            endpoint("elsewhere", "Interface", "eu-west-1", 1),
            endpoint("free", "Gateway", "us-east-1", 0),
            endpoint("unmeasured", "Interface", "us-east-1", 1),
        ];
        let gb = |gb: u64| Decimal::from(gb);
        let measured = BTreeMap::from([
            ("a".into(), gb(1_048_576)),
            ("b".into(), gb(3_145_728)),
            ("elsewhere".into(), gb(1_000)),
            ("free".into(), gb(9_000_000)),
        ]);
        let costs = costs(all.iter(), &measured, &book);
        let data = |id: &str| cents(costs[id].monthly_data_usd);
        // 1,048,576 x 0.010 + 3,145,728 x 0.006 = 29,360.128, a quarter and three quarters of it.
        assert_eq!(data("a").as_deref(), Some("7340.03"));
        assert_eq!(data("b").as_deref(), Some("22020.10"));
        assert_eq!(data("elsewhere").as_deref(), Some("10.00"));
        assert_eq!(data("free").as_deref(), Some("0.00"));
        assert_eq!(data("unmeasured"), None);
        assert_eq!(
            cents(costs["unmeasured"].monthly_hours_usd).unwrap(),
            "7.30"
        );
    }

    #[test]
    fn a_proposed_endpoint_pays_the_tier_that_the_existing_ones_have_reached() {
        let book = PriceBook::built_in().unwrap();
        let region = "us-east-1".parse().unwrap();
        let added = |kind: &str, before: u64, gb: u64| {
            cents(data(&kind.into(), &region, before.into(), gb.into(), &book))
        };
        assert_eq!(added("Interface", 0, 1_000).unwrap(), "10.00");
        assert_eq!(added("Interface", 2_000_000, 1_000).unwrap(), "6.00");
        assert_eq!(
            added("GatewayLoadBalancer", 2_000_000, 1_000).unwrap(),
            "3.50"
        );
        assert_eq!(added("Gateway", 2_000_000, 1_000).unwrap(), "0.00");
        assert_eq!(added("Resource", 0, 1_000).unwrap(), "10.00");
        assert_eq!(added("ServiceNetwork", 0, 1_000), None);
    }

    #[test]
    fn an_existing_endpoint_pays_from_the_gb_that_earn_its_hours_at_a_nat_gateway() {
        let book = PriceBook::built_in().unwrap();
        let of = |it: &Endpoint| pays_from(it, &book).map(|gb| gb.round_dp(1).to_string());
        // us-east-1: 0.01 * 730 an interface, and 0.045 - 0.01 a GB.
        for (zones, expected) in [(1, "208.6"), (2, "417.1"), (3, "625.7")] {
            let one = endpoint("vpce-1", "Interface", "us-east-1", zones);
            assert_eq!(of(&one).as_deref(), Some(expected), "{zones}");
        }
        let managed = Endpoint {
            requester_managed: Some(true),
            ..endpoint("vpce-1", "Interface", "us-east-1", 2)
        };
        assert_eq!(of(&managed), None);
        for (kind, region) in [("Gateway", "us-east-1"), ("Interface", "cn-north-1")] {
            assert_eq!(of(&endpoint("vpce-1", kind, region, 1)), None, "{kind}");
        }
    }
}
