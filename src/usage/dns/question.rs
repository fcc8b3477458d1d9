//! The questions to the query log of a log group.
//!
//! Fields are read from `@message` by `parse`, in any order of the record's members: Logs Insights
//! discovers fields in log groups of the Standard class only, and a log transformer replaces the
//! discovered fields by its own
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html>).
//! Records that a transformer turned into OCSF are read by OCSF's names of the same fields
//! (<https://schema.ocsf.io/1.1.0/classes/dns_activity>). The names made here are no names of the
//! record's members, so that they never meet a discovered field.

/// The field by which an answer by names that does not fit is split.
pub(super) const NAME: &str = "asked";
/// The same of the totals.
pub(super) const VPC: &str = "vpc";

/// A quote within a text is escaped in JSON: a member's name within an answer (TXT) does not fit.
const PARSE_NAME: &str =
    r#"parse @message /"(?:query_name|hostname)"\s*:\s*"(?<asked>(?:[^"\\]|\\.)+)"/"#;
const PARSE_VPC: &str = r#"parse @message /"(?:vpc_id|vpc_uid)"\s*:\s*"(?<vpc>vpc-[^"\\]+)"/"#;
const PARSE_CODE: &str = r#"parse @message /"rcode"\s*:\s*"(?<code>[^"\\]+)"/"#;
const PARSE_SOURCE: &str = r#"parse @message /"(?:srcaddr|ip)"\s*:\s*"(?<source>[^"\\]+)"/"#;
/// The first address stands behind any CNAMEs, whose data are names (`cafe.dead.beef.` too); the
/// lists show the rest.
const PARSE_ADDRESS: &str =
    r#"parse @message /"[Rr]data"\s*:\s*"(?<address>[0-9.]+|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*)"/"#;
const PARSE_ANSWERS: &str = r#"parse @message /"answers"\s*:\s*\[(?<answer_list>[^\]]*)\]/"#;

/// Counts the names in these zones by VPC, name, response code and the first address of the answer.
/// Without `answers`, by functions alone that every partition has.
pub(super) fn by_name(
    zones: &[String],
    conditions: &[String],
    answers: bool,
    limit: usize,
) -> String {
    let zones: Vec<_> = zones.iter().map(|zone| zone.replace('.', r"\.")).collect();
    let mut lines = vec![
        PARSE_NAME.to_owned(),
        format!(r"filter asked like /(?i)(^|\.)({})\.?$/", zones.join("|")),
    ];
    lines.extend(conditions.iter().map(|it| format!("filter {it}")));
    lines.extend([PARSE_VPC, PARSE_CODE].map(str::to_owned));
    if answers {
        lines.extend([PARSE_SOURCE, PARSE_ADDRESS, PARSE_ANSWERS].map(str::to_owned));
        lines.push(
            "stats count(*) as queries, count_distinct(source) as sources, \
             earliest(answer_list) as first_answers, latest(answer_list) as last_answers \
             by vpc, asked, code, address"
                .to_owned(),
        );
    } else {
        lines.push("stats count(*) as queries by vpc, asked, code".to_owned());
    }
    lines.push(format!("limit {limit}"));
    lines.join("\n| ")
}

/// Counts all events by VPC, those with a name among them, and shows the first and the last.
pub(super) fn totals(conditions: &[String], limit: usize) -> String {
    let mut lines = vec![PARSE_VPC.to_owned(), PARSE_NAME.to_owned()];
    lines.extend(conditions.iter().map(|it| format!("filter {it}")));
    lines.push(
        "stats count(*) as events, count(asked) as named, min(@timestamp) as first_event, \
         max(@timestamp) as last_event by vpc"
            .to_owned(),
    );
    lines.push(format!("limit {limit}"));
    lines.join("\n| ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zones_are_anchored_on_a_label_and_on_the_end() {
        let zones = ["amazonaws.com".to_owned(), "aws".to_owned()];
        let query = by_name(&zones, &["x = 1".to_owned()], true, 9);
        let expected =
            "| filter asked like /(?i)(^|\\.)(amazonaws\\.com|aws)\\.?$/\n| filter x = 1\n";
        assert!(query.contains(expected), "{query}");
    }

    #[test]
    fn no_question_depends_on_a_field_that_has_to_be_discovered() {
        let zones = ["amazonaws.com".to_owned()];
        for query in [by_name(&zones, &[], true, 9), totals(&[], 9)] {
            let commands = query.lines().filter(|line| !line.contains("@message"));
            for command in commands {
                for field in ["vpc_id", "query_name", "rcode", "srcaddr"] {
                    assert!(!command.contains(field), "{command}");
                }
            }
        }
    }
}
