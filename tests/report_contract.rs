//! The contract with the users' spreadsheets: the JSON Schema, the columns, the documentation.

use std::{collections::BTreeSet, fs};

use serde_json::Value;
use vpce_scout::{
    model::{
        coverage::{Reason, Step},
        report::Report,
    },
    report::{Table, tables},
};

use crate::support::{
    admin::Aws,
    scout::{Scan, TABLES, demo_report},
    script::Script,
};

const SCHEMA: &str = "docs/report.schema.json";
const DOCUMENTATION: &str = "docs/reports.md";

fn schema() -> Value {
    serde_json::to_value(schemars::schema_for!(Report)).unwrap()
}

#[test]
fn the_committed_schema_is_that_of_the_program() {
    let current = format!("{:#}\n", schema());
    if std::env::var_os("VPCE_SCOUT_TEST_WRITE_SCHEMA").is_some() {
        fs::write(SCHEMA, &current).unwrap();
    }
    let committed = fs::read_to_string(SCHEMA).unwrap_or_default();
    assert!(
        committed == current,
        "{SCHEMA} is not current; VPCE_SCOUT_TEST_WRITE_SCHEMA=1 cargo test schema writes it"
    );
}

/// The rows of a table's section in the documentation.
fn documented(table: &Table) -> String {
    let head = "| column | meaning | empty when |\n|---|---|---|\n";
    let rows = table.columns.iter().map(|column| {
        let empty_when = column.empty_when.as_deref().unwrap_or_default();
        let gap = if empty_when.is_empty() { "" } else { " " };
        let (name, meaning) = (column.name, &column.meaning);
        format!("| `{name}` | {meaning} |{gap}{empty_when} |\n")
    });
    head.to_owned() + &rows.collect::<String>()
}

/// The text with the tables of all columns in the place of those that it has.
fn with_documented_columns(text: &str) -> String {
    let mut text = text.to_owned();
    for table in tables() {
        let heading = format!("\n## {}.csv\n", table.name);
        let section = text.find(&heading).expect("each table has a section");
        let rest = &text[section..];
        let start = section + rest.find("\n| column |").expect("each section has a table") + 1;
        let length = text[start..].find("\n\n").expect("a table ends") + 1;
        text.replace_range(start..start + length, &documented(table));
    }
    text
}

#[test]
fn the_columns_in_the_documentation_are_those_of_the_row_types() {
    let committed = fs::read_to_string(DOCUMENTATION).unwrap();
    let current = with_documented_columns(&committed);
    if std::env::var_os("VPCE_SCOUT_TEST_WRITE_SCHEMA").is_some() {
        fs::write(DOCUMENTATION, &current).unwrap();
        return;
    }
    assert!(
        committed == current,
        "{DOCUMENTATION} is not current; \
         VPCE_SCOUT_TEST_WRITE_SCHEMA=1 cargo test report_contract writes it"
    );
}

#[test]
fn a_report_is_valid_by_the_schema_and_a_damaged_one_is_not() {
    let report = demo_report();
    let mut document = report.json();
    assert_eq!(validate(&document), "");
    document["vpcs"][0]["is_default"] = "no".into();
    assert!(
        validate(&document).contains("is_default"),
        "a text passes for a boolean"
    );
}

/// The findings of the reference implementation of JSON Schema; empty if there are none.
fn validate(document: &Value) -> String {
    const PROGRAM: &str = "import json, sys, jsonschema\n\
        schema, document = json.load(sys.stdin)\n\
        jsonschema.Draft202012Validator.check_schema(schema)\n\
        for error in jsonschema.Draft202012Validator(schema).iter_errors(document):\n\
        \x20   print('/'.join(map(str, error.absolute_path)), error.message[:200])";
    let input = serde_json::to_string(&[&schema(), document]).unwrap();
    let script = Script::new(PROGRAM).importing("jsonschema");
    let done = script.run_with(&input);
    assert!(done.success, "{}", done.stderr);
    done.stdout
}

#[test]
fn json_and_csv_hold_the_same_rows_under_the_same_names() {
    let report = demo_report();
    let document = report.json();
    for name in TABLES {
        let table = report.table(name);
        let rows = document[name].as_array().unwrap();
        assert_eq!(rows.len(), table.rows().len(), "{name}");
        for (json, csv) in rows.iter().zip(table.rows()) {
            let keys: BTreeSet<_> = json.as_object().unwrap().keys().collect();
            assert_eq!(keys, csv.keys().collect(), "{name}");
            for (key, value) in json.as_object().unwrap() {
                let cell = csv[key].as_str();
                match value {
                    Value::Null => assert_eq!(cell, "", "{name} {key}"),
                    Value::Bool(_) | Value::Number(_) => {
                        assert_eq!(cell, value.to_string(), "{name} {key}");
                    }
                    Value::String(text) => {
                        assert_eq!(
                            cell.strip_prefix('\'').unwrap_or(cell),
                            text,
                            "{name} {key}"
                        );
                    }
                    Value::Array(items) => {
                        let items: Vec<_> = items
                            .iter()
                            .map(|item| item.as_str().map_or(item.to_string(), str::to_owned))
                            .collect();
                        assert_eq!(cell, items.join(";"), "{name} {key}");
                    }
                    Value::Object(_) => panic!("{name} {key}: {value}"),
                }
            }
        }
    }
}

#[test]
fn two_scans_of_the_same_organization_give_the_same_bytes() {
    let aws = Aws::with_demo();
    let scan = || Scan::as_caller(&aws, aws.demo_caller()).run().exits_with(3);
    let (first, second) = (scan(), scan());
    for name in TABLES.into_iter().filter(|name| *name != "coverage") {
        let file = format!("{name}.csv");
        assert!(first.file(&file) == second.file(&file), "{file}");
    }
    let untimed = |report: &crate::support::scout::Report| {
        let table = report.table("coverage");
        table.without(
            &["duration_ms", "request_id", "attempts", "message"],
            |_| false,
        )
    };
    assert_eq!(untimed(&first), untimed(&second));
    assert!(first.file("vpc_hosts.json") == second.file("vpc_hosts.json"));
}

#[test]
fn the_documentation_describes_every_column_and_no_other() {
    let text = fs::read_to_string("docs/reports.md").expect("docs/reports.md");
    let report = demo_report();
    for name in TABLES {
        let heading = format!("## {name}.csv");
        let section = text
            .split_once(&heading)
            .unwrap_or_else(|| panic!("no {heading}"))
            .1;
        let section = section.split("\n## ").next().unwrap();
        let described: Vec<&str> = section
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
            .map(|(column, _)| column)
            .collect();
        let header = report.file(&format!("{name}.csv"));
        let header = String::from_utf8_lossy(&header);
        let columns: Vec<&str> = header.lines().next().unwrap().split(',').collect();
        assert_eq!(described, columns, "{name}");
    }
}

/// The names that a table of the documentation explains: all in backticks in its first column.
fn explained(section: &str) -> BTreeSet<&str> {
    let firsts = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split(" |").next());
    firsts
        .flat_map(|first| first.split('`').step_by(2))
        .map(|name| name.trim_matches(|it| it == ',' || it == ' '))
        .collect()
}

#[test]
fn the_documentation_describes_every_total_table_step_and_reason_and_no_other() {
    let text = fs::read_to_string(DOCUMENTATION).expect(DOCUMENTATION);
    let section = |start: &str, end: &str| {
        let rest = text
            .split_once(start)
            .unwrap_or_else(|| panic!("no {start}"));
        rest.1.split(end).next().unwrap().to_owned()
    };
    let schema = schema();
    let keys = |properties: &Value| -> Vec<String> {
        let properties = properties.as_object().expect("properties");
        properties.keys().cloned().collect()
    };
    let words = |of: schemars::Schema| -> Vec<String> {
        let of = of.to_value();
        let parts = of["oneOf"].as_array().into_iter().flatten();
        let words = parts.chain([&of]).flat_map(|part| {
            let listed = part["enum"].as_array().into_iter().flatten();
            listed.chain([&part["const"]]).filter_map(Value::as_str)
        });
        words.map(str::to_owned).collect()
    };
    for (names, part) in [
        (
            keys(&schema["$defs"]["Totals"]["properties"]),
            section("The totals:\n", "\n## "),
        ),
        (
            words(schemars::schema_for!(Step)),
            section("## The steps\n", "\n## "),
        ),
        (
            words(schemars::schema_for!(Reason)),
            section("## The reasons\n", "\n## "),
        ),
        (
            keys(&schema["properties"]),
            section("\n## report.json\n", "\nThe totals:"),
        ),
    ] {
        let explained = explained(&part);
        let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(explained, names);
    }
}
