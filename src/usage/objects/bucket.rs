//! A bucket: which Region it is in, its keys, and its objects.

use std::ops::ControlFlow;

use aws_sdk_s3::{primitives::ByteStream, types::ObjectStorageClass};

use super::object_list::{Object, ObjectList};
use crate::{
    aws::{
        cancellation::{cancelled, unless_cancelled},
        pace::Api,
    },
    collect::bucket::{self, BucketLocation},
    config::Objects,
    model::{
        coverage::{Failure, Reason},
        id::Region,
        log_place::ObjectPlace,
        object_reads::{ObjectCounts, ObjectReads, ObjectRoute},
    },
    org::session::{AccountAccess, Session},
};

/// A bucket and the session that reads it.
#[derive(Debug)]
pub struct Bucket {
    session: Session,
    pub(super) name: String,
    /// What stands before `AWSLogs/`.
    pub(super) prefix: String,
    /// The account that has to own it, if that is set.
    owner: Option<String>,
    /// The Region of the caller's configuration: bytes from another one are transferred.
    reader: Region,
}

/// The objects of a place in the folders of a day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DayListing {
    pub(super) objects: ObjectList,
    /// Requests that it took.
    pub(super) lists: u64,
}

impl DayListing {
    /// What listing and fetching it takes.
    pub(super) fn counts(&self) -> ObjectCounts {
        ObjectCounts {
            lists: self.lists,
            gets: self.objects.len() as u64,
            bytes: self.objects.bytes(),
            athena_bytes: 0,
        }
    }
}

impl Bucket {
    /// Finds the Region of a place's bucket. Only a missing bucket is an error here: whoever may not ask
    /// for the Region may be allowed to read.
    pub async fn open(
        account: &AccountAccess,
        place: &ObjectPlace,
        settings: &Objects,
        reader: &Region,
    ) -> Result<Self, Failure> {
        let (name, prefix) = settings.read_from(&place.bucket, &place.prefix);
        let owner = Some(settings.expected_owner.clone()).filter(|it| !it.is_empty());
        let session = account.session(&place.target.region);
        let region = match bucket::location(&session, &name, owner.as_deref()).await? {
            BucketLocation::Here => None,
            BucketLocation::In(region) => Some(region),
            BucketLocation::Missing => {
                let why = format!("there is no bucket `{name}`");
                return Err(Failure::new(Reason::BucketMissing, why));
            }
        };
        Ok(Self {
            session: region
                .as_ref()
                .map_or(session, |region| account.session(region)),
            name,
            prefix,
            owner,
            reader: reader.clone(),
        })
    }

    /// Where bytes come from, and where they go.
    pub fn route(&self) -> ObjectRoute {
        ObjectRoute {
            bucket: self.session.target().region.clone(),
            reader: self.reader.clone(),
        }
    }

    /// What reading so much of it took.
    pub(super) fn reads(&self, counts: ObjectCounts) -> ObjectReads {
        let route = self.route();
        ObjectReads { route, counts }
    }

    /// Its name.
    pub(in crate::usage) fn name(&self) -> &str {
        &self.name
    }

    /// What stands before `AWSLogs/`.
    pub(in crate::usage) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The session that reads it.
    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// Lists the objects below a prefix, page by page, until `take` has enough. Returns the number of pages.
    pub(super) async fn objects(
        &self,
        prefix: &str,
        mut take: impl FnMut(Object) -> ControlFlow<()>,
    ) -> Result<u64, Failure> {
        let (mut token, mut pages) = (None, 0);
        loop {
            let page = self.page(prefix, false, token).await?;
            pages += 1;
            for object in page.contents() {
                let Some(key) = object.key() else { continue };
                let flow = take(Object {
                    key: key.to_owned(),
                    size: object.size().and_then(|it| it.try_into().ok()).unwrap_or(0),
                    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/archived-objects.html
                    archived: matches!(
                        object.storage_class(),
                        Some(ObjectStorageClass::Glacier | ObjectStorageClass::DeepArchive)
                    ),
                });
                if flow.is_break() {
                    return Ok(pages);
                }
            }
            token = page.next_continuation_token;
            if token.is_none() {
                return Ok(pages);
            }
        }
    }

    /// The folders directly below a prefix.
    pub(super) async fn folders(&self, prefix: &str) -> Result<Vec<String>, Failure> {
        let (mut token, mut found) = (None, Vec::new());
        loop {
            let page = self.page(prefix, true, token).await?;
            let folders = page.common_prefixes().iter();
            found.extend(folders.filter_map(|it| it.prefix().map(str::to_owned)));
            token = page.next_continuation_token;
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    async fn page(
        &self,
        prefix: &str,
        folders: bool,
        token: Option<String>,
    ) -> Result<aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output, Failure> {
        let call = self
            .session
            .s3()
            .list_objects_v2()
            .bucket(&self.name)
            .prefix(prefix)
            .set_delimiter(folders.then(|| "/".to_owned()))
            .set_continuation_token(token)
            .set_expected_bucket_owner(self.owner.clone());
        let call = self.session.call(Api::S3, || call.clone().send());
        let page = unless_cancelled(self.session.cancellation(), call).await;
        page.map_err(|failure| self.named("cannot list", failure))
    }

    /// The body of an object, from a byte of it on.
    pub(super) async fn get(&self, key: &str, from: u64) -> Result<ByteStream, Failure> {
        if self.session.cancellation().is_cancelled() {
            return Err(cancelled());
        }
        let call = self
            .session
            .s3()
            .get_object()
            .bucket(&self.name)
            .key(key)
            .set_range((from > 0).then(|| format!("bytes={from}-")))
            .set_expected_bucket_owner(self.owner.clone());
        let call = self.session.call(Api::S3, || call.clone().send());
        let answer = unless_cancelled(self.session.cancellation(), call).await;
        Ok(answer
            .map_err(|failure| self.named(&format!("cannot read `{key}`"), failure))?
            .body)
    }

    fn named(&self, what: &str, failure: Failure) -> Failure {
        let hint = match failure.reason {
            Reason::AccessDenied if failure.message.contains("kms:") => {
                "; the key policy and the role have to allow kms:Decrypt, see docs/permissions.md"
            }
            Reason::AccessDenied if self.owner.is_some() => {
                "; the bucket policy or the role does not allow it, or another account than \
                 objects.expected_owner owns the bucket, see docs/permissions.md"
            }
            Reason::AccessDenied => {
                "; the bucket policy or the role does not allow it, see docs/permissions.md"
            }
            _ => "",
        };
        let message = format!("{what} (bucket `{}`): {}{hint}", self.name, failure.message);
        Failure { message, ..failure }
    }
}
