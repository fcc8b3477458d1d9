//! The question to query logs in S3, for Athena: one statement, which reads every record once.
//!
//! Names outside the zones are folded into one row a VPC, so that the totals come from the same
//! rows. Text order of `query_timestamp` is the order of time where it has its usual form; other
//! records are counted as undated.

use crate::{model::run::Window, usage::athena::sql};

/// How a time is written; its seconds have no fraction.
const TIME: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$";
/// The shape of an address, as in the question to Logs Insights.
const ADDRESS: &str = "^([0-9.]+|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*)$";

/// Counts the records of a window by VPC, and those in the zones also by name, response code and
/// first address. `table` is the quoted name, `condition` chooses partitions and objects.
pub(in crate::usage) fn statement(
    table: &str,
    condition: &str,
    zones: &[String],
    window: Window,
) -> String {
    let zones: Vec<_> = zones.iter().map(|zone| zone.replace('.', r"\.")).collect();
    let zones = sql::text(&format!(r"(?i)(^|\.)({})\.?$", zones.join("|")));
    let second = |at: jiff::Timestamp| sql::text(&at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    let (start, end) = (second(window.start), second(window.end));
    let (time, address) = (sql::text(TIME), sql::text(ADDRESS));
    format!(
        r#"WITH records AS (
  SELECT
    log_vpc,
    CASE WHEN vpc_id LIKE 'vpc-%' THEN vpc_id END AS vpc,
    query_name, rcode, srcaddr, query_timestamp, answers,
    coalesce(regexp_like(query_timestamp, {time}), false) AS dated,
    coalesce(regexp_like(query_name, {zones}), false) AS in_zone
  FROM {table}
  WHERE {condition}
),
events AS (
  SELECT
    log_vpc, vpc, query_name, query_timestamp, dated,
    CASE WHEN in_zone THEN query_name END AS asked,
    CASE WHEN in_zone THEN rcode END AS code,
    CASE WHEN in_zone THEN srcaddr END AS source,
    CASE WHEN in_zone THEN
      element_at(filter(transform(answers, a -> a.rdata), v -> regexp_like(v, {address})), 1)
    END AS address,
    CASE WHEN in_zone THEN
      split_part(array_join(transform(answers, a ->
        '{{"Rdata":' || coalesce(json_format(CAST(a.rdata AS json)), 'null')
        || ',"Type":' || coalesce(json_format(CAST(a.type AS json)), 'null')
        || ',"Class":' || coalesce(json_format(CAST(a.class AS json)), 'null') || '}}'
      ), ','), ']', 1)
    END AS answer_list
  FROM records
  WHERE NOT dated OR (query_timestamp >= {start} AND query_timestamp < {end})
)
SELECT
  log_vpc, vpc, asked, code, address, dated,
  count(*) AS queries,
  count(query_name) AS named,
  count(DISTINCT source) AS sources,
  min_by(answer_list, query_timestamp || answer_list) AS first_answers,
  max_by(answer_list, query_timestamp || answer_list) AS last_answers,
  min(query_timestamp) AS first_event,
  max(query_timestamp) AS last_event
FROM events
GROUP BY log_vpc, vpc, asked, code, address, dated"#
    )
}

#[cfg(test)]
mod tests;
