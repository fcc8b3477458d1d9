//! A bucket: where it is, and its policy.

use crate::{
    aws::{cancellation::unless_cancelled, pace::Api},
    model::{coverage::Failure, id::Region},
    org::session::Session,
};

/// IAM actions that this needs, on the bucket. HeadBucket shows the Region of a bucket to whoever may not
/// list it, too.
pub const ACTIONS: &[&str] = &["s3:GetBucketPolicy"];

/// Where a bucket is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BucketLocation {
    /// In the Region of the session, or not known.
    Here,
    /// In another Region.
    In(Region),
    /// Nowhere.
    Missing,
}

/// Finds the Region of a bucket. That the call is denied is no failure: the answer shows the Region all
/// the same (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>).
pub async fn location(
    session: &Session,
    name: &str,
    owner: Option<&str>,
) -> Result<BucketLocation, Failure> {
    let here = session.target().region.as_str();
    let call = session
        .s3()
        .head_bucket()
        .bucket(name)
        .set_expected_bucket_owner(owner.map(str::to_owned));
    let elsewhere = |region: &str| match region.parse() {
        Ok(other) if region != here => BucketLocation::In(other),
        _ => BucketLocation::Here,
    };
    let head = || async {
        match call.clone().send().await {
            Ok(answer) => Ok(answer
                .bucket_region()
                .map_or(BucketLocation::Here, elsewhere)),
            Err(error) => {
                let answer = error.raw_response();
                let status = answer.map(|it| it.status().as_u16());
                let region = answer.and_then(|it| it.headers().get("x-amz-bucket-region"));
                match (status, region) {
                    (Some(404), _) => Ok(BucketLocation::Missing),
                    (_, Some(region)) if region != here => Ok(elsewhere(region)),
                    (Some(400..=499), _) => Ok(BucketLocation::Here),
                    _ => Err(error),
                }
            }
        }
    };
    unless_cancelled(session.cancellation(), session.call(Api::S3, head)).await
}

/// The policy of a bucket in the session's Region, JSON; none if it has none. Only the account that owns the
/// bucket may ask (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html>).
pub async fn policy(session: &Session, name: &str) -> Result<Option<String>, Failure> {
    let call = session.s3().get_bucket_policy().bucket(name);
    let answer = session.call(Api::S3, || call.clone().send()).await;
    match answer {
        Ok(answer) => Ok(answer.policy),
        Err(failure) if failure.code.as_deref() == Some("NoSuchBucketPolicy") => Ok(None),
        Err(failure) => Err(failure),
    }
}
