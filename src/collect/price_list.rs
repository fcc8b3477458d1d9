//! Documents of the AWS Price List, as its query API answers them. What they state is `cost`'s.

use aws_sdk_pricing::types::{Filter, FilterType};

use crate::{
    aws::pace::Api,
    model::coverage::{Failure, Reason},
    org::session::Session,
};

/// IAM actions that this needs, in the caller's own account; no member account is asked.
pub const ACTIONS: &[&str] = &["pricing:GetProducts"];

/// The most documents a page holds
/// (<https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html>).
const PAGE: i32 = 100;

/// Lists the products of a service with these attributes. The session's region is that of an
/// endpoint of the price list, whatever regions are asked about.
pub async fn list(
    session: &Session,
    service: &str,
    attributes: &[(&str, &str)],
) -> Result<Vec<String>, Failure> {
    let filters = attributes.iter().map(|(field, value)| {
        Filter::builder()
            .r#type(FilterType::TermMatch)
            .field(*field)
            .value(*value)
            .build()
    });
    let filters: Vec<_> = filters
        .collect::<Result<_, _>>()
        .map_err(|error| Failure::new(Reason::Other, error.to_string()))?;
    let pages = session
        .pricing()
        .get_products()
        .service_code(service)
        .set_filters(Some(filters))
        .max_results(PAGE);
    session
        .pages(
            Api::Pricing,
            || pages.clone().into_paginator().send(),
            |page| Ok(page.price_list.unwrap_or_default()),
        )
        .await
}
