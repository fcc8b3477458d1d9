//! Reads the bucket that takes the logs: its Region and its policy.

use super::observer::Observer;
use crate::{
    collect::bucket::{self, BucketLocation},
    logging::observed_state::BucketState,
    model::{coverage::Failure, id::AccountId, logging::LogBucket},
};

impl Observer<'_> {
    /// The bucket, read with the account that reads the buckets of a scan, else with the caller's.
    pub(super) async fn bucket(&self, bucket: &LogBucket) {
        let state = Box::pin(self.bucket_state(bucket)).await;
        let state = state.unwrap_or_else(|failure| BucketState {
            is_missing: false,
            region: None,
            policy: Err(failure),
        });
        self.change(|observed| observed.bucket = Some(state));
    }

    async fn bucket_state(&self, bucket: &LogBucket) -> Result<BucketState, Failure> {
        let set = self.config.objects.account.parse::<AccountId>().ok();
        let reader = set.as_ref().unwrap_or(self.access.caller_account());
        let account = self.access.account(reader).await?;
        let home = account.session(&self.access.home_region()?);
        let region = match bucket::location(&home, &bucket.name, None).await? {
            BucketLocation::Here => home.target().region.clone(),
            BucketLocation::In(region) => region,
            BucketLocation::Missing => {
                return Ok(BucketState {
                    is_missing: true,
                    region: None,
                    policy: Ok(None),
                });
            }
        };
        let session = account.session(&region);
        Ok(BucketState {
            is_missing: false,
            region: Some(region),
            policy: bucket::policy(&session, &bucket.name).await,
        })
    }
}
