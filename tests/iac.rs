//! Endpoints as code: what is generated from the demo organization is linted, deployed, scanned again
//! and taken away.

use std::{collections::BTreeSet, fs, path::PathBuf};

use serde_json::{Value, json};

use crate::{
    report_formats::demo_home,
    support::{
        admin::Aws,
        generated::{
            KEY, account_and_region, assert_linted, files, keys, policy_complaints, table, yaml,
        },
        home::Home,
        scout::TABLES,
        table::{Row, Table},
    },
};

/// What differs from scan to scan in any case.
const VOLATILE: [&str; 3] = ["attempts", "duration_ms", "request_id"];

/// Stacks that are deployed, and what their endpoints were before.
struct Stacks<'a> {
    aws: &'a Aws,
    deployed: Vec<Value>,
    imports: Vec<Value>,
}

impl<'a> Stacks<'a> {
    /// Deploys every unit as its README has people do: the import of what exists first.
    fn deploy(aws: &'a Aws, templates: &[PathBuf]) -> Self {
        let (mut deployed, mut imports) = (Vec::new(), Vec::new());
        for template in templates {
            let (account, region) = account_and_region(template);
            let place = json!({ "account": account, "region": region });
            let mut stack = place.clone();
            stack["name"] = "vpce-scout-endpoints".into();
            stack["template"] = fs::read_to_string(template).unwrap().into();
            if let Ok(list) = fs::read(template.with_file_name("resources-to-import.json")) {
                let list: Value = serde_json::from_slice(&list).unwrap();
                let present = yaml(&template.with_file_name("import.yaml"));
                let names = list.as_array().unwrap().iter();
                stack["without"] = names.map(|it| it["LogicalResourceId"].clone()).collect();
                let mut import = place;
                import["resources"] = list;
                import["present"] = present;
                import["wanted"] = yaml(template);
                aws.import(&import);
                imports.push(import);
            }
            let answer = aws.deploy(&stack);
            assert_eq!(answer["status"], "CREATE_COMPLETE", "{answer}");
            assert_eq!(answer["unsupported"], json!([]));
            deployed.push(stack);
        }
        Self {
            aws,
            deployed,
            imports,
        }
    }

    /// Deletes them; imported endpoints get back what they had.
    fn delete(self) {
        for mut import in self.imports {
            let (present, wanted) = (import["present"].take(), import["wanted"].take());
            (import["present"], import["wanted"]) = (wanted, present);
            self.aws.import(&import);
        }
        for stack in &self.deployed {
            self.aws.undeploy(stack);
        }
    }
}

/// Arguments for a scan over the window of an earlier one.
fn over_the_window_of(home: &Home, out: &str) -> Vec<String> {
    let report = fs::read(home.path().join(out).join("report.json")).unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    let time = |name: &str| report["run"][name].as_str().unwrap().to_owned();
    let (start, end) = (time("window_start"), time("window_end"));
    vec!["--start".into(), start, "--end".into(), end]
}

/// Every row of `after` is one of `before`, `columns` aside; the rows that are gone.
#[track_caller]
fn gone<'t>(before: &'t Table, after: &'t Table, columns: &[&str]) -> Vec<&'t Row> {
    let rest = |row: &Row| -> Row {
        let kept = row
            .iter()
            .filter(|(column, _)| !columns.contains(&column.as_str()));
        kept.map(|(column, cell)| (column.clone(), cell.clone()))
            .collect()
    };
    let then: BTreeSet<Row> = after.rows().iter().map(rest).collect();
    let now: BTreeSet<Row> = before.rows().iter().map(rest).collect();
    let new: Vec<&Row> = then.difference(&now).collect();
    assert!(new.is_empty(), "new: {new:?}");
    let rows = before.rows().iter();
    rows.filter(|row| !then.contains(&rest(row))).collect()
}

fn findings(row: &Row) -> BTreeSet<&str> {
    let all = row["findings"].split(';');
    all.filter(|it| !it.is_empty()).collect()
}

/// The reports differ by the endpoints of these opportunities alone. The messages of flow logs name the interfaces
/// of new endpoints, of which there is no record yet.
#[track_caller]
fn assert_only_applied(home: &Home, applied: &BTreeSet<Vec<String>>) {
    let both = |name: &str| (table(home, "before", name), table(home, "after", name));
    for (name, columns) in [
        ("accounts", &[][..]),
        (
            "coverage",
            &["attempts", "duration_ms", "request_id", "message"],
        ),
        ("hosts", &[]),
        ("nat_gateways", &[]),
        ("flow_usage", &[]),
        ("partner_services", &[]),
        ("vpcs", &["endpoints"]),
        ("vpc_services", &["endpoint_exists", "endpoint_ids", "path"]),
        (
            "services",
            &[
                "vpcs_with_endpoint",
                "vpcs_without_endpoint",
                "monthly_saving_usd",
            ],
        ),
    ] {
        let (before, after) = both(name);
        let rest = |table: &Table| table.without(columns, |_| false);
        assert_eq!(rest(&after), rest(&before), "{name}");
    }
    // What NAT gateways cost at most stands in the first row of those that share them.
    let (before, after) = both("opportunities");
    let left = gone(&before, &after, &["saving_ceiling_usd"]);
    let key = |row: &&Row| -> Vec<String> { KEY.iter().map(|it| row[*it].clone()).collect() };
    assert_eq!(left.iter().map(key).collect::<BTreeSet<_>>(), *applied);
    // A service is no longer weighed where every VPC has an endpoint of it.
    let (before, after) = both("hub_or_own");
    for row in gone(&before, &after, &[]) {
        let is_it = |key: &Vec<String>| key[1] == row["region"] && key[3] == row["service"];
        assert!(applied.iter().any(is_it), "{row:?}");
    }
    let (before, after) = both("endpoints");
    for row in after.rows() {
        let old = before.rows_with(&[("endpoint_id", &row["endpoint_id"])]);
        let had = old.first().map(|row| findings(row)).unwrap_or_default();
        assert!(findings(row).is_subset(&had), "{row:?}, before: {old:?}");
    }
    let (before, after) = both("findings");
    let count = |cell: &str| cell.parse::<u64>().unwrap_or_default();
    for row in after.rows() {
        let old = before.row(&[("finding", &row["finding"])]);
        for column in ["endpoints", "nat_gateways"] {
            assert!(
                count(&row[column]) <= count(&old[column]),
                "{row:?}, {old:?}"
            );
        }
    }
}

#[test]
fn deployed_templates_change_nothing_else_in_the_next_report_and_deleted_stacks_restore_the_first()
{
    let aws = Aws::with_demo();
    let home = Home::as_caller(&aws, aws.demo_caller());
    home.run(&["scan", "--out", "before"]).exits_with(3);
    home.run(&["iac", "--format", "cloudformation", "--out", "code"])
        .exits_with(0);
    let templates = files(&home, "code", "endpoints.yaml");
    assert!(templates.len() > 3, "{templates:?}");
    let mut all = templates.clone();
    all.extend(files(&home, "code", "import.yaml"));
    all.push(home.path().join("code/stackset/gateway-endpoints.yaml"));
    assert_linted(&all);

    let window = over_the_window_of(&home, "before");
    let scan = |out: &str| {
        let mut arguments = vec!["scan", "--out", out];
        arguments.extend(window.iter().map(String::as_str));
        home.run(&arguments).exits_with(3);
    };
    let stacks = Stacks::deploy(&aws, &templates);
    scan("after");
    let left_out = keys(&table(&home, "code", "left_out"));
    let advised = keys(&table(&home, "before", "opportunities"));
    let applied: BTreeSet<_> = advised
        .into_iter()
        .filter(|key| key[4] != "none" && !left_out.contains(key))
        .collect();
    let actions: BTreeSet<&str> = applied.iter().map(|key| key[4].as_str()).collect();
    assert_eq!(actions, ["attach_route_tables", "create"].into());
    assert_only_applied(&home, &applied);

    stacks.delete();
    scan("undone");
    for name in TABLES {
        let rest = |out: &str| {
            let columns = if name == "coverage" {
                &VOLATILE[..]
            } else {
                &[]
            };
            table(&home, out, name).without(columns, |_| false)
        };
        assert_eq!(rest("undone"), rest("before"), "{name}");
    }
}

#[test]
fn the_same_run_gives_the_same_bytes_and_exits_with_3_where_a_removal_was_asked_for() {
    let home = demo_home();
    let iac = ["iac", "--format", "terraform", "--out"];
    for out in ["code-one", "code-two"] {
        home.run(&[&iac[..], &[out]].concat()).exits_with(0);
    }
    let texts = |out: &str| -> Vec<String> {
        let mut all = Vec::new();
        for name in ["main.tf", "README.md"] {
            let found = files(home, out, name);
            all.extend(found.iter().map(|file| fs::read_to_string(file).unwrap()));
        }
        all.push(fs::read_to_string(home.path().join(out).join("left_out.csv")).unwrap());
        all
    };
    assert!(texts("code-one").len() > 3);
    assert_eq!(texts("code-one"), texts("code-two"));
    home.run(&[&iac[..], &["removals", "--actions", "remove"]].concat())
        .exits_with(3);
    assert!(files(home, "removals", "main.tf").is_empty());
    let left_out = fs::read_to_string(home.path().join("removals/left_out.csv")).unwrap();
    let header = left_out.lines().next().unwrap();
    assert!(header.starts_with("account_id,") && header.ends_with(",why"));
}

#[test]
fn the_linter_of_endpoint_policies_finds_what_iam_would_refuse() {
    let statement = json!({ "Sid": "A", "Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"], "Resource": ["*"] });
    let policy = |change: &dyn Fn(&mut Value)| {
        let mut statement = statement.clone();
        change(&mut statement);
        json!({ "Version": "2012-10-17", "Statement": [statement] })
    };
    assert_eq!(policy_complaints(&[policy(&|_| ())]), None);
    for wrong in [
        policy(&|it| it["Effect"] = "Maybe".into()),
        policy(&|it| it["Actions"] = json!(["s3:GetObject"])),
        policy(&|it| it["Condition"] = json!({ "StringEqual": { "aws:PrincipalOrgID": "o-1" } })),
        policy(&|it| it["Action"] = json!(["s3:ReadObject"])),
    ] {
        assert!(
            policy_complaints(std::slice::from_ref(&wrong)).is_some(),
            "{wrong}"
        );
    }
}
