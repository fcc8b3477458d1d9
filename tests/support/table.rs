//! CSV files as tables in which a test looks rows up.

use std::{collections::BTreeMap, fmt};

/// Cells by column.
pub(crate) type Row = BTreeMap<String, String>;

/// A CSV file.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Table {
    name: String,
    columns: Vec<String>,
    rows: Vec<Row>,
}

impl Table {
    pub(crate) fn read(name: &str, bytes: &[u8]) -> Self {
        let mut reader = csv::Reader::from_reader(bytes);
        let columns: Vec<String> = reader
            .headers()
            .expect("a header")
            .iter()
            .map(str::to_owned)
            .collect();
        let rows = reader
            .records()
            .map(|record| {
                let record = record.unwrap_or_else(|error| panic!("{name}.csv: {error}"));
                columns
                    .iter()
                    .cloned()
                    .zip(record.iter().map(str::to_owned))
                    .collect()
            })
            .collect();
        Self {
            name: name.to_owned(),
            columns,
            rows,
        }
    }

    /// The one row in which these cells have these values.
    pub(crate) fn row(&self, cells: &[(&str, &str)]) -> &Row {
        match self.rows_with(cells).as_slice() {
            [row] => row,
            found => panic!("{} rows have {cells:?}, not one, in {self:?}", found.len()),
        }
    }

    /// All rows in which these cells have these values.
    pub(crate) fn rows_with(&self, cells: &[(&str, &str)]) -> Vec<&Row> {
        for (column, _) in cells {
            assert!(
                self.columns.iter().any(|it| it == column),
                "no column {column} in {self:?}"
            );
        }
        let fits = |row: &&Row| cells.iter().all(|(column, value)| row[*column] == *value);
        self.rows.iter().filter(fits).collect()
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The table without the rows that `gone` names and without some columns.
    pub(crate) fn without(&self, columns: &[&str], gone: impl Fn(&Row) -> bool) -> Self {
        let mut left = self.clone();
        left.columns
            .retain(|column| !columns.contains(&column.as_str()));
        left.rows.retain(|row| !gone(row));
        for row in &mut left.rows {
            row.retain(|column, _| !columns.contains(&column.as_str()));
        }
        left
    }
}

impl fmt::Debug for Table {
    /// As CSV, without the columns that are empty in every row.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let output = |column: &&String| self.rows.iter().any(|row| !row[*column].is_empty());
        let columns: Vec<&String> = self.columns.iter().filter(output).collect();
        writeln!(out, "{}.csv, {} rows:", self.name, self.rows.len())?;
        writeln!(out, "{columns:?}")?;
        for row in &self.rows {
            let cells: Vec<&str> = columns.iter().map(|column| row[*column].as_str()).collect();
            writeln!(out, "{}", cells.join(" | "))?;
        }
        Ok(())
    }
}
