//! A bucket of the local S3 that a test looks into.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU32, Ordering},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{
    admin::Aws,
    organization::{HOME, Seeded},
};

/// A bucket of the caller's account.
#[derive(Debug)]
pub(crate) struct Bucket<'a> {
    aws: &'a Aws,
    pub(crate) name: String,
}

impl<'a> Bucket<'a> {
    /// An empty one with a name of its own.
    pub(crate) fn new(aws: &'a Aws, organization: &Seeded) -> Self {
        Self::in_region(aws, organization, HOME)
    }

    /// An empty one in a Region.
    pub(crate) fn in_region(aws: &'a Aws, organization: &Seeded, region: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("scout-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let account = organization.account("management");
        let bucket = json!({ "name": name, "account": account, "region": region });
        aws.s3("POST", "bucket", &bucket);
        Self { aws, name }
    }

    /// A URL in it.
    pub(crate) fn url(&self, prefix: &str) -> String {
        format!("s3://{}/{prefix}", self.name)
    }

    fn contents(&self) -> Value {
        self.aws
            .s3("GET", &format!("bucket?name={}", self.name), &Value::Null)
    }

    /// The objects by key.
    pub(crate) fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        let contents = self.contents();
        let body = |one: &Value| STANDARD.decode(one["body"].as_str().unwrap()).unwrap();
        let objects = contents["objects"].as_object().unwrap().iter();
        objects.map(|(key, one)| (key.clone(), body(one))).collect()
    }

    /// The headers of an object.
    pub(crate) fn headers(&self, key: &str) -> Value {
        self.contents()["objects"][key]["headers"].clone()
    }

    /// Keys in the order in which their objects were written.
    pub(crate) fn written(&self) -> Vec<String> {
        serde_json::from_value(self.contents()["written"].clone()).unwrap()
    }

    /// Keys of uploads that were neither completed nor aborted.
    pub(crate) fn uploads(&self) -> Vec<String> {
        serde_json::from_value(self.contents()["uploads"].clone()).unwrap()
    }

    /// Writes an object.
    pub(crate) fn put(&self, key: &str, body: &[u8]) {
        let object = json!({ "bucket": self.name, "key": key, "body": STANDARD.encode(body) });
        self.aws.s3("POST", "object", &object);
    }

    /// Removes an object.
    pub(crate) fn remove(&self, key: &str) {
        let object = json!({ "bucket": self.name, "key": key });
        self.aws.s3("POST", "object", &object);
    }
}
