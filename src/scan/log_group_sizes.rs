//! The sizes of the log groups that a scan reads. Those of an account and Region are asked for by one call,
//! when the first of them is read; the others find them here.
//!
//! What that call does not show is asked for by itself: an answer without a name in it does not prove that
//! there is no such log group, and a refusal may be that of another name.

use std::collections::BTreeMap;

use tokio::sync::OnceCell;

use super::planned_read::PlannedRead;
use crate::{
    aws::error::is_not_found,
    model::{coverage::Failure, log_place::LogPlace, target::Target, usage::LogGroup},
    org::session::Session,
    usage::size::{self, Size},
};

/// Log groups by account and Region, and what is known of them.
#[derive(Debug, Default)]
pub(super) struct LogGroupSizes {
    targets: BTreeMap<Target, Group>,
}

/// The log groups of one account and Region.
#[derive(Debug, Default)]
struct Group {
    /// Sorted.
    names: Vec<Box<str>>,
    /// What one call shows of each, in the same order.
    sizes: OnceCell<Box<[Option<Size>]>>,
}

impl LogGroupSizes {
    /// Those of the places that are going to be read.
    pub(super) fn of(wanted: &[PlannedRead]) -> Self {
        let mut targets: BTreeMap<Target, Group> = BTreeMap::new();
        for it in wanted {
            if let LogPlace::LogGroup(group) = &it.place {
                let here = targets.entry(group.target.clone()).or_default();
                here.names.push(group.name.as_str().into());
            }
        }
        for here in targets.values_mut() {
            here.names.sort_unstable();
            here.names.dedup();
            here.names.shrink_to_fit();
        }
        Self { targets }
    }

    /// The names that are asked for together with that of a log group.
    fn shared_query(&self, group: &LogGroup) -> Option<&Group> {
        let here = self.targets.get(&group.target)?;
        let several = here.names.len() > 1 && here.place_of(&group.name).is_some();
        several.then_some(here)
    }

    /// The size of a log group.
    ///
    /// # Errors
    ///
    /// If a call fails, or there is no such log group.
    pub(super) async fn read(&self, session: &Session, group: &LogGroup) -> Result<Size, Failure> {
        if let Some(here) = self.shared_query(group) {
            let work = || async {
                let read = size::read_all(session, here.names.iter()).await;
                let mut sizes = match read {
                    Err(failure) if is_about_a_name(&failure) => BTreeMap::new(),
                    // A failure is not kept: the next log group asks again.
                    read => read?,
                };
                let names = here.names.iter();
                Ok::<_, Failure>(names.map(|name| sizes.remove(&**name)).collect())
            };
            let sizes = here.sizes.get_or_try_init(work).await?;
            let shown = here.place_of(&group.name).and_then(|at| sizes.get(at));
            if let Some(Some(size)) = shown {
                return Ok(*size);
            }
        }
        size::read(session, group).await
    }
}

impl Group {
    fn place_of(&self, name: &str) -> Option<usize> {
        self.names.binary_search_by(|it| (**it).cmp(name)).ok()
    }
}

/// Whether a call for several names failed by one of them, as far as can be known.
fn is_about_a_name(failure: &Failure) -> bool {
    is_not_found(failure) || failure.code.as_deref() == Some("InvalidParameterException")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{coverage::Reason, coverage::Step, tests::sample};

    fn wanted(step: Step, name: &str) -> PlannedRead {
        let group = group(name);
        PlannedRead {
            step,
            place: LogPlace::LogGroup(group),
            queries: 1,
        }
    }

    fn group(name: &str) -> LogGroup {
        LogGroup {
            target: sample::target(),
            name: name.to_owned(),
        }
    }

    #[test]
    fn log_groups_of_one_account_and_region_are_asked_for_together() {
        let sizes = LogGroupSizes::of(&[
            wanted(Step::DnsUsage, "dns"),
            wanted(Step::FlowUsage, "flow"),
            wanted(Step::FlowUsage, "dns"),
        ]);
        let together = sizes.shared_query(&group("dns")).unwrap();
        let names: Vec<&str> = together.names.iter().map(|it| &**it).collect();
        assert_eq!(names, ["dns", "flow"]);
        assert!(
            sizes.shared_query(&group("other")).is_none(),
            "it was not planned"
        );
    }

    #[test]
    fn a_log_group_that_is_alone_is_asked_for_by_itself() {
        let both = [
            wanted(Step::DnsUsage, "one"),
            wanted(Step::FlowUsage, "one"),
        ];
        assert!(
            LogGroupSizes::of(&both)
                .shared_query(&group("one"))
                .is_none()
        );
    }

    #[test]
    fn a_failure_by_one_name_is_not_that_of_the_others() {
        let coded = |code: &str| Failure {
            code: Some(code.to_owned()),
            ..Failure::new(Reason::Other, "")
        };
        assert!(is_about_a_name(&coded("InvalidParameterException")));
        assert!(is_about_a_name(&coded("ResourceNotFoundException")));
        assert!(!is_about_a_name(&coded("AccessDeniedException")));
    }
}
