//! Address ranges of the services that gateway endpoints lead to: S3 and DynamoDB of the region.

use aws_sdk_ec2::types;

use super::PAGE;
use crate::{
    aws::pace::Api,
    model::{coverage::Failure, flow::PrefixList},
    org::session::{MissingField, Session, required},
};

/// IAM actions that this needs.
pub const ACTIONS: &[&str] = &["ec2:DescribePrefixLists"];

/// Lists AWS's own prefix lists with their blocks; the same in every account of a region.
pub async fn list(session: &Session) -> Result<Vec<PrefixList>, Failure> {
    let pages = session.ec2().describe_prefix_lists().max_results(PAGE);
    session
        .items(
            Api::Ec2("DescribePrefixLists"),
            || pages.clone().into_paginator().send(),
            |page| page.prefix_lists().iter().map(prefix_list).collect(),
        )
        .await
}

fn prefix_list(list: &types::PrefixList) -> Result<PrefixList, MissingField> {
    let mut cidrs = Vec::new();
    for block in list.cidrs() {
        let block = block.parse();
        cidrs.push(block.map_err(|_| MissingField("PrefixList.Cidrs"))?);
    }
    Ok(PrefixList {
        name: required(list.prefix_list_name(), "PrefixList.PrefixListName")?.to_owned(),
        cidrs,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_its_name_and_its_blocks_and_no_odd_one() {
        let list = types::PrefixList::builder()
            .prefix_list_id("pl-1")
            .prefix_list_name("com.amazonaws.eu-west-1.s3")
            .cidrs("3.5.64.0/21");
        let read = prefix_list(&list.clone().build()).unwrap();
        assert_eq!(read.name, "com.amazonaws.eu-west-1.s3");
        assert_eq!(read.cidrs.len(), 1);
        assert!(prefix_list(&list.cidrs("odd").build()).is_err());
    }
}
