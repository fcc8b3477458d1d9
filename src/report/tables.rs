//! The tables and their columns, made from the row types: names and order from serde, meanings and
//! kinds from the JSON Schema. Nothing here is kept by hand but the order of the tables.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use crate::model::report::{
    AccountRow, BillRow, CoverageRow, EgressChargebackRow, EndpointRow, FindingRow, FlowUsageRow,
    HostRow, HubOrOwnRow, NatGatewayRow, OpportunityRow, PartnerServiceRow, Row, ServiceRow,
    VpcRow, VpcServiceRow, field_names,
};

/// A table of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name: the CSV file's, the sheet's, and the key in `report.json`.
    pub name: &'static str,
    /// What a row is, for a schema: one line.
    pub description: String,
    /// Its columns, in the order of the contract.
    pub columns: Vec<Column>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name, the key in `report.json`.
    pub name: &'static str,
    /// What it means, in Markdown.
    pub meaning: String,
    /// Why it may be empty, in Markdown; nothing if it never is.
    pub empty_when: Option<String>,
    /// What its cells hold.
    pub kind: Kind,
}

/// What the cells of a column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An identifier: an account, a resource, a Region. Never a number, even of digits alone.
    Id,
    /// Any other text.
    Text,
    /// An instant, RFC 3339.
    Time,
    /// True or false.
    Bool,
    /// Several texts or numbers.
    List,
    /// A whole number of things.
    Integer,
    /// Bytes.
    Bytes,
    /// GB of 2^30 bytes.
    Gb,
    /// US dollars.
    Usd,
    /// Hours.
    Hours,
    /// A part of a whole, from 0 to 1.
    Share,
    /// Percent.
    Percent,
    /// Any other number.
    Number,
}

impl Table {
    fn of<R: Row>() -> Self {
        let mut settings = SchemaSettings::draft2020_12();
        settings.inline_subschemas = true;
        let schema = settings.into_generator().into_root_schema_for::<R>();
        let schema = schema.as_object().cloned().unwrap_or_default();
        let empty = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object);
        let properties = properties.unwrap_or(&empty);
        let column = |name: &&'static str| Column::of(name, properties.get(*name));
        Self {
            name: R::TABLE,
            description: description(&schema),
            columns: field_names::<R>().iter().map(column).collect(),
        }
    }

    /// The place of a column, by its name.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|it| it.name == column)
    }
}

impl Column {
    fn of(name: &'static str, schema: Option<&Value>) -> Self {
        let empty = Map::new();
        let schema = schema.and_then(Value::as_object).unwrap_or(&empty);
        let text = description(schema);
        let (meaning, empty_when) = match text.split_once(EMPTY_WHEN) {
            Some((meaning, when)) => (meaning.trim(), Some(when.trim().trim_end_matches('.'))),
            None => (text.as_str(), None),
        };
        Self {
            name,
            meaning: meaning.to_owned(),
            empty_when: empty_when.map(str::to_owned),
            kind: Kind::of(name, &types(schema)),
        }
    }
}

/// What stands in a doc comment before the reason why a cell may be empty.
const EMPTY_WHEN: &str = "Empty when:";

impl Kind {
    /// The kind of a column: the unit is in its name.
    fn of(name: &str, types: &[&str]) -> Self {
        let part = |wanted: &str| name.split('_').any(|it| it == wanted);
        let ends = |wanted: &str| name == wanted || name.ends_with(&format!("_{wanted}"));
        let is = |wanted: &str| types.contains(&wanted);
        if is("array") {
            Self::List
        } else if is("boolean") {
            Self::Bool
        } else if is("integer") {
            match name {
                _ if part("bytes") => Self::Bytes,
                _ => Self::Integer,
            }
        } else if is("number") {
            match name {
                _ if part("usd") => Self::Usd,
                _ if part("gb") => Self::Gb,
                _ if part("hours") => Self::Hours,
                _ if part("percent") => Self::Percent,
                _ if part("share") => Self::Share,
                _ => Self::Number,
            }
        } else if ends("id") || ends("region") {
            Self::Id
        } else if ends("at") {
            Self::Time
        } else {
            Self::Text
        }
    }
}

/// The types that a schema allows, those of its alternatives included.
fn types(schema: &Map<String, Value>) -> Vec<&str> {
    let own = match schema.get("type") {
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        Some(one) => one.as_str().into_iter().collect(),
        None => Vec::new(),
    };
    let alternatives = ["anyOf", "oneOf"]
        .into_iter()
        .filter_map(|it| schema.get(it));
    let alternatives = alternatives.filter_map(Value::as_array).flatten();
    let theirs = alternatives.filter_map(Value::as_object).flat_map(types);
    own.into_iter().chain(theirs).collect()
}

/// The doc comment behind a schema, on one line.
fn description(schema: &Map<String, Value>) -> String {
    let text = schema.get("description").and_then(Value::as_str);
    let words = text.unwrap_or_default().split_whitespace();
    words.collect::<Vec<_>>().join(" ")
}

/// Every table, in the order of the contract.
pub fn tables() -> &'static [Table] {
    static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| {
        vec![
            Table::of::<AccountRow>(),
            Table::of::<CoverageRow>(),
            Table::of::<VpcRow>(),
            Table::of::<VpcServiceRow>(),
            Table::of::<ServiceRow>(),
            Table::of::<HostRow>(),
            Table::of::<NatGatewayRow>(),
            Table::of::<EndpointRow>(),
            Table::of::<FlowUsageRow>(),
            Table::of::<FindingRow>(),
            Table::of::<OpportunityRow>(),
            Table::of::<HubOrOwnRow>(),
            Table::of::<PartnerServiceRow>(),
            Table::of::<EgressChargebackRow>(),
            Table::of::<BillRow>(),
        ]
    });
    &TABLES
}

/// A table by its name.
pub fn table(name: &str) -> Option<&'static Table> {
    tables().iter().find(|it| it.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(table: &str, column: &str) -> Kind {
        let table = super::table(table).unwrap();
        table.columns[table.position(column).unwrap()].kind
    }

    #[test]
    fn every_column_has_a_meaning_and_only_one_that_may_be_unknown_shows_when() {
        for table in tables() {
            assert!(table.columns.len() > 2, "{}", table.name);
            for column in &table.columns {
                let name = format!("{}.{}", table.name, column.name);
                assert!(column.meaning.ends_with('.'), "{name}: {}", column.meaning);
                assert!(!column.meaning.contains('|'), "{name}");
            }
        }
    }

    #[test]
    fn the_kind_of_a_column_follows_from_its_type_and_the_unit_in_its_name() {
        for (table, column, expected) in [
            ("accounts", "account_id", Kind::Id),
            ("accounts", "scanned", Kind::Bool),
            ("accounts", "vpcs", Kind::Integer),
            ("coverage", "step", Kind::Text),
            ("vpcs", "region", Kind::Id),
            ("vpcs", "egress", Kind::List),
            ("vpc_services", "bytes_to_service", Kind::Bytes),
            ("vpc_services", "query_share", Kind::Share),
            ("nat_gateways", "created_at", Kind::Time),
            ("nat_gateways", "gb_price_usd", Kind::Usd),
            ("nat_gateways", "gb_processed_month", Kind::Gb),
            ("nat_gateways", "window_hours", Kind::Hours),
            ("nat_gateways", "monthly_hours_usd", Kind::Usd),
            ("nat_gateways", "flow_log_difference_percent", Kind::Percent),
            ("hub_or_own", "own_break_even_gb_month", Kind::List),
        ] {
            assert_eq!(kind(table, column), expected, "{table}.{column}");
        }
    }
}
