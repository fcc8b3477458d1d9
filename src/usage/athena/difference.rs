//! How a table of the user differs from the one that the statements expect.

use aws_sdk_athena::types;

use super::table::Table;

/// What a table has other than the statements expect. Its location may be any: the template of the
/// partitions decides what is read.
pub(super) fn difference(table: &Table, found: &types::TableMetadata) -> Option<String> {
    let names = |columns: &[types::Column]| -> Vec<String> {
        columns.iter().map(|it| it.name().to_owned()).collect()
    };
    let there = names(found.columns());
    let expected: Vec<String> = table.columns().into_iter().map(|it| it.name).collect();
    // Text is read by position, the others by name.
    let fits = if table.is_by_position() {
        there == expected
    } else {
        expected.iter().all(|it| there.contains(it))
    };
    if !fits {
        return Some(format!("columns ({})", there.join(", ")));
    }
    if names(found.partition_keys()) != table.partition_columns() {
        return Some("partition columns".to_owned());
    }
    let properties = found.parameters();
    let mut expected = table.properties().into_iter();
    expected.find_map(|(key, value)| {
        let matters = key == "storage.location.template"
            || key == "projection.enabled"
            || key == "skip.header.line.count"
            || key.rsplit('.').next() == Some("type");
        let same = properties.is_some_and(|it| it.get(&key) == Some(&value));
        (matters && !same).then(|| format!("`{key}`"))
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_athena::types::{Column, TableMetadata};

    use super::*;
    use crate::usage::athena::table::TableRecords;

    #[test]
    fn a_table_is_held_against_what_the_statements_expect() {
        let table = Table {
            bucket: "b".to_owned(),
            prefix: String::new(),
            records: TableRecords::Queries,
        };
        let columns = |names: &[&str]| -> Vec<Column> {
            let columns = names
                .iter()
                .map(|it| Column::builder().name(*it).build().unwrap());
            columns.collect()
        };
        let own = table.columns();
        let own: Vec<&str> = own.iter().map(|it| it.name.as_str()).collect();
        let with = |own: &[&str], keys: &[&str], template: Option<&str>| {
            let mut found = TableMetadata::builder()
                .name("t")
                .set_columns(Some(columns(own)))
                .set_partition_keys(Some(columns(keys)));
            for (key, value) in table.properties() {
                let value = template
                    .filter(|_| key.ends_with("template"))
                    .unwrap_or(&value)
                    .to_owned();
                found = found.parameters(key, value);
            }
            difference(&table, &found.build().unwrap())
        };
        let keys = table.partition_columns();
        assert_eq!(with(&own, keys, None), None);
        assert!(
            with(&own[1..], keys, None)
                .unwrap()
                .starts_with("columns (account_id")
        );
        assert_eq!(
            with(&own, &keys[1..], None).as_deref(),
            Some("partition columns")
        );
        let other = with(&own, keys, Some("s3://other/${log_account}/"));
        assert_eq!(other.as_deref(), Some("`storage.location.template`"));
    }
}
