//! The settings `[athena]`, checked.

use super::{Athena, ConfigError, layer::AthenaLayer, parse};
use crate::model::{
    athena_name::{EXPECTED_ATHENA_NAME, is_athena_name},
    id::Region,
};

/// Checks what the types do not: the Region, and names of tables.
pub(super) fn checked(layer: AthenaLayer) -> Result<Athena, ConfigError> {
    if let Some(set) = layer.region.as_ref().filter(|it| !it.value.is_empty()) {
        parse::<Region>(&set.place("athena.region"), &set.value)?;
    }
    if let Some(set) = layer
        .database
        .as_ref()
        .filter(|it| !is_athena_name(&it.value))
    {
        let place = set.place("athena.database");
        return Err(ConfigError::value(place, &set.value, EXPECTED_ATHENA_NAME));
    }
    if let Some(set) = &layer.tables {
        for (from, to) in &set.value {
            let mut names = to.as_str().unwrap_or_default().splitn(2, '.');
            if !names.all(is_athena_name) {
                return Err(ConfigError::value(
                    set.place("athena.tables"),
                    format!("{from} = {to}"),
                    "expected NAME = TABLE or DATABASE.TABLE, each of 1 to 255 lower-case letters, digits, underscores and hyphens",
                ));
            }
        }
    }
    layer.values()
}

impl Athena {
    /// Whether queries can be run: a workgroup is set.
    pub fn is_set(&self) -> bool {
        !self.workgroup.is_empty()
    }

    /// The database and the table of a name that `athena ddl` prints: its own, unless `athena.tables` names
    /// another.
    pub fn place_of(&self, table: &str) -> (String, String) {
        let named = self.tables.get(table).and_then(|it| it.as_str());
        let named = named.unwrap_or(table);
        match named.split_once('.') {
            Some((database, table)) => (database.to_owned(), table.to_owned()),
            None => (self.database.clone(), named.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    fn read(variables: &[(&str, &str)]) -> Result<Config, String> {
        let named =
            |(name, value): &(&str, &str)| (format!("VPCE_SCOUT_ATHENA_{name}"), (*value).into());
        let args = crate::cli::scan::ScanArgs::default();
        let environment = variables.iter().map(named);
        Config::resolve(&args, None, environment).map_err(|it| it.to_string())
    }

    #[test]
    fn a_table_has_its_own_name_in_the_database_that_is_set() {
        let config = read(&[("WORKGROUP", "logs"), ("DATABASE", "central")]).unwrap();
        assert!(config.athena.is_set());
        let place = config.athena.place_of("queries_x");
        assert_eq!(place, ("central".to_owned(), "queries_x".to_owned()));
        assert!(!read(&[]).unwrap().athena.is_set());
        assert!(read(&[("REGION", "Europe")]).is_err());
        for odd in ["", "a`b", "a b;drop"] {
            let error = read(&[("DATABASE", odd)]).unwrap_err();
            assert!(error.contains("VPCE_SCOUT_ATHENA_DATABASE"), "{error}");
        }
    }
}
