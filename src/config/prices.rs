//! The section `[prices]`: the price file, the Price List API, discounts.

use std::{collections::BTreeMap, path::PathBuf};

use rust_decimal::Decimal;
use toml::{Table, Value};

use super::{
    ConfigError,
    layer::{PricesLayer, required},
    parse,
    source::{Set, shown},
};
use crate::model::{id::Region, money::PriceItem};

/// The section whose keys are the items of the price book.
const DISCOUNTS: &str = "prices.discount_percent";

/// Where prices come from, and what is off; see `[prices]`.
#[derive(Clone, Debug, Default)]
pub struct Prices {
    /// The price file that was named.
    pub file: Option<PathBuf>,
    /// The region of the Price List API, if it is not the partition's usual one.
    pub api_region: Option<Region>,
    /// Days after which a scan reads the price list again; 0 = never.
    pub refresh_days: u32,
    /// Discounts in percent of the list price.
    pub discount_percent: BTreeMap<PriceItem, Decimal>,
}

impl PricesLayer {
    pub(super) fn checked(self) -> Result<Prices, ConfigError> {
        let file = required(self.file, "prices.file")?.value;
        let api_region = required(self.api_region, "prices.api_region")?;
        let discount_percent = required(self.discount_percent, DISCOUNTS)?;
        let refresh_days = required(self.refresh_days, "prices.refresh_days")?.value;
        Ok(Prices {
            refresh_days,
            file: (!file.as_os_str().is_empty()).then_some(file),
            api_region: match api_region.value.as_str() {
                "" => None,
                name => Some(parse(&api_region.place("prices.api_region"), name)?),
            },
            discount_percent: discounts(&discount_percent)?,
        })
    }
}

/// The discounts of a layer, each on an item that there is, as numbers from 0 to 100.
pub(super) fn discounts(
    discounts: &Set<Table>,
) -> Result<BTreeMap<PriceItem, Decimal>, ConfigError> {
    let read = |(name, percent): (&String, &Value)| {
        let key = format!("{DISCOUNTS}.{name}");
        let place = discounts.place(&key);
        let item = PriceItem::of_name(name).ok_or_else(|| {
            let expected = format!("expected an item: {}", PriceItem::names());
            ConfigError::value(&place, name, expected)
        })?;
        let number = match percent {
            Value::Integer(whole) => Some(Decimal::from(*whole)),
            // As it was typed: the shortest text that means the same number.
            Value::Float(number) => number.to_string().parse().ok(),
            _ => None,
        };
        let fits = |it: &Decimal| (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(it);
        match number.filter(fits) {
            Some(number) => Ok((item, number)),
            None => Err(ConfigError::value(
                &place,
                shown(percent),
                "expected a number from 0 to 100",
            )),
        }
    };
    discounts.value.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cli::scan::ScanArgs, config::Config};

    fn resolve(text: &str) -> Result<Prices, ConfigError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let config = Config::resolve(&ScanArgs::default(), Some(file.path()), std::iter::empty())?;
        Ok(config.prices)
    }

    #[test]
    fn discounts_are_read_as_they_are_typed() {
        let prices = resolve("[prices.discount_percent]\nnat_gateway_gb = 12.5\ntgw_gb = 100\n");
        let discounts = prices.unwrap().discount_percent;
        assert_eq!(discounts[&PriceItem::NatGatewayGb].to_string(), "12.5");
        assert_eq!(discounts[&PriceItem::TgwGb], Decimal::ONE_HUNDRED);
    }

    #[test]
    fn an_unknown_item_is_an_error_that_lists_the_known_ones() {
        let error = resolve("[prices.discount_percent]\nnat_gateway = 10\n")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("prices.discount_percent.nat_gateway`"),
            "{error}"
        );
        assert!(error.contains("nat_gateway_gb, "), "{error}");
    }

    #[test]
    fn a_discount_is_a_number_from_0_to_100() {
        for odd in ["-1", "100.5", "nan", "inf", "true", "\"10\"", "[1]"] {
            let error = resolve(&format!("[prices.discount_percent]\ntgw_gb = {odd}\n"));
            let error = error.unwrap_err().to_string();
            assert!(
                error.contains("tgw_gb") && error.contains("0 to 100"),
                "{odd}: {error}"
            );
        }
    }

    #[test]
    fn the_settings_in_force_show_a_discount_and_are_read_again() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "[prices.discount_percent]\ntgw_gb = 7.5\n").unwrap();
        let args = ScanArgs::default();
        let config = Config::resolve(&args, Some(file.path()), std::iter::empty()).unwrap();
        let printed = config.to_toml();
        assert!(
            printed.contains("[prices.discount_percent]\ntgw_gb = 7.5\n"),
            "{printed}"
        );
        assert_eq!(
            resolve(&printed).unwrap().discount_percent,
            config.prices.discount_percent
        );
    }
}
