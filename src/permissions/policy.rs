//! Builds IAM policies: statements, each narrowed to what IAM can check.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::{
    cli::permissions::PermissionsArgs,
    model::{
        role_name::{DELIVERY_ROLE, LOGGING_ROLE, READ_ROLE},
        s3_location::S3Location,
    },
};

/// The tag that everything carries which `logging enable` creates.
pub(super) const OWN_TAG: (&str, &str) = ("aws:ResourceTag/vpce-scout:tool", "vpce-scout");

/// What the statements are narrowed to.
#[derive(Debug)]
pub(super) struct Limits {
    /// ARN patterns of the log groups that may be queried.
    pub(super) queried_log_groups: Vec<String>,
    /// The role of the scans in the member accounts.
    pub(super) read_role: String,
    /// The role that turns logs on.
    pub(super) logging_role: String,
    /// The role that delivers flow logs.
    pub(super) delivery_role: String,
    /// The buckets, keys and workgroup of logs in S3.
    pub(super) objects: ObjectLimits,
    /// The places in S3 of reports and run stores.
    pub(super) places: Vec<S3Location>,
    /// ARNs of the keys of their buckets.
    pub(super) write_keys: Vec<String>,
    /// The organization whose roles may be assumed.
    pub(super) organization_id: Option<String>,
    /// Whether Cost Explorer may be read.
    pub(super) bill: bool,
}

impl Limits {
    /// As given on the command line.
    pub(super) fn of(args: &PermissionsArgs, state: Option<&S3Location>) -> Self {
        let log_groups = if args.log_group_prefixes.is_empty() {
            vec!["arn:*:logs:*:*:log-group:*".to_owned()]
        } else {
            let arn = |prefix: &String| format!("arn:*:logs:*:*:log-group:{prefix}*");
            args.log_group_prefixes.iter().map(arn).collect()
        };
        let name = |given: &Option<String>, default: &str| {
            given.clone().unwrap_or_else(|| default.to_owned())
        };
        Self {
            queried_log_groups: log_groups,
            read_role: name(&args.role_name, READ_ROLE),
            logging_role: name(&args.logging_role_name, LOGGING_ROLE),
            delivery_role: name(&args.delivery_role, DELIVERY_ROLE),
            objects: ObjectLimits::of(args),
            places: args.out.iter().chain(state).cloned().collect(),
            write_keys: args.write_key.clone(),
            organization_id: args.organization_id.clone(),
            bill: args.bill,
        }
    }
}

/// The buckets, keys and workgroup whose use is allowed.
#[derive(Debug, Default)]
pub(super) struct ObjectLimits {
    /// `BUCKET` or `BUCKET/PREFIX`.
    pub(super) buckets: Vec<String>,
    /// ARNs of the keys of encrypted buckets.
    pub(super) keys: Vec<String>,
    /// `WORKGROUP` or `WORKGROUP/DATABASE`.
    pub(super) athena: Option<String>,
    /// `DATABASE` or `DATABASE.TABLE` of the bill.
    pub(super) bill_table: Option<String>,
}

impl ObjectLimits {
    /// As given on the command line.
    pub(super) fn of(args: &PermissionsArgs) -> Self {
        Self {
            buckets: args.objects.clone(),
            keys: args.key.clone(),
            athena: args.athena.clone(),
            bill_table: args.bill_table.clone(),
        }
    }
}

/// A policy in the making.
#[derive(Debug, Default)]
pub(super) struct Policy {
    statements: Vec<Value>,
}

impl Policy {
    /// Adds a statement without conditions.
    pub(super) fn allow(
        &mut self,
        sid: &str,
        actions: &BTreeSet<&str>,
        resources: &[String],
    ) -> &mut Self {
        self.allow_if(sid, actions, resources, &[])
    }

    /// Adds a statement with conditions: operator, key, value.
    pub(super) fn allow_if(
        &mut self,
        sid: &str,
        actions: &BTreeSet<&str>,
        resources: &[String],
        conditions: &[(&str, &str, &str)],
    ) -> &mut Self {
        let resource = match resources {
            [one] => json!(one),
            several => json!(several),
        };
        let mut statement = json!({
            "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource,
        });
        let mut operators = Map::new();
        for (operator, key, value) in conditions {
            let keys = operators.entry(*operator).or_insert_with(|| json!({}));
            keys[*key] = json!(value);
        }
        if !operators.is_empty() {
            statement["Condition"] = Value::Object(operators);
        }
        self.statements.push(statement);
        self
    }

    /// The document.
    pub(super) fn document(&self) -> Value {
        json!({ "Version": "2012-10-17", "Statement": self.statements })
    }
}

/// Every resource.
pub(super) fn all() -> [String; 1] {
    ["*".to_owned()]
}
