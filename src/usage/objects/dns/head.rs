//! How records begin: those of one VPC have the same text up to their time, which is looked up once.

use super::record::{TIME, VPC_NAMES, member, names_the_rest, seconds};

/// What stands between the time and the name in a record as AWS writes it.
const NAME: &str = "\",\"query_name\":\"";
/// The length of `2026-06-01T12:00:00Z`.
const TIME_LENGTH: usize = 20;

/// The beginning of the last record, up to its time.
#[derive(Clone, Debug, Default)]
pub(super) struct Head {
    /// Empty if none is known.
    text: String,
    vpc: u32,
}

/// A record that begins as the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RepeatedRecord<'r> {
    /// The number of its VPC.
    pub(super) vpc: u32,
    pub(super) second: i64,
    /// The name as the record writes it.
    pub(super) asked: &'r str,
    /// What stands behind the name.
    pub(super) rest: &'r str,
}

impl Head {
    /// The beginning of a record with one time. A record that has its members in another order than AWS
    /// writes them has none.
    pub(super) fn of(record: &str, number: impl FnOnce(Option<&str>) -> u32) -> Self {
        let known = || {
            let time = TIME.find(record.as_bytes())? + TIME.needle().len();
            let text = record.get(..time + 2).filter(|it| it.ends_with(":\""))?;
            let vpc = member(text, &VPC_NAMES)?;
            let is_usual = text.starts_with('{') && !names_the_rest(text);
            is_usual.then(|| Self {
                vpc: number(Some(vpc).filter(|it| it.starts_with("vpc-"))),
                text: text.to_owned(),
            })
        };
        known().unwrap_or_default()
    }

    /// Takes a record apart that begins like this; none if it has anything else than usual.
    pub(super) fn split<'r>(&self, record: &'r str) -> Option<RepeatedRecord<'r>> {
        if self.text.is_empty() {
            return None;
        }
        let rest = record.strip_prefix(self.text.as_str())?;
        let (time, rest) = rest.split_at_checked(TIME_LENGTH)?;
        let rest = rest.strip_prefix(NAME)?;
        let end = memchr::memchr2(b'"', b'\\', rest.as_bytes())?;
        let (asked, rest) = rest.split_at_checked(end)?;
        let ends = rest.starts_with('"') && rest.ends_with('}') && !asked.is_empty();
        // Several records in a line differ by their times.
        if !ends || TIME.find(rest.as_bytes()).is_some() {
            return None;
        }
        Some(RepeatedRecord {
            vpc: self.vpc,
            second: seconds(time)?,
            asked,
            rest: rest.get(1..)?,
        })
    }
}
