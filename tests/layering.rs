//! Holds the code against `docs/architecture.md`: who imports whom, how long files are, and what
//! may stand in them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The rooms of `src` and what each may import, as in the table of `docs/architecture.md`.
/// `room::module` allows that module alone. `lib.rs`, `main.rs` and `command` put the rooms together
/// and may import all of them.
const ROOMS: [(&str, &str); 25] = [
    ("cli", "model"),
    ("config", "cli, model"),
    ("aws", "config, model"),
    ("exit", "config, org::connect"),
    ("runtime", "aws, exit"),
    ("progress", "model"),
    ("model", ""),
    ("org", "aws, config, model"),
    ("collect", "org::session, aws, model"),
    (
        "usage",
        "org::session, collect::bucket, collect::log_group, aws, config, model",
    ),
    (
        "scan",
        "org, collect, usage, store, cost, classify, aws, config, model",
    ),
    ("merge", "scan::merged, store, aws::cancellation, model"),
    (
        "logging",
        "org, collect, usage::destination, cost, store, aws, config, model",
    ),
    (
        "permissions",
        "cli, scan, collect, logging, org, remote, usage, model",
    ),
    ("temporary", ""),
    ("store", "temporary, model"),
    ("classify", "model"),
    ("cost", "model"),
    ("recommend", "cost, classify, model"),
    (
        "assess",
        "classify, cost, recommend, store, usage::destination, model",
    ),
    ("report", "store, temporary, model"),
    ("remote", "store, temporary, aws, config, model"),
    ("diff", "report, model"),
    ("iac", "model"),
    (
        "doctor",
        "org, collect, usage::size, scan, remote, cost, store, aws, config, model",
    ),
];
const UNBOUND: [&str; 3] = ["", "main", "command"];

const LONGEST_FILE: usize = 400;
const LONGEST_MEDIAN: usize = 150;
/// A file of `command` puts stages in order; what is longer is a stage itself.
const LONGEST_COMMAND: usize = 120;

/// A file of `src`.
struct Source {
    path: PathBuf,
    text: String,
    /// Its place in the tree of modules, from the crate's root.
    module: Vec<String>,
    /// Whether it is compiled for tests alone.
    only_tests: bool,
}

impl Source {
    /// What comes before the module of tests; all of it if the tests are in a file of their own, wherever
    /// that is named.
    fn code(&self) -> &str {
        if self.only_tests {
            return "";
        }
        let mark = "\n#[cfg(test)]\n";
        let in_a_file = |at: usize| {
            let item = self.text[at + mark.len()..].lines().next();
            item.is_some_and(|item| item.ends_with("mod tests;"))
        };
        let mut marks = self.text.match_indices(mark).map(|(at, _)| at);
        let end = marks.find(|at| !in_a_file(*at));
        &self.text[..end.unwrap_or(self.text.len())]
    }

    fn room(&self) -> &str {
        self.module.first().map_or("", String::as_str)
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    find(&root, &mut paths);
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let below = path.strip_prefix(&root).unwrap().with_extension("");
        let mut module: Vec<String> = below
            .iter()
            .map(|part| part.to_str().unwrap().to_owned())
            .collect();
        module.pop_if(|name| name == "mod" || name == "lib");
        let only_tests = module.iter().any(|name| name == "tests");
        Source {
            path,
            text,
            module,
            only_tests,
        }
    };
    paths.into_iter().map(read).collect()
}

fn find(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Paths from the crate's root that a file names, tests included.
fn imports(source: &Source) -> Vec<Vec<String>> {
    let mut found = imports_in(&source.module, source.code());
    let mut tests = source.module.clone();
    if !source.only_tests {
        tests.push("tests".to_owned());
    }
    found.extend(imports_in(&tests, &source.text[source.code().len()..]));
    found
}

/// Paths from the crate's root that a text of a module names, by `crate::`, `self::` or `super::`.
fn imports_in(module: &[String], text: &str) -> Vec<Vec<String>> {
    let uncommented: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let code = uncommented.join("\n");
    let mut starts = vec![
        ("crate::".to_owned(), 0),
        ("self::".to_owned(), module.len()),
    ];
    for climb in 1..=module.len() {
        starts.push(("super::".repeat(climb), module.len() - climb));
    }
    let mut found = Vec::new();
    for (start, depth) in starts {
        for (at, _) in code.match_indices(&start) {
            let before = code[..at].chars().next_back();
            let rest = &code[at + start.len()..];
            let whole = before.is_none_or(|it| !it.is_alphanumeric() && !"_$:".contains(it));
            if whole && !rest.starts_with("super::") {
                tree(&mut rest.chars().peekable(), &module[..depth], &mut found);
            }
        }
    }
    found
}

/// Reads `a::b`, `a::{b, c::d}` and so on into one path for each leaf.
fn tree(
    code: &mut std::iter::Peekable<std::str::Chars<'_>>,
    above: &[String],
    found: &mut Vec<Vec<String>>,
) {
    let mut path = above.to_vec();
    loop {
        while code.next_if(|it| it.is_whitespace()).is_some() {}
        if code.next_if_eq(&'{').is_some() {
            while !matches!(code.peek(), None | Some('}')) {
                tree(code, &path, found);
                // An alias, and what stands between two branches.
                while code.next_if(|it| !matches!(it, ',' | '}')).is_some() {}
                code.next_if_eq(&',');
                while code.next_if(|it| it.is_whitespace()).is_some() {}
            }
            code.next();
            return;
        }
        let mut name = String::new();
        while let Some(letter) = code.next_if(|it| it.is_alphanumeric() || "_*".contains(*it)) {
            name.push(letter);
        }
        if !name.is_empty() {
            path.push(name);
        }
        let mut colons = 0;
        while code.next_if_eq(&':').is_some() {
            colons += 1;
        }
        if colons != 2 {
            found.push(path);
            return;
        }
    }
}

fn faults<'s>(sources: &'s [Source], judge: impl Fn(&'s Source) -> Vec<String>) -> Vec<String> {
    let describe = |source: &'s Source| {
        let path = source.path.display().to_string();
        judge(source)
            .into_iter()
            .map(move |fault| format!("{path}: {fault}"))
    };
    sources.iter().flat_map(describe).collect()
}

#[track_caller]
fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// What a file imports although its room may not.
fn forbidden(source: &Source) -> Vec<String> {
    let room = source.room();
    if UNBOUND.contains(&room) {
        return Vec::new();
    }
    let Some((_, may)) = ROOMS.iter().find(|(name, _)| *name == room) else {
        return vec![format!("`{room}` is no room of the architecture")];
    };
    let wrong = imports(source).into_iter().filter(|path| {
        let whole = path.join("::");
        let within = |room: &str| whole == room || whole.starts_with(&format!("{room}::"));
        !whole.is_empty() && whole != "*" && !within(room) && !may.split(", ").any(within)
    });
    wrong
        .map(|path| format!("`{room}` may not import `{}`", path.join("::")))
        .collect()
}

/// The modules that a module leads to by imports.
fn reachable<'m>(
    edges: &BTreeMap<&'m [String], BTreeSet<&'m [String]>>,
    start: &'m [String],
) -> BTreeSet<&'m [String]> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![start]);
    while let Some(module) = open.pop() {
        let next = edges.get(module).into_iter().flatten();
        open.extend(next.copied().filter(|it| seen.insert(*it)));
    }
    seen
}

/// Circles of imports among the files of a room, each as the modules on it. What a module declares
/// itself is the vocabulary of the modules below it: importing from above is no circle.
fn circles(sources: &[Source]) -> Vec<String> {
    let modules: BTreeSet<&[String]> = sources.iter().map(|it| it.module.as_slice()).collect();
    let mut edges: BTreeMap<&[String], BTreeSet<&[String]>> = BTreeMap::new();
    for source in sources.iter().filter(|it| !it.only_tests) {
        for path in imports_in(&source.module, source.code()) {
            let mut lengths = (1..=path.len()).rev();
            let target = lengths.find_map(|length| modules.get(&path[..length]));
            if let Some(target) = target
                && target.first() == source.module.first()
                && !source.module.starts_with(target)
            {
                edges.entry(&source.module).or_default().insert(target);
            }
        }
    }
    let reached: BTreeMap<_, _> = edges
        .keys()
        .map(|it| (*it, reachable(&edges, it)))
        .collect();
    let together = |one: &[String], other: &[String]| {
        let leads =
            |from: &[String], to: &[String]| reached.get(from).is_some_and(|it| it.contains(to));
        leads(one, other) && leads(other, one)
    };
    let circle = |module: &[String]| {
        let on_it = reached.keys().filter(|it| together(module, it));
        let on_it: Vec<_> = on_it.map(|it| it.join("::")).collect();
        (!on_it.is_empty()).then(|| on_it.join(" <-> "))
    };
    let all: BTreeSet<String> = reached.keys().filter_map(|it| circle(it)).collect();
    all.into_iter().collect()
}

/// A file that is not there.
fn planted(module: &str, text: &str) -> Source {
    Source {
        path: PathBuf::from(module),
        text: text.to_owned(),
        module: module.split("::").map(str::to_owned).collect(),
        only_tests: false,
    }
}

#[test]
fn a_room_imports_only_the_rooms_it_may() {
    assert_none(&faults(&sources(), forbidden));
}

#[test]
fn an_upward_import_is_found_in_code_and_in_tests() {
    let code = planted("model::facts", "use crate::store::Store;\n");
    let within_tests = planted(
        "collect::vpc",
        "\n#[cfg(test)]\nmod tests {\n    use crate::scan::Scan;\n}\n",
    );
    let by_super = planted("classify::host", "use super::super::recommend::Advice;\n");
    let room = planted("attic::chest", "");
    for (source, expected) in [
        (code, "`model` may not import `store::Store`"),
        (within_tests, "`collect` may not import `scan::Scan`"),
        (by_super, "`classify` may not import `recommend::Advice`"),
        (room, "`attic` is no room of the architecture"),
    ] {
        assert_eq!(forbidden(&source), [expected]);
    }
}

#[test]
fn no_files_of_a_room_import_one_another_in_a_circle() {
    assert_none(&circles(&sources()));
}

#[test]
fn a_circle_is_found_by_whatever_way_it_is_written() {
    let all = [
        planted("room", "mod a;\nmod b;\nmod c;\nuse self::a::A;\n"),
        planted("room::a", "use super::b::B;\nuse super::Vocabulary;\n"),
        planted("room::b", "use crate::room::{c::C, d};\n"),
        planted("room::c", "fn x(_: super::a::A) {}\n"),
        planted("room::d", "//! use super::a::A;\nuse super::Vocabulary;\n"),
    ];
    assert_eq!(circles(&all), ["room::a <-> room::b <-> room::c"]);
    assert!(circles(&all[..3]).is_empty());
}

#[test]
fn the_table_of_the_architecture_is_what_is_checked() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.md");
    let text = fs::read_to_string(path).unwrap();
    let written = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, room, _, may, _] = cells.as_slice() else {
            return None;
        };
        let room = room.strip_prefix('`')?.strip_suffix('`')?;
        let room = room.trim_end_matches('/').trim_end_matches(".rs");
        Some((room.to_owned(), (*may).replace('`', "")))
    };
    let (_, table) = text.split_once("\n## Rooms\n").expect("a section on rooms");
    let (table, _) = table.split_once("\n## ").expect("a section after it");
    let table: BTreeMap<String, String> = table.lines().filter_map(written).collect();
    let mut checked: BTreeMap<String, String> = ROOMS
        .into_iter()
        .map(|(room, may)| (room.to_owned(), may.to_owned()))
        .collect();
    checked.insert("command".to_owned(), "all".to_owned());
    assert_eq!(table, checked);
}

#[test]
fn the_import_reader_sees_every_way_to_write_an_import() {
    let text = "//! use crate::comment;\nuse crate::a::b;\nuse crate::{c::{d, e as f}, g};\n\
                pub(crate) fn x(_: crate::h::I) {}\nuse super::super::{j, k::l};\nuse super::m;\n\
                use self::o;\n\n#[cfg(test)]\nmod tests { use crate::n; }\n";
    let source = planted("room::file", text);
    let found: BTreeSet<String> = imports(&source)
        .iter()
        .map(|path| path.join("::"))
        .collect();
    let expected = [
        "a::b",
        "c::d",
        "c::e",
        "g",
        "h::I",
        "j",
        "k::l",
        "n",
        "room::file::o",
        "room::m",
    ];
    assert_eq!(found, expected.map(str::to_owned).into());
}

#[test]
fn commands_are_short() {
    let sources = sources();
    assert_none(&faults(&sources, |source| {
        let lines = source.code().lines().count();
        if source.room() == "command" && lines >= LONGEST_COMMAND {
            let most = LONGEST_COMMAND - 1;
            vec![format!("{lines} lines before its tests, at most {most}")]
        } else {
            Vec::new()
        }
    }));
}

#[test]
fn every_file_shows_first_what_it_is_for() {
    let sources = sources();
    assert_none(&faults(&sources, |source| {
        let has_header = source.text.starts_with("//! ");
        if has_header {
            Vec::new()
        } else {
            vec!["does not begin with `//!`".to_owned()]
        }
    }));
}

#[test]
fn files_are_short() {
    let sources = sources();
    let length = |source: &Source| source.code().lines().count();
    assert_none(&faults(&sources, |source| {
        let lines = length(source);
        if lines > LONGEST_FILE {
            vec![format!("{lines} lines before its tests")]
        } else {
            Vec::new()
        }
    }));
    let mut lengths: Vec<usize> = sources
        .iter()
        .filter(|it| !it.only_tests)
        .map(length)
        .collect();
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(
        median <= LONGEST_MEDIAN,
        "the median is {median} lines, at most {LONGEST_MEDIAN}"
    );
}

#[test]
fn nothing_unwraps_outside_of_tests() {
    let sources = sources();
    assert_none(&faults(&sources, |source| {
        let lines = source
            .code()
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        lines
            .filter(|line| line.contains(".unwrap()"))
            .map(str::to_owned)
            .collect()
    }));
}

#[test]
fn no_test_is_ignored() {
    let ignored = concat!("#[", "ignore");
    let mut paths = Vec::new();
    for folder in ["src", "tests"] {
        find(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
            &mut paths,
        );
    }
    paths.retain(|path| fs::read_to_string(path).unwrap().contains(ignored));
    assert!(paths.is_empty(), "{paths:?}");
}
