//! Holds the code against `docs/architecture.md`: who imports whom, how long files are, and what
//! may stand in them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// The rooms of `src` and what each may import. `room::module` allows that module alone. `lib.rs`,
/// `main.rs` and `command` put the rooms together and may import all of them.
const ROOMS: [(&str, &[&str]); 19] = [
    ("exit", &["config", "org::connect"]),
    ("runtime", &["aws", "exit"]),
    (
        "scan",
        &[
            "org", "collect", "usage", "store", "cost", "classify", "aws", "config", "model",
        ],
    ),
    ("cli", &["model"]),
    ("config", &["cli", "model"]),
    ("aws", &["config", "model"]),
    ("progress", &["model"]),
    ("model", &[]),
    ("org", &["aws", "config", "model"]),
    ("collect", &["org::session", "aws", "model"]),
    ("usage", &["org::session", "aws", "config", "model"]),
    ("store", &["model"]),
    ("classify", &["model"]),
    ("cost", &["model"]),
    ("recommend", &["cost", "classify", "model"]),
    ("report", &["model"]),
    ("diff", &["model"]),
    ("iac", &["model"]),
    (
        "logging",
        &[
            "org",
            "collect",
            "usage::destination",
            "cost",
            "config",
            "aws",
            "store",
            "model",
        ],
    ),
];
const UNBOUND: [&str; 3] = ["", "main", "command"];

const LONGEST_FILE: usize = 400;
const LONGEST_MEDIAN: usize = 150;

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
    /// What comes before the module of tests.
    fn code(&self) -> &str {
        if self.only_tests {
            return "";
        }
        self.text
            .split_once("\n#[cfg(test)]\n")
            .map_or(&self.text, |(code, _)| code)
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

/// Paths from the crate's root that the code names, by `crate::` or by enough of `super::`.
fn imports(source: &Source) -> Vec<Vec<String>> {
    let uncommented: Vec<&str> = source
        .code()
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let code = uncommented.join("\n");
    let climb = "super::".repeat(source.module.len());
    let starts: &[&str] = if climb.is_empty() {
        &["crate::"]
    } else {
        &["crate::", &climb]
    };
    let mut found = Vec::new();
    for start in starts {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].chars().next_back();
            if before.is_none_or(|it| !it.is_alphanumeric() && !"_$:".contains(it)) {
                tree(
                    &mut code[at + start.len()..].chars().peekable(),
                    &[],
                    &mut found,
                );
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
    let told = |source: &'s Source| {
        let path = source.path.display().to_string();
        judge(source)
            .into_iter()
            .map(move |fault| format!("{path}: {fault}"))
    };
    sources.iter().flat_map(told).collect()
}

#[track_caller]
fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn a_room_imports_only_the_rooms_it_may() {
    let rooms: BTreeMap<&str, &[&str]> = ROOMS.into_iter().collect();
    let sources = sources();
    assert_none(&faults(&sources, |source| {
        let room = source.room();
        if UNBOUND.contains(&room) {
            return Vec::new();
        }
        let Some(may) = rooms.get(room) else {
            return vec![format!("`{room}` is no room of the architecture")];
        };
        let wrong = imports(source).into_iter().filter(|path| {
            let whole = path.join("::");
            let within = |room: &str| whole == room || whole.starts_with(&format!("{room}::"));
            !within(room) && !may.iter().any(|room| within(room))
        });
        wrong
            .map(|path| format!("`{room}` may not import `{}`", path.join("::")))
            .collect()
    }));
}

#[test]
fn the_import_reader_sees_every_way_to_write_an_import() {
    let text = "//! use crate::comment;\nuse crate::a::b;\nuse crate::{c::{d, e as f}, g};\n\
                pub(crate) fn x(_: crate::h::I) {}\nuse super::super::{j, k::l};\nuse super::m;\n\
                \n#[cfg(test)]\nmod tests { use crate::n; }\n";
    let module = vec!["room".to_owned(), "file".to_owned()];
    let source = Source {
        path: PathBuf::new(),
        text: text.to_owned(),
        module,
        only_tests: false,
    };
    let found: Vec<String> = imports(&source)
        .iter()
        .map(|path| path.join("::"))
        .collect();
    assert_eq!(found, ["a::b", "c::d", "c::e", "g", "h::I", "j", "k::l"]);
}

#[test]
fn every_file_says_first_what_it_is_for() {
    let sources = sources();
    assert_none(&faults(&sources, |source| {
        let told = source.text.starts_with("//! ");
        if told {
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
