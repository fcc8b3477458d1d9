//! A resource of a template.

use serde::Serialize;
use serde_json::{Map, Value};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Resource {
    pub(super) r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) deletion_policy: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) update_replace_policy: Option<&'static str>,
    pub(super) properties: Map<String, Value>,
}

impl Resource {
    pub(super) fn new(r#type: &'static str, properties: Value) -> Self {
        let properties = match properties {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        Self {
            r#type,
            deletion_policy: None,
            update_replace_policy: None,
            properties,
        }
    }
}
