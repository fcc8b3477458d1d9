//! What reading logs in S3 needs, on the buckets, keys and workgroup that are named alone: nothing of it is in a
//! policy that names none.

use std::collections::BTreeSet;

use super::policy::{ObjectLimits, Policy};
use crate::{
    logging::BUCKET_ACTIONS,
    usage::{athena::run, objects},
};

/// The database of the tables, unless another one is named.
const DATABASE: &str = "vpce_scout";

/// Adds a statement for each kind of resource that is named.
pub(super) fn add(policy: &mut Policy, limits: &ObjectLimits, enable: bool) {
    let on = |action: &str| -> BTreeSet<&'static str> {
        let actions = objects::ACTIONS.iter().copied();
        actions.filter(|it| *it == action).collect()
    };
    if !limits.buckets.is_empty() {
        let (buckets, all) = arns(&limits.buckets);
        policy
            .allow("VpceScoutListObjects", &on("s3:ListBucket"), &buckets)
            .allow("VpceScoutGetObjects", &on("s3:GetObject"), &all);
        if enable {
            let actions = BUCKET_ACTIONS.iter().copied().collect();
            policy.allow("VpceScoutBucketPolicies", &actions, &buckets);
        }
    }
    if !limits.keys.is_empty() {
        policy.allow("VpceScoutDecrypt", &["kms:Decrypt"].into(), &limits.keys);
    }
    let Some(athena) = &limits.athena else { return };
    let (workgroup, database) = athena.split_once('/').unwrap_or((athena, DATABASE));
    // GetTableMetadata is an action on the data catalog
    // (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonathena.html).
    let (catalog, queries): (BTreeSet<&str>, BTreeSet<&str>) = run::ACTIONS
        .iter()
        .copied()
        .partition(|it| *it == "athena:GetTableMetadata");
    policy
        .allow(
            "VpceScoutAthena",
            &queries,
            &[format!("arn:*:athena:*:*:workgroup/{workgroup}")],
        )
        .allow(
            "VpceScoutTables",
            &catalog,
            &["arn:*:athena:*:*:datacatalog/AwsDataCatalog".to_owned()],
        )
        .allow(
            "VpceScoutCatalog",
            &run::CATALOG_ACTIONS.iter().copied().collect(),
            &tables(database, "*"),
        );
    if let Some(table) = &limits.bill_table {
        let (database, table) = table.split_once('.').unwrap_or((table, "*"));
        policy.allow(
            "VpceScoutBillTable",
            &run::CATALOG_ACTIONS.iter().copied().collect(),
            &tables(database, table),
        );
    }
}

/// The resources of Glue that reading tables of a database names.
fn tables(database: &str, table: &str) -> [String; 3] {
    [
        "arn:*:glue:*:*:catalog".to_owned(),
        format!("arn:*:glue:*:*:database/{database}"),
        format!("arn:*:glue:*:*:table/{database}/{table}"),
    ]
}

/// The ARNs of buckets, and ARN patterns of the objects in them that may be read.
pub(super) fn arns(buckets: &[String]) -> (Vec<String>, Vec<String>) {
    let names = buckets.iter().map(|it| it.split('/').next().unwrap_or(it));
    let names: BTreeSet<String> = names.map(|it| format!("arn:*:s3:::{it}")).collect();
    let object = |it: &String| {
        let (bucket, prefix) = it.split_once('/').unwrap_or((it, ""));
        format!("arn:*:s3:::{bucket}/{prefix}*")
    };
    let objects = buckets.iter().map(object).collect();
    (names.into_iter().collect(), objects)
}
