//! Unit prices by region and item: the built-in ones, a user's over them, discounts on top.
//!
//! A price that is not in the book is not known: nothing is taken over from another region. `*`
//! stands for every region that has no price of its own. Costs are calculated in US dollars: a price in another
//! currency is in the book, but no cost is calculated with it, so that no sum mixes currencies.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

use rust_decimal::Decimal;

pub use super::price_file::PriceError;
use super::price_file::{self, Place, Tiers};
use crate::model::{
    id::Region,
    money::{Amount, Price, PriceItem, USD},
};

/// The embedded prices.
const PRICES: &str = include_str!("../../config/prices.toml");

/// The region of a price that holds everywhere.
pub const EVERYWHERE: &str = "*";

/// Prices by item, and which of them were asked for.
#[derive(Clone, Debug, Default)]
pub struct PriceBook {
    prices: Tiers,
    discounts: BTreeMap<PriceItem, Decimal>,
    used: RefCell<BTreeSet<(Place, u64)>>,
}

impl PriceBook {
    /// The embedded prices.
    pub fn built_in() -> Result<Self, PriceError> {
        /// Read once: a scan needs them before its first call, to compare what the price list returned, and
        /// for its reports.
        static LIST: OnceLock<Tiers> = OnceLock::new();
        let list = if let Some(list) = LIST.get() {
            list
        } else {
            let Self { prices, .. } = Self::parse(PRICES)?;
            LIST.get_or_init(|| prices)
        };
        Ok(Self {
            prices: list.clone(),
            ..Self::default()
        })
    }

    /// Reads a table like `config/prices.toml`, or what [`Self::to_toml`] wrote.
    pub fn parse(text: &str) -> Result<Self, PriceError> {
        let (prices, discounts) = price_file::read(text)?;
        let book = Self {
            prices,
            ..Self::default()
        };
        Ok(book.discounted(&discounts))
    }

    /// A book of list prices.
    pub fn of(prices: Vec<Price>) -> Result<Self, PriceError> {
        Ok(Self {
            prices: price_file::in_tiers(prices)?,
            ..Self::default()
        })
    }

    /// The prices of `over` before those that are here. An item of a region comes from one of the
    /// two with all its tiers: tiers of different dates do not mix.
    #[must_use]
    pub fn with(mut self, over: Self) -> Self {
        self.prices.extend(over.prices);
        self
    }

    /// The same prices with these discounts, in percent of the list price, and no others.
    #[must_use]
    pub fn discounted(mut self, percent: &BTreeMap<PriceItem, Decimal>) -> Self {
        for ((item, ..), tiers) in &mut self.prices {
            for tier in tiers {
                let discount = percent.get(item).filter(|percent| !percent.is_zero());
                let part =
                    Decimal::ONE - discount.copied().unwrap_or_default() / Decimal::from(100);
                tier.usd = Amount((tier.list_usd.0 * part).normalize());
                tier.discount_percent = discount.copied().map(Amount);
            }
        }
        self.discounts.clone_from(percent);
        self
    }

    /// The same prices with these effective discounts of a bill over the discounts of the settings; their
    /// source is added to that of the list price.
    #[must_use]
    pub fn with_billed(self, percent: &BTreeMap<PriceItem, Decimal>, source: &str) -> Self {
        let mut all = self.discounts.clone();
        all.extend(percent.iter().map(|(item, percent)| (*item, *percent)));
        let mut book = self.discounted(&all);
        for ((item, ..), tiers) in &mut book.prices {
            if percent.contains_key(item) {
                for tier in tiers {
                    tier.source = format!("{}; {source}", tier.source);
                }
            }
        }
        book
    }

    /// The same prices, of which none was asked for yet.
    #[must_use]
    pub fn unused(self) -> Self {
        Self {
            used: RefCell::default(),
            ..self
        }
    }

    /// List prices and discounts as text.
    pub fn to_toml(&self) -> Result<String, PriceError> {
        price_file::write(self.all(), &self.discounts)
    }

    /// Every price, by item, region and tier.
    pub fn all(&self) -> impl Iterator<Item = &Price> {
        self.prices.values().flatten()
    }

    /// The price of the first unit of an item in a region, US dollars; none if it is not known.
    pub fn price(&self, item: PriceItem, region: &Region) -> Option<Decimal> {
        let first = self.tiers(item, region).first()?;
        if first.tier_from > 0 {
            return None;
        }
        self.note(first);
        Some(first.usd.0)
    }

    /// The price of any unit of an item in a region: none if it is not known, or if it depends on
    /// how many there are.
    pub fn flat_price(&self, item: PriceItem, region: &Region) -> Option<Decimal> {
        let one = self.tiers(item, region).len() == 1;
        self.price(item, region).filter(|_| one)
    }

    /// What `quantity` units more of an item in a region cost in a month that has `before` of them
    /// already, US dollars; each unit at the price of its tier. None if a price is not known.
    pub fn graduated(
        &self,
        item: PriceItem,
        region: &Region,
        before: Decimal,
        quantity: Decimal,
    ) -> Option<Decimal> {
        let mut sum = Decimal::ZERO;
        let mut at = before.max(Decimal::ZERO);
        let end = at.checked_add(quantity.max(Decimal::ZERO))?;
        // The price of nothing is known only where a price is.
        for tier in self.tiers(item, region) {
            let ends = tier.tier_to.map_or(end, Decimal::from);
            if Decimal::from(tier.tier_from) > at || ends < at || (ends == at && at < end) {
                continue;
            }
            let here = ends.min(end);
            sum = sum.checked_add(tier.usd.0.checked_mul(here - at)?)?;
            self.note(tier);
            at = here;
            if at == end {
                return Some(sum);
            }
        }
        None
    }

    /// The price of a GB from one region to another, US dollars; none if it is not known.
    pub fn inter_region_price(&self, from: &Region, to: &Region) -> Option<Decimal> {
        let place = (
            PriceItem::InterRegionGb,
            from.to_string(),
            Some(to.to_string()),
        );
        let first = self.prices.get(&place)?.first()?;
        (first.currency == USD).then(|| {
            self.note(first);
            first.usd.0
        })
    }

    /// The currency that an item of a region is billed in, if it is not the US dollar.
    pub fn other_currency(&self, item: PriceItem, region: &Region) -> Option<&str> {
        let first = self.all_tiers(item, region).first()?;
        (first.currency != USD).then_some(first.currency.as_str())
    }

    /// The prices that were asked for so far, for the report.
    pub fn used(&self) -> Vec<Price> {
        let used = self.used.borrow();
        let is_used = |it: &&Price| used.contains(&(place_of(it), it.tier_from));
        self.all().filter(is_used).cloned().collect()
    }

    /// The tiers in US dollars; none of them if one is in another currency.
    fn tiers(&self, item: PriceItem, region: &Region) -> &[Price] {
        let tiers = self.all_tiers(item, region);
        if tiers.iter().all(|tier| tier.currency == USD) {
            tiers
        } else {
            &[]
        }
    }

    fn all_tiers(&self, item: PriceItem, region: &Region) -> &[Price] {
        let of = |region: &str| self.prices.get(&(item, region.to_owned(), None));
        of(region.as_str())
            .or_else(|| of(EVERYWHERE))
            .map_or(&[], Vec::as_slice)
    }

    fn note(&self, price: &Price) {
        let key = (place_of(price), price.tier_from);
        self.used.borrow_mut().insert(key);
    }
}

fn place_of(price: &Price) -> Place {
    (price.item, price.region.clone(), price.to_region.clone())
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;

    use super::*;

    fn region(name: &str) -> Region {
        name.parse().unwrap()
    }

    fn usd(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn interface_gb(book: &PriceBook, place: &str, before: u64, gb: u64) -> Option<String> {
        let item = PriceItem::InterfaceEndpointGb;
        let cost = book.graduated(item, &region(place), before.into(), gb.into())?;
        Some(format!("{:.2}", cost.round_dp(2)))
    }

    #[test]
    fn the_embedded_prices_are_readable_and_name_their_source_and_date() {
        let book = PriceBook::built_in().unwrap();
        assert_eq!(book.all().count(), 1431);
        for price in book.all() {
            assert!(!price.source.is_empty(), "{price:?}");
            assert!(price.as_of.starts_with("20"), "{price:?}");
            assert_eq!(price.unit, price.item.unit(), "{price:?}");
        }
    }

    #[test]
    fn a_region_without_a_price_has_none_instead_of_another_regions() {
        let book = PriceBook::built_in().unwrap();
        let price = |name: &str| book.price(PriceItem::NatGatewayHour, &region(name));
        assert_eq!(price("eu-west-1"), Some(Decimal::new(48, 3)));
        assert_eq!(price("cn-north-1"), None);
        assert_eq!(book.used().len(), 1);
    }

    #[test]
    fn a_price_for_every_region_gives_way_to_a_regions_own() {
        let price = |region: &str, usd: &str| {
            format!(
                "[[price]]\nregion='{region}'\nitem='tgw_gb'\nunit='GB'\nusd='{usd}'\nsource='s'\nas_of='2026'\n"
            )
        };
        let text = price("*", "2") + &price("xx-test-1", "1");
        let book = PriceBook::parse(&text).unwrap();
        let price = |name: &str| book.price(PriceItem::TgwGb, &region(name));
        assert_eq!(price("xx-test-1"), Some(Decimal::ONE));
        assert_eq!(price("eu-west-1"), Some(Decimal::TWO));
    }

    /// The Regions of `aws` and `aws-us-gov` that have price lists.
    const REGIONS: [&str; 36] = [
        "af-south-1",
        "ap-east-1",
        "ap-east-2",
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-south-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "ap-southeast-5",
        "ap-southeast-6",
        "ap-southeast-7",
        "ca-central-1",
        "ca-west-1",
        "eu-central-1",
        "eu-central-2",
        "eu-north-1",
        "eu-south-1",
        "eu-south-2",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "il-central-1",
        "me-central-1",
        "me-south-1",
        "mx-central-1",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-gov-east-1",
        "us-gov-west-1",
        "us-west-1",
        "us-west-2",
    ];

    #[test]
    fn nat_gateways_and_interface_endpoints_have_a_price_in_each_of_the_36_regions() {
        let book = PriceBook::built_in().unwrap();
        for name in REGIONS {
            for item in [
                PriceItem::NatGatewayHour,
                PriceItem::NatGatewayGb,
                PriceItem::InterfaceEndpointHour,
                PriceItem::GatewayEndpointHour,
                PriceItem::PublicIpv4Hour,
                PriceItem::TgwGb,
            ] {
                let price = book.price(item, &region(name));
                assert!(price.is_some(), "{} in {name}", item.name());
            }
            // Every tier, to the last GB.
            let gb = interface_gb(&book, name, 0, 6_000_000);
            assert_eq!(gb.as_deref(), Some("38680.06"), "{name}");
        }
    }

    #[test]
    fn no_price_in_us_dollars_covers_china_or_the_european_sovereign_cloud() {
        let book = PriceBook::built_in().unwrap();
        assert!(book.all().all(|price| price.region != EVERYWHERE));
        for name in ["cn-north-1", "cn-northwest-1", "eusc-de-east-1"] {
            for &item in PriceItem::VARIANTS {
                assert_eq!(book.price(item, &region(name)), None, "{item:?} in {name}");
            }
        }
    }

    #[test]
    fn a_price_in_another_currency_is_kept_and_never_calculated_with() {
        let text = "[[price]]\nregion='cn-northwest-1'\nitem='nat_gateway_gb'\nunit='GB'\namount='0.37'\ncurrency='CNY'\nsource='s'\nas_of='2026'\n";
        let own = PriceBook::parse(text).unwrap();
        let own = PriceBook::parse(&own.to_toml().unwrap()).unwrap();
        let book = PriceBook::built_in().unwrap().with(own);
        let (item, place) = (PriceItem::NatGatewayGb, region("cn-northwest-1"));
        assert_eq!(book.price(item, &place), None);
        assert_eq!(book.flat_price(item, &place), None);
        assert_eq!(
            book.graduated(item, &place, Decimal::ZERO, Decimal::ONE),
            None
        );
        assert_eq!(book.other_currency(item, &place), Some("CNY"));
        assert_eq!(book.other_currency(item, &region("eu-west-1")), None);
        let kept = book.all().find(|it| it.currency == "CNY").unwrap();
        assert_eq!(kept.list_usd.0, usd("0.37"));
        assert!(book.used().is_empty());
    }

    #[test]
    fn data_between_regions_has_a_price_for_each_direction() {
        let book = PriceBook::built_in().unwrap();
        let price = |from: &str, to: &str| book.inter_region_price(&region(from), &region(to));
        assert_eq!(price("sa-east-1", "us-west-1"), Some(usd("0.138")));
        assert_eq!(price("us-west-1", "sa-east-1"), None);
        assert_eq!(book.used()[0].to_region.as_deref(), Some("us-west-1"));
    }

    #[test]
    fn each_gb_costs_the_price_of_its_tier_on_both_sides_of_both_limits() {
        let book = PriceBook::built_in().unwrap();
        for (before, gb, expected) in [
            (0, 0, "0.00"),
            (0, 1, "0.01"),
            (0, 1_048_575, "10485.75"),
            (0, 1_048_576, "10485.76"),
            // One GB more costs 0.006, not 0.010: 10,485.766.
            (0, 1_048_577, "10485.77"),
            (0, 5_242_880, "35651.58"),
            (0, 5_242_881, "35651.59"),
            (0, 10_000_000, "54680.06"),
            // What comes on top of what is there already.
            (1_048_576, 1_000, "6.00"),
            (1_048_000, 1_000, "8.30"),
            (5_242_880, 1_000, "4.00"),
            (5_000_000, 1_000_000, "4485.76"),
        ] {
            let actual = interface_gb(&book, "us-east-1", before, gb).unwrap();
            assert_eq!(actual, expected, "{gb} GB after {before}");
        }
    }

    #[test]
    fn beyond_the_last_known_tier_the_price_is_unknown() {
        let own = "[[price]]\nregion='eu-west-2'\nitem='interface_endpoint_gb'\nunit='GB'\ntier_to=1048576\nusd='0.01'\nsource='s'\nas_of='2026'\n";
        let book = PriceBook::built_in()
            .unwrap()
            .with(PriceBook::parse(own).unwrap());
        let actual = |before, gb| interface_gb(&book, "eu-west-2", before, gb);
        assert_eq!(actual(0, 1_048_576).as_deref(), Some("10485.76"));
        assert_eq!(actual(0, 1_048_577), None);
        assert_eq!(actual(2_000_000, 1), None);
        assert_eq!(interface_gb(&book, "cn-north-1", 0, 0), None);
    }

    #[test]
    fn the_tiers_that_a_cost_was_calculated_with_are_listed() {
        let book = PriceBook::built_in().unwrap();
        interface_gb(&book, "us-east-1", 1_048_000, 1_000);
        let actual: Vec<_> = book
            .used()
            .iter()
            .map(|it| (it.tier_from, it.tier_to))
            .collect();
        assert_eq!(actual, [(0, Some(1_048_576)), (1_048_576, Some(5_242_880))]);
    }

    #[test]
    fn a_users_price_replaces_all_tiers_of_its_item_and_region_and_no_others() {
        let own = "[[price]]\nregion='us-east-1'\nitem='interface_endpoint_gb'\nunit='GB'\nusd='0.009'\nsource='contract'\nas_of='2026-11-01'\n";
        let book = PriceBook::built_in()
            .unwrap()
            .with(PriceBook::parse(own).unwrap());
        assert_eq!(
            interface_gb(&book, "us-east-1", 0, 2_000_000).unwrap(),
            "18000.00"
        );
        assert_eq!(interface_gb(&book, "eu-west-1", 0, 1_000).unwrap(), "10.00");
    }

    #[test]
    fn a_discount_is_taken_off_once_however_the_book_travels() {
        let percent = BTreeMap::from([(PriceItem::NatGatewayGb, usd("12.5"))]);
        let book = PriceBook::built_in().unwrap().discounted(&percent);
        let again = PriceBook::parse(&book.to_toml().unwrap()).unwrap();
        let twice = again.clone().discounted(&percent);
        for book in [book, again, twice] {
            let price = book.price(PriceItem::NatGatewayGb, &region("eu-west-1"));
            assert_eq!(price, Some(usd("0.042")));
            let actual = &book.used()[0];
            assert_eq!(actual.list_usd.0, usd("0.048"));
            assert_eq!(actual.discount_percent.unwrap().0, usd("12.5"));
        }
    }
}
