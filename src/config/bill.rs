//! The settings `[bill]`, checked.

use super::{
    Bill, ConfigError,
    layer::{AthenaLayer, BillLayer},
    parse,
};
use crate::model::id::AccountId;

/// Checks what the types do not: the account, the name of the table, and that a workgroup can read it.
pub(super) fn checked(layer: BillLayer, athena: &AthenaLayer) -> Result<Bill, ConfigError> {
    if let Some(set) = layer.account.as_ref().filter(|it| !it.value.is_empty()) {
        parse::<AccountId>(&set.place("bill.account"), &set.value)?;
    }
    if let Some(set) = layer
        .athena_table
        .as_ref()
        .filter(|it| !it.value.is_empty())
    {
        let parts: Vec<&str> = set.value.split('.').collect();
        if parts.len() > 2 || parts.iter().any(|it| it.is_empty()) {
            let expected = "expected TABLE or DATABASE.TABLE";
            let place = set.place("bill.athena_table");
            return Err(ConfigError::value(place, set.value.clone(), expected));
        }
        let workgroup = athena.workgroup.as_ref().map(|it| it.value.as_str());
        if workgroup.unwrap_or_default().is_empty() {
            let expected =
                "expected athena.workgroup to be set too: the workgroup that runs the query";
            let place = set.place("bill.athena_table");
            return Err(ConfigError::value(place, set.value.clone(), expected));
        }
    }
    layer.values()
}

impl Bill {
    /// Whether the bill is read from a table instead of Cost Explorer.
    pub fn reads_table(&self) -> bool {
        !self.athena_table.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    fn read(variables: &[(&str, &str)]) -> Result<Config, String> {
        let named = |(name, value): &(&str, &str)| (format!("VPCE_SCOUT_{name}"), (*value).into());
        let args = crate::cli::scan::ScanArgs::default();
        let environment = variables.iter().map(named);
        Config::resolve(&args, None, environment).map_err(|it| it.to_string())
    }

    #[test]
    fn a_table_of_the_bill_needs_a_workgroup_and_at_most_a_database() {
        let workgroup = ("ATHENA_WORKGROUP", "logs");
        let table = |name| ("BILL_ATHENA_TABLE", name);
        assert!(!read(&[]).unwrap().bill.reads_table());
        let config = read(&[workgroup, table("billing.cur2")]).unwrap();
        assert!(config.bill.reads_table());
        let error = read(&[table("billing.cur2")]).unwrap_err();
        assert!(error.contains("athena.workgroup"), "{error}");
        for name in ["a.b.c", "billing.", ".cur2"] {
            let error = read(&[workgroup, table(name)]).unwrap_err();
            assert!(error.contains("DATABASE.TABLE"), "{error}");
        }
        assert!(read(&[("BILL_ACCOUNT", "payer")]).is_err());
    }
}
