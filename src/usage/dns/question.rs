//! The questions to the query log of a log group.
//!
//! One question counts everything: names in the zones one by one, all other events by VPC. A record whose
//! name is in the zones is kept as a field, and only from that field the response code, the source and
//! the answers are read, so that the other events have none of them and are one row a VPC ("chained
//! parse", <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Parse.html>). Where
//! the answer has too many rows, two questions are asked instead, of which the first can be split.
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

/// Characters that a question may have
/// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html>).
const LENGTH: usize = 10_000;

/// A quote within a text is escaped in JSON: a member's name within an answer (TXT) does not fit.
const NAME_MEMBER: &str = r#""(?:query_name|hostname)"\s*:\s*""#;
/// A character of a text, as JSON writes it.
const CHARACTER: &str = r#"(?:[^"\\]|\\.)"#;
const PARSE_VPC: &str = r#"parse @message /"(?:vpc_id|vpc_uid)"\s*:\s*"(?<vpc>vpc-[^"\\]+)"/"#;
const CODE: &str = r#"/"rcode"\s*:\s*"(?<code>[^"\\]+)"/"#;
const SOURCE: &str = r#"/"(?:srcaddr|ip)"\s*:\s*"(?<source>[^"\\]+)"/"#;
/// The first address stands behind any CNAMEs, whose data are names (`cafe.dead.beef.` too); the
/// lists show the rest.
const ADDRESS: &str = r#"/"[Rr]data"\s*:\s*"(?<address>[0-9.]+|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*)"/"#;
const ANSWERS: &str = r#"/"answers"\s*:\s*\[(?<answer_list>[^\]]*)\]/"#;

/// The name of every event, as a field.
fn parse_name(field: &str) -> String {
    format!("parse @message /{NAME_MEMBER}(?<{field}>{CHARACTER}+)\"/")
}

/// The zones as alternatives of a regular expression.
fn alternatives(zones: &[String]) -> String {
    let zones: Vec<_> = zones.iter().map(|zone| zone.replace('.', r"\.")).collect();
    zones.join("|")
}

/// Counts all events by VPC, and those with a name in these zones also by name, response code and the first
/// address of the answer. None where that takes a longer text than Logs Insights does.
pub(super) fn whole(zones: &[String], limit: usize) -> Option<String> {
    let zones = alternatives(zones);
    let record = |pattern: &str| format!("parse record {pattern}");
    let lines = [
        PARSE_VPC.to_owned(),
        parse_name("name"),
        format!(r"parse name /(?i)^(?<asked>(?:.*\.)?(?:{zones})\.?)$/"),
        // The pattern of the name is that of `name`, so that this finds the same member first.
        format!(
            r#"parse @message /(?i)^(?<record>[\s\S]*?{NAME_MEMBER}(?:{CHARACTER}*\.)?(?:{zones})\.?"[\s\S]*)$/"#
        ),
        record(CODE),
        record(SOURCE),
        record(ADDRESS),
        record(ANSWERS),
        "stats count(*) as queries, count(name) as named, count_distinct(source) as sources, \
         earliest(answer_list) as first_answers, latest(answer_list) as last_answers, \
         min(@timestamp) as first_event, max(@timestamp) as last_event \
         by vpc, asked, code, address"
            .to_owned(),
        format!("limit {limit}"),
    ];
    let text = lines.join("\n| ");
    (text.chars().count() <= LENGTH).then_some(text)
}

/// Counts the names in these zones by VPC, name, response code and the first address of the answer.
/// Without `answers`, by functions alone that every partition has.
pub(super) fn by_name(
    zones: &[String],
    conditions: &[String],
    answers: bool,
    limit: usize,
) -> String {
    let zones = alternatives(zones);
    let message = |pattern: &str| format!("parse @message {pattern}");
    let mut lines = vec![
        parse_name(NAME),
        format!(r"filter asked like /(?i)(^|\.)({zones})\.?$/"),
    ];
    lines.extend(conditions.iter().map(|it| format!("filter {it}")));
    lines.extend([PARSE_VPC.to_owned(), message(CODE)]);
    if answers {
        lines.extend([SOURCE, ADDRESS, ANSWERS].map(message));
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
    let mut lines = vec![PARSE_VPC.to_owned(), parse_name(NAME)];
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
        let whole = whole(&zones, 9).unwrap();
        for query in [whole, by_name(&zones, &[], true, 9), totals(&[], 9)] {
            // `record` is made of the message by the question itself.
            let of_message = ["@message", "parse record "];
            let commands = query
                .lines()
                .filter(|line| !of_message.iter().any(|it| line.contains(it)));
            for command in commands {
                for field in ["vpc_id", "query_name", "rcode", "srcaddr"] {
                    assert!(!command.contains(field), "{command}");
                }
            }
        }
    }

    #[test]
    fn the_question_about_everything_reads_answers_of_names_in_the_zones_alone() {
        let zones = ["amazonaws.com".to_owned(), "aws".to_owned()];
        let query = whole(&zones, 9).unwrap();
        let name = r"| parse name /(?i)^(?<asked>(?:.*\.)?(?:amazonaws\.com|aws)\.?)$/";
        assert!(query.contains(name), "{query}");
        for field in ["code", "source", "address", "answer_list"] {
            let capture = format!("(?<{field}>");
            let line = query.lines().find(|line| line.contains(&capture)).unwrap();
            assert!(line.starts_with("| parse record /"), "{line}");
        }
        assert!(!query.contains("filter"), "every event counts");
    }

    #[test]
    fn zones_that_make_the_question_too_long_are_asked_for_otherwise() {
        let zone = "a-zone-of-thirty-characters.aws".to_owned();
        assert!(whole(&vec![zone.clone(); 100], 9).is_some());
        assert!(whole(&vec![zone; 200], 9).is_none());
    }
}
