//! The one integration target: the whole program against a local AWS, and the shape of the code.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "so a test fails"
)]

mod athena;
mod bill;
mod bill_sources;
mod budget;
mod chargeback;
mod counts;
mod coverage_of_all;
mod credentials;
mod demo_organization;
mod deploy;
mod doctor;
mod documentation;
mod egress;
mod engines;
mod estimate;
mod fault_matrix;
mod faults_of_all;
mod flags;
mod flow_bytes;
mod flow_odd_logs;
mod iac;
mod iac_hub;
mod iac_terraform;
mod layering;
mod local_aws_engine;
mod logging;
mod logging_cost;
mod logging_killed;
mod logging_s3;
mod logging_settled;
mod logging_used;
mod messages;
mod metric_answers;
mod object_faults;
mod objects_killed;
mod odd_logs;
mod odd_names;
mod pages;
mod posture;
mod price_list;
mod prices;
mod profiles;
mod reasons;
mod release;
mod remote_reports;
mod remote_state;
mod report_contract;
mod report_formats;
mod resources;
mod resume;
mod run_store;
mod scheduled_execution;
mod scheduled_scan;
mod sessions;
mod shards;
mod shared_vpcs;
mod stopping;
mod stored_run;
mod support;
mod templates;
mod terminal;
mod unknown_figures;
mod usage_errors;
mod workbook_formulas;
