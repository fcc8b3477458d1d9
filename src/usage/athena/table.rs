//! The tables that Athena reads: their DDL, and the conditions that choose their partitions.
//!
//! A table is for the objects of one kind and format below one prefix of one bucket: the columns of
//! text flow logs are read by position. Partitions are projected
//! (<https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html>), so that none has to be
//! added. The columns of partitions are named `log_…`, as records have fields `account-id` and `region`.

use std::{collections::BTreeSet, fmt::Write as _, hash::Hasher};

use fnv::FnvHasher;
use jiff::{Timestamp, civil::Date};

use super::sql::{self, is_one_of};
use crate::{
    model::{
        flow_format::LogFormat,
        log_place::{LogPlace, ObjectRecords},
    },
    usage::objects::key::Stamps,
};

/// Partitions that a statement may choose
/// (<https://docs.aws.amazon.com/athena/latest/ug/partition-projection-considerations-and-limitations.html>).
const PARTITIONS: usize = 1_000_000;

/// The columns of query logs, from
/// <https://docs.aws.amazon.com/athena/latest/ug/querying-r53-resolver-logs-creating-the-table.html>.
const QUERY_COLUMNS: [(&str, &str); 13] = [
    ("version", "string"),
    ("account_id", "string"),
    ("region", "string"),
    ("vpc_id", "string"),
    ("query_timestamp", "string"),
    ("query_name", "string"),
    ("query_type", "string"),
    ("query_class", "string"),
    ("rcode", "string"),
    (
        "answers",
        "array<struct<rdata:string,type:string,class:string>>",
    ),
    ("srcaddr", "string"),
    ("srcport", "string"),
    ("transport", "string"),
];

/// Fields of flow logs that Parquet has as numbers
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>); all others are texts.
const INTEGERS: [&str; 6] = [
    "version",
    "srcport",
    "dstport",
    "protocol",
    "tcp-flags",
    "traffic-path",
];
const LONG_INTEGERS: [&str; 4] = ["packets", "bytes", "start", "end"];

/// Objects of one kind and format below one prefix of one bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Table {
    /// The bucket.
    pub bucket: String,
    /// What stands before `AWSLogs/` in the keys; empty, or with a slash at its end.
    pub prefix: String,
    /// What the objects hold.
    pub records: TableRecords,
}

/// What the objects of a table hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TableRecords {
    /// Query log records, as JSON.
    Queries,
    /// Flow log records.
    Flows {
        /// Their fields.
        format: LogFormat,
        /// Parquet instead of text.
        parquet: bool,
        /// Folders as Hive names them.
        hive: bool,
    },
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, as the DDL has it.
    pub data_type: &'static str,
}

/// The condition on the times in the names of objects. A name without a time counts.
fn object_times(stamps: Stamps) -> String {
    let text = |at: Timestamp| at.strftime("%Y%m%dT%H%MZ").to_string();
    let part_of_minute = stamps.first.as_second().rem_euclid(60);
    let whole = (60 - part_of_minute) % 60;
    let first = stamps.first.as_second() + whole;
    let first = Timestamp::from_second(first).unwrap_or(stamps.first);
    let [first, last] = [first, stamps.last].map(text);
    format!(
        "coalesce(regexp_extract(\"$path\", '_([0-9]{{8}}T[0-9]{{4}}Z)[^/]*$', 1), '{first}') \
         BETWEEN '{first}' AND '{last}'"
    )
}

impl Table {
    /// The name of the table, the same for the same objects and format.
    pub fn name(&self) -> String {
        let kind = match &self.records {
            TableRecords::Queries => "queries",
            TableRecords::Flows { .. } => "flows",
        };
        let bucket = self
            .bucket
            .replace(|it: char| !it.is_ascii_alphanumeric(), "_");
        let mut what = format!("{}/{}\n", self.bucket, self.prefix);
        if let TableRecords::Flows {
            format,
            parquet,
            hive,
        } = &self.records
        {
            let fields: Vec<&str> = format.fields().collect();
            let _ = write!(what, "{parquet} {hive} {}", fields.join(" "));
        }
        // FNV-1a, which is the same in every build.
        let mut hash = FnvHasher::default();
        hash.write(what.as_bytes());
        let hash = hash.finish() >> 32;
        format!("{kind}_{}_{hash:08x}", bucket.to_ascii_lowercase())
    }

    /// The table of a place that is read from this bucket and prefix; `format` is that of a flow log.
    pub fn of(
        place: &LogPlace,
        (bucket, prefix): (String, String),
        format: Option<LogFormat>,
    ) -> Option<Self> {
        let LogPlace::Objects(place) = place else {
            return None;
        };
        let records = match &place.records {
            ObjectRecords::Queries { .. } => TableRecords::Queries,
            ObjectRecords::Flows { layout, .. } => TableRecords::Flows {
                format: format?,
                parquet: layout.parquet,
                hive: layout.hive,
            },
        };
        Some(Self {
            bucket,
            prefix,
            records,
        })
    }

    /// Whether columns are found by their position.
    pub fn is_by_position(&self) -> bool {
        matches!(self.records, TableRecords::Flows { parquet: false, .. })
    }

    /// The columns, those of partitions left out.
    pub fn columns(&self) -> Vec<Column> {
        let TableRecords::Flows {
            format, parquet, ..
        } = &self.records
        else {
            let column = |(name, data_type): &(&str, &'static str)| Column {
                name: (*name).to_owned(),
                data_type,
            };
            return QUERY_COLUMNS.iter().map(column).collect();
        };
        let mut columns: Vec<Column> = Vec::new();
        for field in format.fields() {
            let data_type = match field {
                _ if !parquet => "string",
                _ if INTEGERS.contains(&field) => "int",
                _ if LONG_INTEGERS.contains(&field) => "bigint",
                _ => "string",
            };
            let name = column_of(field);
            let repeated = columns.iter().any(|it| it.name == name);
            let name = match (repeated, parquet) {
                (false, _) => name,
                // Columns of text are by position: each has its own, whatever its name.
                (true, false) => format!("{name}_{}", columns.len() + 1),
                (true, true) => continue,
            };
            columns.push(Column { name, data_type });
        }
        columns
    }

    /// The columns of partitions.
    pub fn partition_columns(&self) -> &'static [&'static str] {
        match &self.records {
            TableRecords::Queries => &["log_account", "log_vpc", "log_day"],
            TableRecords::Flows { hive: false, .. } => &["log_account", "log_region", "log_day"],
            TableRecords::Flows { hive: true, .. } => &[
                "log_account",
                "log_region",
                "log_year",
                "log_month",
                "log_date",
            ],
        }
    }

    /// The properties that project the partitions, and those of the format.
    pub fn properties(&self) -> Vec<(String, String)> {
        let mut properties = vec![("projection.enabled".to_owned(), "true".to_owned())];
        for column in self.partition_columns() {
            let set: &[(&str, &str)] = match *column {
                "log_day" => &[
                    ("type", "date"),
                    ("format", "yyyy/MM/dd"),
                    ("range", "NOW-5YEARS,NOW+1DAY"),
                    ("interval", "1"),
                    ("interval.unit", "DAYS"),
                ],
                "log_year" => &[("type", "integer"), ("range", "2015,2099")],
                "log_month" => &[("type", "integer"), ("range", "1,12"), ("digits", "2")],
                "log_date" => &[("type", "integer"), ("range", "1,31"), ("digits", "2")],
                _ => &[("type", "injected")],
            };
            properties.extend(
                set.iter().map(|(key, value)| {
                    (format!("projection.{column}.{key}"), (*value).to_owned())
                }),
            );
        }
        properties.push(("storage.location.template".to_owned(), self.template()));
        if let TableRecords::Flows { parquet: false, .. } = self.records {
            properties.push(("skip.header.line.count".to_owned(), "1".to_owned()));
        }
        properties
    }

    /// Where all partitions are below.
    pub fn location(&self) -> String {
        format!("s3://{}/{}AWSLogs/", self.bucket, self.prefix)
    }

    /// Where a partition is. Folders of hours are below it, and are read with it.
    fn template(&self) -> String {
        let root = self.location();
        match &self.records {
            TableRecords::Queries => {
                format!("{root}${{log_account}}/vpcdnsquerylogs/${{log_vpc}}/${{log_day}}/")
            }
            TableRecords::Flows { hive: false, .. } => {
                format!("{root}${{log_account}}/vpcflowlogs/${{log_region}}/${{log_day}}/")
            }
            TableRecords::Flows { hive: true, .. } => format!(
                "{root}aws-account-id=${{log_account}}/aws-service=vpcflowlogs/\
                 aws-region=${{log_region}}/year=${{log_year}}/month=${{log_month}}/\
                 day=${{log_date}}/"
            ),
        }
    }

    /// The statement that creates the table. It costs nothing and reads no object.
    pub fn ddl(&self, database: &str) -> String {
        let columns: Vec<_> = self
            .columns()
            .iter()
            .map(|it| format!("  `{}` {}", it.name, it.data_type))
            .collect();
        let partitions: Vec<_> = self
            .partition_columns()
            .iter()
            .map(|it| format!("`{it}` string"))
            .collect();
        let properties: Vec<_> = self
            .properties()
            .iter()
            .map(|(key, value)| format!("  '{key}'='{value}'"))
            .collect();
        let format = match &self.records {
            TableRecords::Queries => {
                "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'\n\
                 WITH SERDEPROPERTIES ('ignore.malformed.json'='true')"
            }
            TableRecords::Flows { parquet: false, .. } => {
                "ROW FORMAT DELIMITED FIELDS TERMINATED BY ' '"
            }
            TableRecords::Flows { parquet: true, .. } => {
                "ROW FORMAT SERDE 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'\n\
                 STORED AS INPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'\n\
                 OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'"
            }
        };
        format!(
            "CREATE EXTERNAL TABLE IF NOT EXISTS `{database}`.`{}` (\n{}\n)\nPARTITIONED BY ({})\n\
             {format}\nLOCATION '{}'\nTBLPROPERTIES (\n{}\n);",
            self.name(),
            columns.join(",\n"),
            partitions.join(", "),
            self.location(),
            properties.join(",\n"),
        )
    }

    /// The condition that chooses the partitions and objects of these accounts, and of the VPCs (query
    /// logs) or the Region (flow logs).
    pub fn condition(
        &self,
        accounts: &BTreeSet<String>,
        of: &BTreeSet<impl AsRef<str>>,
        times: Stamps,
    ) -> String {
        let days = times.days();
        let [second, rest @ ..] = self.partition_columns().get(1..).unwrap_or_default() else {
            return "false".to_owned();
        };
        let mut conditions = vec![
            is_one_of("log_account", accounts.iter().map(String::as_str)),
            is_one_of(second, of.iter().map(AsRef::as_ref)),
        ];
        if rest == ["log_day"] {
            let day = |at: Option<&Date>| at.map(|it| it.strftime("%Y/%m/%d").to_string());
            let [first, last] =
                [day(days.first()), day(days.last())].map(Option::unwrap_or_default);
            conditions.push(format!(
                "log_day >= {} AND log_day <= {}",
                sql::text(&first),
                sql::text(&last)
            ));
        } else {
            for (column, format) in [("log_year", "%Y"), ("log_month", "%m"), ("log_date", "%d")] {
                let parts = days.iter().map(|it| it.strftime(format).to_string());
                let parts: BTreeSet<String> = parts.collect();
                conditions.push(is_one_of(column, parts.iter().map(String::as_str)));
            }
        }
        conditions.push(object_times(times));
        conditions.join("\n    AND ")
    }

    /// How many VPCs a statement may ask about: partitions are by account, VPC and day.
    pub fn vpcs_at_once(accounts: usize, times: Stamps) -> usize {
        let each = accounts.max(1).saturating_mul(times.days().len());
        (PARTITIONS / each).max(1)
    }
}

/// The column of a field of a flow log.
pub fn column_of(field: &str) -> String {
    field.replace('-', "_")
}

#[cfg(test)]
mod tests;
