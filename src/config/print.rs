//! The settings in force as commented TOML that can be read as a settings file again.

use toml::{Table, Value};
use toml_edit::{DocumentMut, Item};

use super::{
    DEFAULTS,
    layer::Layer,
    source::{Place, Source},
};

/// The embedded defaults, comments and all, with the values of `layer`. In the place of what cannot
/// be shown stands a comment.
pub(super) fn annotated(layer: &Layer) -> String {
    let Ok(mut document) = DEFAULTS.parse::<DocumentMut>() else {
        return String::new();
    };
    let mut hidden = Vec::new();
    layer.each(|section, key, value, source| {
        let Some(table) = document.get_mut(section).and_then(Item::as_table_mut) else {
            return;
        };
        match value.to_toml() {
            Some(Value::Table(values)) => {
                if let Some(inner) = table.get_mut(key).and_then(Item::as_table_mut) {
                    for (key, value) in &values {
                        put(inner, key, value);
                    }
                }
            }
            Some(value) => put(table, key, &value),
            None => {
                let mark = format!("{section}.{key} is not shown");
                put(table, key, &Value::from(mark.as_str()));
                hidden.push((format!("{key} = \"{mark}\""), comment(section, key, source)));
            }
        }
    });
    let text = document.to_string();
    hidden.into_iter().fold(text, |text, (line, comment)| {
        text.replacen(&line, &comment, 1)
    })
}

fn comment(section: &str, key: &str, source: &Source) -> String {
    let whole = format!("{section}.{key}");
    let place = Place {
        key: &whole,
        source,
    };
    let variable = format!(
        "VPCE_SCOUT_{}_{}",
        section.to_uppercase(),
        key.to_uppercase()
    );
    format!("# {key} is set by {place} and cannot be shown here: set it again, or {variable}")
}

/// Puts a value into a commented table; what is the same keeps its layout.
fn put(table: &mut toml_edit::Table, key: &str, value: &Value) {
    let Ok(new) = value.to_string().parse::<toml_edit::Value>() else {
        return;
    };
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) if same(old, value) => {}
        Some(old) => {
            let decor = old.decor().clone();
            *old = new;
            *old.decor_mut() = decor;
        }
        None => drop(table.insert(key, Item::Value(new))),
    }
}

fn same(old: &toml_edit::Value, new: &Value) -> bool {
    let old: Option<Table> = format!("value = {}", old.to_string().trim()).parse().ok();
    old.is_some_and(|old| old.get("value") == Some(new))
}
