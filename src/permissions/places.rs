//! What writing reports and the run store to S3 needs of the caller, on exactly the places that are named:
//! nothing of it is in a policy that names none.

use std::collections::BTreeSet;

use super::policy::{Limits, Policy};
use crate::{
    model::s3_location::S3Location,
    remote::{BUCKET_ACTIONS, OBJECT_ACTIONS},
};

/// Adds the statements of all places.
pub(super) fn add(policy: &mut Policy, limits: &Limits) {
    if limits.places.is_empty() {
        return;
    }
    let set = |actions: &'static [&'static str]| actions.iter().copied().collect::<BTreeSet<_>>();
    let object = |it: &S3Location| format!("arn:*:s3:::{}/{}*", it.bucket(), it.prefix());
    let objects: BTreeSet<String> = limits.places.iter().map(object).collect();
    let objects: Vec<String> = objects.into_iter().collect();
    policy.allow("VpceScoutWrite", &set(OBJECT_ACTIONS), &objects);
    for (number, place) in limits.places.iter().enumerate() {
        let sid = format!("VpceScoutListWritten{}", number + 1);
        let bucket = [format!("arn:*:s3:::{}", place.bucket())];
        let below = format!("{}*", place.prefix());
        let conditions: &[_] = match place.prefix() {
            "" => &[],
            _ => &[("StringLike", "s3:prefix", below.as_str())],
        };
        policy.allow_if(&sid, &set(BUCKET_ACTIONS), &bucket, conditions);
    }
    if !limits.write_keys.is_empty() {
        // Multipart uploads to a bucket with a key need both
        // (https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html).
        let actions = ["kms:Decrypt", "kms:GenerateDataKey"].into();
        policy.allow("VpceScoutWriteKey", &actions, &limits.write_keys);
    }
}
