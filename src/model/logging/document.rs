//! Plans and manifests as files. Their content is not trusted.

use super::{Manifest, Plan, VERSION};

/// A file that is no plan or manifest of vpce-scout.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// It is something else.
    #[error("invalid {what} of vpce-scout: {detail}")]
    Malformed {
        /// `plan` or `manifest`.
        what: &'static str,
        /// What is wrong in it.
        detail: String,
    },
    /// Another version wrote it.
    #[error("the {what} has version {found}; this program reads version {VERSION}")]
    Version {
        /// `plan` or `manifest`.
        what: &'static str,
        /// Its version.
        found: u32,
    },
}

/// Reads a plan.
pub fn read_plan(bytes: &[u8]) -> Result<Plan, DocumentError> {
    let plan: Plan = read("plan", bytes)?;
    check("plan", plan.version).map(|()| plan)
}

/// Reads a manifest.
pub fn read_manifest(bytes: &[u8]) -> Result<Manifest, DocumentError> {
    let manifest: Manifest = read("manifest", bytes)?;
    check("manifest", manifest.version).map(|()| manifest)
}

fn read<T: serde::de::DeserializeOwned>(
    what: &'static str,
    bytes: &[u8],
) -> Result<T, DocumentError> {
    serde_json::from_slice(bytes).map_err(|error| DocumentError::Malformed {
        what,
        detail: error.to_string(),
    })
}

fn check(what: &'static str, found: u32) -> Result<(), DocumentError> {
    if found == VERSION {
        return Ok(());
    }
    Err(DocumentError::Version { what, found })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::logging::{Action, Item, ItemState, Note, Reference, Verdict, Work, tags};

    fn plan(names: &[String]) -> Plan {
        let at = "2026-01-01T00:00:00Z".parse().unwrap();
        let action = |name: &String| Action {
            key: name.clone(),
            account_id: "123456789012".parse().unwrap(),
            region: Some("eu-west-1".parse().unwrap()),
            name: name.clone(),
            work: Work::AssociateQueryLogConfig {
                config: Reference::MadeBy(name.clone()),
                vpc_id: name.as_str().into(),
            },
            depends_on: vec![name.clone()],
        };
        let note = |name: &String| Note {
            account_id: None,
            region: None,
            vpc_id: Some(name.as_str().into()),
            name: name.clone(),
            verdict: Verdict::Left,
            reason: None,
            error_code: None,
            message: name.clone(),
        };
        Plan {
            version: VERSION,
            run: "r".to_owned(),
            made_at: at,
            expires_at: at,
            request: None,
            fingerprint: String::new(),
            tags: tags("r", at),
            actions: names.iter().map(action).collect(),
            notes: names.iter().map(note).collect(),
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            drop(read_plan(&bytes));
            drop(read_manifest(&bytes));
        }

        #[test]
        fn a_plan_with_any_names_is_read_as_it_was_written(
            names in proptest::collection::vec(".*", 0..5)
        ) {
            let plan = plan(&names);
            let text = serde_json::to_vec(&plan).unwrap();
            prop_assert_eq!(read_plan(&text).unwrap(), plan);
        }

        #[test]
        fn a_plan_with_bytes_changed_is_another_plan_or_refused(
            at in any::<prop::sample::Index>(), byte in any::<u8>()
        ) {
            let mut text = serde_json::to_vec(&plan(&["a".to_owned()])).unwrap();
            let at = at.index(text.len());
            text[at] = byte;
            drop(read_plan(&text));
            text.truncate(at);
            prop_assert!(read_plan(&text).is_err());
        }

        #[test]
        fn nesting_without_end_is_refused(depth in 200_usize..20_000, open in "[\\[{]") {
            let text = open.repeat(depth);
            prop_assert!(read_manifest(text.as_bytes()).is_err());
        }
    }

    #[test]
    fn a_field_that_is_not_known_and_another_version_are_refused() {
        let whole = serde_json::to_value(plan(&[])).unwrap();
        let mut odd = whole.clone();
        odd["sudo"] = true.into();
        let error = read_plan(odd.to_string().as_bytes()).unwrap_err();
        assert!(error.to_string().contains("sudo"), "{error}");
        let mut newer = whole;
        newer["version"] = 2.into();
        let error = read_plan(newer.to_string().as_bytes()).unwrap_err();
        assert!(error.to_string().contains("version 2"), "{error}");
    }

    #[test]
    fn a_manifest_is_read_as_it_was_written() {
        let plan = plan(&["a".to_owned()]);
        let item = Item {
            run: plan.run.clone(),
            expires_at: plan.expires_at,
            state: ItemState::Begun,
            resource_id: None,
            changed_at: plan.made_at,
            action: plan.actions[0].clone(),
        };
        let manifest = Manifest {
            version: VERSION,
            items: vec![item],
        };
        let text = serde_json::to_vec(&manifest).unwrap();
        assert_eq!(read_manifest(&text).unwrap(), manifest);
        assert!(read_plan(&text).is_err());
    }
}
