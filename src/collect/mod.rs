//! The inventory: one file a resource type, always the same shape: `ACTIONS` (the IAM actions it
//! needs), `list` (every page, reduced to `model` types) and the reading of one SDK item.
//!
//! A field without which a resource means nothing is required: an item that lacks one is left out,
//! with a remark on the step.
//! Nothing here decides what a resource means.

pub mod bill;
pub mod block_public_access;
pub mod bucket;
pub mod delivery_role;
pub mod endpoint;
pub mod endpoint_metrics;
pub mod endpoint_service;
pub mod flow_log;
pub mod internet_gateway;
pub mod log_group;
pub mod log_resource_policy;
mod metrics;
pub mod nat_gateway;
pub mod nat_metrics;
pub mod network_interface;
pub mod partner_service;
pub mod permission_probe;
pub mod prefix_list;
pub mod price_list;
pub mod query_log;
pub mod resource_share;
pub mod route53_profile;
pub mod route_table;
pub mod security_group;
pub mod subnet;
pub mod target_metrics;
pub mod transit_gateway;
pub mod vpc;
pub mod vpc_dns_attributes;

use aws_sdk_ec2::types::Tag;
use jiff::Timestamp;

/// The most items a page of an EC2 list holds; EC2 refuses more.
const PAGE: i32 = 1000;

/// The tag `Name`, unless it is empty.
fn name_tag(tags: &[Tag]) -> Option<String> {
    let tag = tags.iter().find(|tag| tag.key() == Some("Name"))?;
    tag.value()
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
}

fn timestamp(time: Option<&aws_smithy_types::DateTime>) -> Option<Timestamp> {
    Timestamp::from_second(time?.secs()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_name_tag_is_no_name() {
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
        assert_eq!(
            name_tag(&[tag("name", "x"), tag("Name", "a")]),
            Some("a".to_owned())
        );
        assert_eq!(name_tag(&[tag("Name", "")]), None);
    }
}
