//! One Terraform root for all units: what it passes to them.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// The variables of a file, and whether each has a default.
fn variables(body: &hcl::Body) -> BTreeMap<String, bool> {
    let blocks = body.blocks().filter(|it| it.identifier() == "variable");
    let variable = |it: &hcl::Block| {
        let default = it.body().attributes().any(|it| it.key() == "default");
        (it.labels()[0].as_str().to_owned(), default)
    };
    blocks.map(variable).collect()
}

/// The names behind `var.` in a text.
fn used(text: &str) -> BTreeSet<&str> {
    let parts = text.split("var.").skip(1);
    let name = |part: &'_ str| part.find(|it: char| !(it.is_alphanumeric() || it == '_'));
    parts
        .map(|it| &it[..name(it).unwrap_or(it.len())])
        .collect()
}

/// A VPC that calls a hub of another account, in an account that makes endpoints too.
fn facts_with_hub() -> Facts {
    let mut facts = facts("one");
    add_hub(&mut facts);
    facts
}

#[test]
fn every_variable_of_a_module_is_passed_by_the_root_and_declared_there() {
    let facts = facts_with_hub();
    let led = led_to_hub();
    let (gateway, interface) = (
        row("s3", "Gateway", "create"),
        row("ecr.dkr", "Interface", "create"),
    );
    for rows in [
        vec![gateway.clone()],
        vec![interface.clone()],
        vec![led.clone()],
        vec![gateway, interface, led],
    ] {
        let input = input(&facts, &rows);
        let selection = Selection::default();
        let (generated, _) = generate(&input, &selection, Language::Terraform, Layout::Single);
        let root_text = &generated.files.iter().find(|it| it.path == "main.tf");
        let root_text = &root_text.unwrap().contents;
        let root = hcl::parse(root_text).unwrap();
        let declared = variables(&root);
        for name in used(root_text) {
            assert!(declared.contains_key(name), "{name}: {root_text}");
        }
        let modules: Vec<_> = root
            .blocks()
            .filter(|it| it.identifier() == "module")
            .collect();
        assert_eq!(modules.len(), 1);
        let module_text = file(&generated, "eu-west-1/main.tf");
        let wanted = variables(&hcl::parse(module_text).unwrap());
        assert!(!wanted.is_empty(), "{module_text}");
        let attributes = modules[0].body().attributes().map(hcl::Attribute::key);
        let given: BTreeSet<&str> = attributes
            .filter(|it| !["source", "providers"].contains(it))
            .collect();
        let wanted: BTreeSet<&str> = wanted.keys().map(String::as_str).collect();
        assert_eq!(given, wanted, "{root_text}");
        for name in used(module_text) {
            assert!(wanted.contains(name), "{name}: {module_text}");
        }
        // Whoever applies the root reads which values it asks for.
        let readme = &generated.files.iter().find(|it| it.path == "README.md");
        for (name, _) in declared.iter().filter(|(_, default)| !**default) {
            let flag = format!("-var {name}=");
            assert!(readme.unwrap().contents.contains(&flag), "{name}");
        }
    }
}
