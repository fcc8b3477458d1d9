//! Bytes of flow logs: which flow logs to read ([`plan`]), the question to each (`query`), and its
//! answer summed up (`answer`).
//!
//! Every interface is read from one flow log only, and every byte through a NAT gateway from one
//! of the records that show it; see docs/cost-model.md.

mod answer;
mod candidate;
mod columns;
mod group_sums;
pub(in crate::usage) mod ipv4;
pub(in crate::usage) mod matcher;
mod pattern;
mod place;
pub mod plan;
mod query;
pub(in crate::usage) mod record;
pub mod source;
pub(in crate::usage) mod statement;
pub(in crate::usage) mod sums;
pub(in crate::usage) mod texts;
mod transit;
mod transit_planner;
mod unlogged;
mod vpc_planner;

use std::hash::Hasher;

use fnv::FnvHasher;

pub use self::vpc_planner::is_shorter_than_a_client_block;
use self::{answer::Sums, source::Source, sums::Table, texts::Texts};
use super::{
    insights::{Insights, Row},
    size::MissingPart,
};
use crate::model::{
    coverage::{Failure, Reason},
    flow::FlowUsage,
    id::{SubnetId, VpcId},
    run::Window,
};

/// Reads the sources of one log group.
pub async fn read(insights: &Insights<'_>, sources: &[Source], window: Window) -> FlowUsage {
    let limit = insights.settings.row_limit;
    let mut usage = FlowUsage::default();
    let group = format!("log group `{}`", insights.group.name);
    for source in sources {
        let mut sums = Sums::default();
        for question in query::questions(source) {
            let reading = insights
                .read(
                    window,
                    query::SPLIT_BY,
                    |conditions| question.text(conditions, limit),
                    |row| sums.take(&question, &row),
                )
                .await;
            usage.bytes_scanned = usage.bytes_scanned.saturating_add(reading.bytes_scanned);
            // Whatever it asks for, a query scans all that came in.
            if reading.failure.is_none() && reading.queries == 1 {
                usage.window_bytes = Some(reading.bytes_scanned);
            }
            if let Some(failure) = reading.failure {
                // Bytes that are too few would be taken for what they are not: no source then.
                usage.failure = Some(failure);
                return usage;
            }
        }
        conclude(&mut usage, &group, source, sums);
    }
    usage
}

/// Says of a log group that it cannot hold the whole window: of all that is read there only a part is
/// known, but for gateways that were made later.
pub fn mark_as_part(usage: &mut FlowUsage, sources: &[Source], missing: &MissingPart) {
    let is_missed = |id: &&String| {
        let mut made = sources.iter().filter_map(|it| it.made_within.get(*id));
        made.all(|made| *made < missing.before)
    };
    for found in &mut usage.sources {
        let interfaces = found.interfaces.iter().filter(is_missed).cloned();
        let vpcs = found.vpcs.iter().map(VpcId::to_string);
        let subnets = found.subnets.iter().map(SubnetId::to_string);
        found.part.extend(interfaces.chain(vpcs).chain(subnets));
    }
    add_remark(usage, &missing.why);
}

fn add_remark(usage: &mut FlowUsage, why: &str) {
    let before = usage.remark.take();
    let both = before.map_or_else(|| why.to_owned(), |it| format!("{it}; {why}"));
    usage.remark = Some(both);
}

/// Adds a source with its sums, unless no row of it could be read.
fn conclude(usage: &mut FlowUsage, place: &str, source: &Source, sums: Sums) {
    if sums.unreadable > 0 {
        let why = format!(
            "{} rows of {place} are not readable: the bytes of their interfaces are incomplete",
            sums.unreadable
        );
        if sums.is_empty() {
            let failure = Failure::new(Reason::InvalidResponse, why);
            usage.failure.get_or_insert(failure);
            return;
        }
        add_remark(usage, &why);
    }
    usage.sources.push(sums.of(source));
}

/// The usage that the rows of each source show, wherever they come from. `place` is shown in messages.
pub(super) fn of_rows<R: Iterator<Item = Row>>(
    place: &str,
    sources: &[Source],
    rows: impl Iterator<Item = R>,
) -> FlowUsage {
    let mut usage = FlowUsage::default();
    for (source, rows) in sources.iter().zip(rows) {
        let question = query::whole(source);
        let mut sums = Sums::default();
        rows.for_each(|row| sums.take(&question, &row));
        conclude(&mut usage, place, source, sums);
    }
    usage
}

/// The usage that the sums of each source show. `place` is shown in messages.
pub(super) fn of_tables(
    place: &str,
    sources: &[Source],
    tables: impl IntoIterator<Item = Table>,
    texts: &Texts,
) -> FlowUsage {
    let mut usage = FlowUsage::default();
    for (source, table) in sources.iter().zip(tables) {
        let question = query::whole(source);
        let mut sums = Sums::default();
        table.rows(texts, |row| sums.take(&question, row));
        conclude(&mut usage, place, source, sums);
    }
    usage
}

/// Queries over the whole window that these sources take, if their answers need no splitting.
pub fn queries(sources: &[Source]) -> u64 {
    let questions = sources.iter().map(|it| query::questions(it).len() as u64);
    questions.sum()
}

/// A number that stands for the questions to these sources: with other questions, an answer that was
/// kept is of no use. FNV-1a, which is the same in every build.
pub fn fingerprint(sources: &[Source]) -> u64 {
    let texts = sources.iter().flat_map(|source| {
        let questions = query::questions(source).into_iter();
        let places = (&source.vpcs, &source.subnets, &source.others, &source.part);
        let scope = format!("{places:?}");
        let texts = questions.map(|question| question.text(&[], 0));
        texts.chain([scope])
    });
    let mut hash = FnvHasher::default();
    for text in texts {
        hash.write(text.as_bytes());
        hash.write(&[0]);
    }
    hash.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{flow::FlowKind, flow_format::LogFormat};

    #[test]
    fn what_a_log_group_dropped_is_missing_of_all_but_gateways_that_were_made_later() {
        let source = |kind| {
            Source::new(
                kind,
                LogFormat::parse("${srcaddr} ${dstaddr} ${bytes}").unwrap(),
            )
        };
        let mut gateways = source(FlowKind::NatPackets);
        for id in ["eni-old", "eni-young", "eni-new"] {
            gateways.interfaces.insert(id.into(), Vec::new());
        }
        for (id, made) in [
            ("eni-young", "2026-03-02T00:00:00Z"),
            ("eni-new", "2026-03-05T00:00:00Z"),
        ] {
            gateways
                .made_within
                .insert(id.into(), made.parse().unwrap());
        }
        let mut clients = source(FlowKind::Client);
        clients.vpcs.insert("vpc-1".into());
        clients.subnets.insert("subnet-9".into());
        let sources = [gateways, clients];
        let mut usage = FlowUsage::default();
        for source in &sources {
            usage.sources.push(Sums::default().of(source));
        }
        let missing = MissingPart {
            before: "2026-03-04T00:00:00Z".parse().unwrap(),
            why: "it keeps events for 3 days".to_owned(),
        };
        mark_as_part(&mut usage, &sources, &missing);
        let part = |at: usize| -> Vec<&str> {
            usage.sources[at].part.iter().map(String::as_str).collect()
        };
        assert_eq!(part(0), ["eni-old", "eni-young"]);
        assert_eq!(part(1), ["subnet-9", "vpc-1"]);
        assert_eq!(usage.remark.as_deref(), Some("it keeps events for 3 days"));
    }
}
