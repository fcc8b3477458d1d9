//! What actions and caveats mean in words (`config/actions.toml`), for those renderers that explain.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::row::RowView;

/// The embedded texts.
const TEXTS: &str = include_str!("../../config/actions.toml");

/// What to know of an action before deciding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ActionText {
    /// In a few words.
    pub(super) title: String,
    /// The step in AWS; braces stand for columns of the row.
    pub(super) what: String,
    /// What AWS bills for it.
    pub(super) cost: String,
    /// How to undo it.
    pub(super) undo: String,
}

/// All texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Meanings {
    /// By the kind of an action.
    pub(super) actions: BTreeMap<String, ActionText>,
    /// A sentence by caveat.
    pub(super) caveats: BTreeMap<String, String>,
    /// What to do about a reason for which something is missing.
    pub(super) gaps: BTreeMap<String, String>,
}

impl Meanings {
    /// The embedded ones.
    pub(super) fn built_in() -> std::io::Result<Self> {
        toml::from_str(TEXTS).map_err(std::io::Error::other)
    }

    /// What to do about a reason for which something is missing.
    pub(super) fn remedy(&self, reason: &str) -> &str {
        self.gaps.get(reason).map_or("", String::as_str)
    }

    /// The action of a row of `opportunities`, in a few words.
    pub(super) fn title(&self, row: RowView<'_>) -> String {
        let kind = kind(row);
        let found = self.actions.get(&kind);
        found.map_or_else(|| kind.replace('_', " "), |it| it.title.clone())
    }
}

/// The kind of a row's action: that of the column `action`, distinguished where one word stands for two
/// things.
pub(super) fn kind(row: RowView<'_>) -> String {
    kind_of(
        row.text("action"),
        row.text("endpoint_type"),
        row.text("service"),
    )
}

fn kind_of(action: &str, endpoint_type: &str, service: &str) -> String {
    match (action, endpoint_type, service) {
        ("create", "Gateway", _) => "create_gateway".to_owned(),
        ("create", ..) => "create_interface".to_owned(),
        ("remove", _, "") => "remove_nat_gateway".to_owned(),
        ("add_availability_zones", _, "") => "add_nat_gateway_zones".to_owned(),
        ("remove", ..) => "remove_endpoint".to_owned(),
        (other, ..) => other.to_owned(),
    }
}

/// Whether a row of `opportunities` asks for something to be done.
pub(super) fn is_to_do(row: RowView<'_>) -> bool {
    row.text("action") != "none"
}

#[cfg(test)]
mod tests {
    use super::*;
    use strum::VariantArray;

    use crate::model::{coverage::Reason, opportunity::Caveat};

    #[test]
    fn every_reason_of_a_gap_has_a_remedy_and_no_other_has() {
        let meanings = Meanings::built_in().unwrap();
        let gaps = Reason::VARIANTS.iter().filter(|it| it.is_gap());
        let mut gaps: Vec<&str> = gaps.map(|it| it.name()).collect();
        gaps.sort_unstable();
        assert_eq!(meanings.gaps.keys().collect::<Vec<_>>(), gaps);
    }

    #[test]
    fn every_action_and_every_caveat_has_its_words_and_there_are_no_others() {
        let meanings = Meanings::built_in().unwrap();
        let caveats: Vec<String> = Caveat::VARIANTS
            .iter()
            .map(|it| serde_json::from_value(serde_json::to_value(it).unwrap()).unwrap())
            .collect();
        let mut sorted = caveats.clone();
        sorted.sort_unstable();
        assert_eq!(meanings.caveats.keys().cloned().collect::<Vec<_>>(), sorted);
        for action in [
            "create",
            "attach_route_tables",
            "enable_private_dns",
            "add_availability_zones",
            "use_hub",
            "remove",
            "none",
        ] {
            for (endpoint_type, service) in [("Gateway", "s3"), ("Interface", "sts"), ("", "")] {
                let kind = kind_of(action, endpoint_type, service);
                assert!(meanings.actions.contains_key(&kind), "{kind}");
            }
        }
        assert_eq!(meanings.actions.len(), 10);
    }
}
