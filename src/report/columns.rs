//! The tables and their columns, in the order of the contract. CSV prints these; the rows' own
//! field order is held against them by a test.

use serde::Serialize;
use serde_json::Value;

use crate::model::{report::Report, rows::Rows};

/// Hands each row of a table to a function, as a JSON object.
type Written = fn(&Report, &mut dyn FnMut(Value) -> std::io::Result<()>) -> std::io::Result<()>;

/// A table of the report.
pub(super) struct Table {
    /// Its name: the CSV file's, and the key in `report.json`.
    pub(super) name: &'static str,
    /// Its columns.
    pub(super) columns: &'static [&'static str],
    /// Its rows.
    pub(super) rows: Written,
}

fn each<T: Serialize>(
    rows: &[T],
    take: &mut dyn FnMut(Value) -> std::io::Result<()>,
) -> std::io::Result<()> {
    rows.iter()
        .try_for_each(|row| take(serde_json::to_value(row)?))
}

fn made<T: Serialize>(
    rows: &Rows<T>,
    take: &mut dyn FnMut(Value) -> std::io::Result<()>,
) -> std::io::Result<()> {
    rows.each(|row| take(serde_json::to_value(row)?))
}

/// Every table.
#[rustfmt::skip]
pub(super) const TABLES: [Table; 12] = [
    Table {
        name: "accounts",
        columns: &[
            "account_id", "account_name", "ou_path", "status", "scanned", "regions_scanned",
            "vpcs", "reason",
        ],
        rows: |report, take| each(&report.accounts, take),
    },
    Table {
        name: "coverage",
        columns: &[
            "account_id", "account_name", "region", "step", "outcome", "reason", "error_code",
            "message", "request_id", "attempts", "duration_ms",
        ],
        rows: |report, take| made(&report.coverage, take),
    },
    Table {
        name: "vpcs",
        columns: &[
            "account_id", "account_name", "region", "vpc_id", "vpc_name", "owner_account_id",
            "is_default", "cidrs", "dns_support", "dns_hostnames", "subnets",
            "availability_zones", "nat_gateways", "egress", "query_logging",
            "query_log_destinations", "flow_logs", "endpoints", "dns_queries", "aws_queries",
            "aws_services", "egress_account_id", "egress_vpc_id", "egress_nat_gateway_ids",
        ],
        rows: |report, take| made(&report.vpcs, take),
    },
    Table {
        name: "vpc_services",
        columns: &[
            "account_id", "account_name", "region", "vpc_id", "vpc_name", "service",
            "service_region", "query_count", "query_share", "hosts", "top_host", "sources",
            "endpoint_service_name", "endpoint_types", "endpoint_supported", "endpoint_exists",
            "endpoint_ids", "path", "private_queries", "public_queries", "answers",
            "bytes_to_service", "bytes_from_service", "nat_bytes", "hub_account_id",
            "hub_vpc_id",
        ],
        rows: |report, take| made(&report.vpc_services, take),
    },
    Table {
        name: "services",
        columns: &[
            "service", "accounts", "regions", "vpcs", "query_count", "query_share",
            "vpcs_with_endpoint", "vpcs_without_endpoint", "public_queries", "private_queries",
            "bytes", "monthly_saving_usd",
        ],
        rows: |report, take| each(&report.services, take),
    },
    Table {
        name: "hosts",
        columns: &[
            "account_id", "region", "vpc_id", "host", "kind", "service", "service_region",
            "query_count", "nxdomain_queries", "answers",
        ],
        rows: |report, take| made(&report.hosts, take),
    },
    Table {
        name: "nat_gateways",
        columns: &[
            "account_id", "account_name", "region", "vpc_id", "nat_gateway_id", "name", "state",
            "connectivity_type", "availability_mode", "availability_zones", "created_at",
            "window_hours", "bytes_in_from_source", "bytes_in_from_destination",
            "gb_processed_month", "hour_price_usd", "gb_price_usd", "monthly_hours_usd",
            "monthly_data_usd", "monthly_total_usd", "idle", "flow_log_bytes",
            "attributed_bytes", "ambiguous_bytes", "unmatched_bytes",
            "flow_log_difference_percent", "public_ipv4_addresses", "monthly_public_ipv4_usd",
            "window_billed_hours", "window_usd",
            "flow_log_skipped_records",
        ],
        rows: |report, take| made(&report.nat_gateways, take),
    },
    Table {
        name: "endpoints",
        columns: &[
            "account_id", "account_name", "region", "vpc_id", "endpoint_id", "service",
            "endpoint_type", "state", "private_dns_enabled", "subnets", "availability_zones",
            "missing_availability_zones", "route_tables", "missing_route_tables",
            "security_group_allows_443", "full_access_policy", "monthly_usd", "findings",
            "monthly_hours_usd", "gb_processed_month", "monthly_data_usd",
        ],
        rows: |report, take| made(&report.endpoints, take),
    },
    Table {
        name: "flow_usage",
        columns: &[
            "account_id", "account_name", "region", "vpc_id", "vpc_name", "way", "bytes",
            "dns_bytes", "service_tag_bytes", "prefix_list_bytes", "endpoint_bytes",
            "ambiguous_bytes", "unmatched_bytes", "attributed_percent",
        ],
        rows: |report, take| made(&report.flow_usage, take),
    },
    Table {
        name: "findings",
        columns: &["finding", "endpoints", "meaning"],
        rows: |report, take| each(&report.findings, take),
    },
    Table {
        name: "opportunities",
        columns: &[
            "account_id", "account_name", "region", "vpc_id", "vpc_name", "service",
            "endpoint_service_name", "endpoint_type", "action", "reason", "basis", "query_count",
            "gb_month", "monthly_endpoint_usd", "monthly_nat_usd", "monthly_saving_usd",
            "saving_ceiling_usd", "break_even_gb_month", "hub_account_id", "hub_vpc_id",
            "caveats",
        ],
        rows: |report, take| made(&report.opportunities, take),
    },
    Table {
        name: "hub_or_own",
        columns: &[
            "region", "service", "vpcs", "vpcs_measured", "gb_month", "monthly_now_usd",
            "monthly_best_usd", "public_vpcs", "own_endpoint_vpcs", "hub_vpcs",
            "hub_account_id", "hub_vpc_id", "hub_endpoint_exists", "availability_zones",
            "own_break_even_gb_month", "hub_break_even_gb_month",
            "own_instead_of_hub_gb_month", "reason",
        ],
        rows: |report, take| each(&report.hub_or_own, take),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads the properties of each row type from the JSON Schema.
    #[test]
    fn every_column_is_a_field_of_its_row_and_every_field_a_column() {
        let schema = serde_json::to_value(schemars::schema_for!(Report)).unwrap();
        for table in &TABLES {
            let reference = schema["properties"][table.name]["items"]["$ref"]
                .as_str()
                .unwrap();
            let row = schema.pointer(reference.trim_start_matches('#')).unwrap();
            let mut fields: Vec<_> = row["properties"].as_object().unwrap().keys().collect();
            let mut columns = table.columns.to_vec();
            fields.sort_unstable();
            columns.sort_unstable();
            assert_eq!(fields, columns, "{}", table.name);
        }
    }
}
