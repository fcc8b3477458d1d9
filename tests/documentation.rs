//! The pages in `docs/` agree with the code and the settings.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// The texts in backticks of a line.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// The file or directory that a page names: below `src/`, or in the project.
fn found(path: &str) -> Option<String> {
    let places = [format!("src/{path}"), path.to_owned()];
    places.into_iter().find(|it| Path::new(it).exists())
}

#[test]
fn every_place_where_something_is_to_be_changed_exists() {
    let page = fs::read_to_string("docs/architecture.md").unwrap();
    let table = page.split_once("## Where do I change").unwrap().1;
    let table = table.split("\n## ").next().unwrap();
    let mut paths = 0;
    for line in table.lines().filter(|line| line.starts_with("| ")) {
        for path in quoted(line).filter(|it| it.contains('/') && !it.contains([' ', '*'])) {
            assert!(found(path).is_some(), "there is no `{path}`: {line}");
            paths += 1;
        }
        for (before, after) in line
            .match_indices("` in `")
            .map(|(at, it)| (&line[..at], &line[at + it.len()..]))
        {
            let name = before.rsplit('`').next().unwrap();
            let name = name.rsplit("::").next().unwrap();
            let path = after.split('`').next().unwrap();
            let file = found(path).filter(|it| Path::new(it).is_file());
            let text = file.map(|it| fs::read_to_string(it).unwrap());
            assert!(
                text.is_some_and(|text| text.contains(name)),
                "no {name} in {path}: {line}"
            );
        }
    }
    assert!(paths > 40, "{paths}");
}

#[test]
fn operations_explains_every_limit_and_timeout_of_the_default_settings() {
    let defaults = fs::read_to_string("config/default.toml").unwrap();
    let defaults: toml::Table = defaults.parse().unwrap();
    let page = fs::read_to_string("docs/operations.md").unwrap();
    for section in ["limits", "retry", "timeouts"] {
        for key in defaults[section].as_table().unwrap().keys() {
            let name = format!("`{section}.{key}`");
            assert!(page.contains(&name), "{name} is not in docs/operations.md");
        }
    }
}

/// How long a line is without the addresses of its links.
fn length(line: &str) -> usize {
    let mut length = 0;
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("](") {
        length += before.chars().count();
        rest = after.split_once(')').map_or("", |it| it.1);
    }
    length + rest.chars().count()
}

/// The lines of a page that are longer than 100 columns and need not be: code, tables, headings and lines with
/// an address that takes most of one may be.
fn too_long(page: &str) -> Vec<&str> {
    let mut in_code = false;
    let lines = page.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        let text = line.trim_start();
        let code = in_code || fence || line.starts_with("    ");
        let fixed = code || text.starts_with(['|', '#', '!']);
        let has_address = text.split(' ').any(|word| word.len() > 50);
        !fixed && !has_address && length(line) > 100
    });
    lines.collect()
}

fn pages() -> Vec<PathBuf> {
    let pages = fs::read_dir("docs").unwrap().map(|it| it.unwrap().path());
    let pages = pages.filter(|it| it.extension().is_some_and(|it| it == "md"));
    pages
        .chain(["README.md".into(), "benches/README.md".into()])
        .collect()
}

#[test]
fn pages_are_wrapped_at_100_columns() {
    let mut read = 0;
    for path in pages() {
        let page = fs::read_to_string(&path).unwrap();
        let long = too_long(&page);
        assert!(long.is_empty(), "{}: {long:#?}", path.display());
        read += 1;
    }
    assert!(read > 10, "{read}");
    let long = "word ".repeat(21);
    assert_eq!(
        too_long(&format!("{long}\n```\n{long}\n```\n| {long}\n")),
        [long]
    );
}

/// What a heading is linked as: small letters, digits, hyphens for spaces, nothing else.
fn anchor(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = heading.chars().filter_map(|letter| match letter {
        ' ' => Some('-'),
        '-' | '_' => Some(letter),
        letter => letter.is_alphanumeric().then_some(letter),
    });
    kept.collect()
}

fn headings(page: &str) -> impl Iterator<Item = &str> {
    page.lines().filter(|line| line.starts_with('#'))
}

/// The path of a link in a page of that directory.
fn within(directory: &Path, link: &str) -> PathBuf {
    match link.strip_prefix("../") {
        Some(link) => directory.parent().unwrap().join(link),
        None => directory.join(link),
    }
}

/// The targets of the links of a page, code left out.
fn links(page: &str) -> Vec<&str> {
    let mut code = false;
    let text = page.lines().filter(|line| {
        code ^= line.trim_start().starts_with("```");
        !code
    });
    let after = text.flat_map(|line| line.split("](").skip(1));
    after.filter_map(|rest| rest.split(')').next()).collect()
}

#[test]
fn links_between_pages_lead_somewhere() {
    let pages: BTreeMap<PathBuf, String> = pages()
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            (path, text)
        })
        .collect();
    let mut broken = Vec::new();
    for (path, page) in &pages {
        for link in links(page).into_iter().filter(|it| !it.contains("://")) {
            let (file, part) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => path.clone(),
                file => within(path.parent().unwrap(), file),
            };
            let there = match pages.get(&target) {
                Some(other) => part.is_empty() || headings(other).any(|it| anchor(it) == part),
                None => target.exists() && part.is_empty(),
            };
            if !there {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    assert_eq!(anchor("## What a scan costs"), "what-a-scan-costs");
    assert_eq!(links("a [b](c.md#d) and [e](#f)"), ["c.md#d", "#f"]);
}
