//! Which Regions and items of the price book were asked for.

use strum::VariantArray;

use crate::{
    config::ConfigError,
    model::{
        id::{InvalidId, Region},
        money::PriceItem,
    },
};

/// The Regions that were typed, each once; none = all.
pub(super) fn regions(names: Option<&[String]>) -> Result<Option<Vec<Region>>, ConfigError> {
    let parse = |name: &String| {
        name.trim().parse().map_err(|error: InvalidId| {
            ConfigError::value("--regions", name, format!("expected {}", error.expected()))
        })
    };
    let regions = names.map(|names| names.iter().map(parse).collect::<Result<Vec<_>, _>>());
    Ok(regions.transpose()?.map(|mut regions: Vec<Region>| {
        regions.sort();
        regions.dedup();
        regions
    }))
}

/// The items that were typed; all, if none was.
pub(super) fn items(names: Option<&[String]>) -> Result<Vec<PriceItem>, ConfigError> {
    let Some(names) = names else {
        return Ok(PriceItem::VARIANTS.to_vec());
    };
    let item = |name: &String| {
        let known = || format!("expected one of {}", PriceItem::names());
        PriceItem::of_name(name.trim()).ok_or_else(|| ConfigError::value("--items", name, known()))
    };
    names.iter().map(item).collect()
}
