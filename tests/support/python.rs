//! A Python with the packages of the local AWS, made on first use under `target/local-aws`.
//!
//! Owns finding a Python, the virtual environment and its lock; knows nothing of what runs in it.
//! The demo includes this file too, so it uses nothing but the standard library, and tells what
//! went wrong instead of panicking.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

/// The oldest Python that can run the local AWS.
const OLDEST: (u32, u32) = (3, 10);

/// Tried in this order; on macOS `python3` may be an old one beside a newer `python3.12`.
const NAMES: [&str; 7] = [
    "python3",
    "python3.14",
    "python3.13",
    "python3.12",
    "python3.11",
    "python3.10",
    "python",
];

/// Prints the version and the path of the interpreter itself, behind shims and links.
const WHO_ARE_YOU: &str =
    "import sys; print(*sys.version_info[:3], sep='.'); print(sys.executable)";

/// Where the Python sources of the local AWS and its `requirements.txt` are.
pub(crate) const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/aws");

/// An interpreter that finds the packages.
#[derive(Clone, Debug)]
pub(crate) struct Python {
    program: PathBuf,
    /// Where the packages are, if not in a virtual environment of the interpreter.
    packages: Option<PathBuf>,
    bytecode: PathBuf,
}

impl Python {
    /// Finds Python and makes its environment, unless an earlier run did.
    ///
    /// # Errors
    ///
    /// If there is no usable Python or the packages cannot be installed, with the remedy.
    pub(crate) fn ready() -> Result<Self, String> {
        let found = find()?;
        let requirements = Path::new(SOURCES).join("requirements.txt");
        let text =
            fs::read(&requirements).map_err(|e| format!("{}: {e}", requirements.display()))?;
        let root = target_directory().join("local-aws");
        fs::create_dir_all(&root).map_err(|e| format!("cannot make {}: {e}", root.display()))?;
        let key = fnv1a(&[
            text.as_slice(),
            found.version.as_bytes(),
            path_bytes(&found.program),
        ]);
        let home = root.join(format!("python-{key:016x}"));

        // Several test processes may come at once: the first makes it, the others wait.
        let lock = File::create(root.join("lock")).map_err(|e| format!("cannot lock: {e}"))?;
        lock.lock()
            .map_err(|e| format!("cannot lock {}: {e}", root.display()))?;
        if !home.join("finished").exists() {
            report(&format!(
                "making the Python environment of the local AWS in {}",
                home.display()
            ));
            make(&found, &home, &requirements)?;
            fs::write(home.join("finished"), "").map_err(|e| format!("{}: {e}", home.display()))?;
        }
        drop(lock);

        let packages = home.join("packages");
        let bytecode = root.join("bytecode");
        Ok(if packages.exists() {
            Self {
                program: found.program,
                packages: Some(packages),
                bytecode,
            }
        } else {
            Self {
                program: home.join("bin/python"),
                packages: None,
                bytecode,
            }
        })
    }

    /// A command that runs this Python in the folder of the local AWS, untouched by settings of
    /// the user's for Python, moto or AWS. Its bytecode stays out of the source tree.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        for (name, _) in env::vars_os() {
            let name = name.to_string_lossy();
            if ["PYTHON", "MOTO_", "AWS_"]
                .iter()
                .any(|prefix| name.starts_with(prefix))
            {
                command.env_remove(&*name);
            }
        }
        if let Some(packages) = &self.packages {
            command.env("PYTHONPATH", packages);
        }
        command
            .env("PYTHONPYCACHEPREFIX", &self.bytecode)
            .current_dir(SOURCES);
        command
    }
}

struct Found {
    program: PathBuf,
    version: String,
}

/// The interpreter of `PYTHON`, else the first on the path that is new enough.
fn find() -> Result<Found, String> {
    let wanted = env::var("PYTHON").ok().filter(|name| !name.is_empty());
    let names = wanted.as_deref().map_or(NAMES.to_vec(), |name| vec![name]);
    let mut seen = Vec::new();
    for name in names {
        let Ok(answer) = output(Command::new(name).args(["-c", WHO_ARE_YOU])) else {
            continue;
        };
        let Some((version, program)) = answer.trim().split_once('\n') else {
            continue;
        };
        if number(version).is_some_and(|it| it >= OLDEST) {
            return Ok(Found {
                program: program.into(),
                version: version.to_owned(),
            });
        }
        seen.push(format!("{name} is {version}"));
    }
    let (major, minor) = OLDEST;
    let seen = if seen.is_empty() {
        "none is on the path".to_owned()
    } else {
        seen.join(", ")
    };
    Err(format!(
        "the local AWS needs Python {major}.{minor} or later ({seen}): install it (`apt-get install \
         python3 python3-venv`, `brew install python3`), or set PYTHON to its path"
    ))
}

fn number(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

/// With `uv` where there is one, else with `venv` and `pip`, else, where Debian left `venv`
/// incomplete, with `pip` alone.
fn make(python: &Found, home: &Path, requirements: &Path) -> Result<(), String> {
    if home.exists() {
        fs::remove_dir_all(home).map_err(|e| format!("cannot clear {}: {e}", home.display()))?;
    }
    let run = |program: &Path, arguments: &[&Path]| output(Command::new(program).args(arguments));
    let p = Path::new;
    if run(p("uv"), &[p("--version")]).is_ok() {
        run(
            p("uv"),
            &[
                p("venv"),
                p("--quiet"),
                p("--python"),
                &python.program,
                home,
            ],
        )?;
        let pip = [p("pip"), p("install"), p("--quiet"), p("--python"), home];
        let what = [p("--require-hashes"), p("--requirement"), requirements];
        return run(p("uv"), &[&pip[..], &what].concat()).map(drop);
    }
    let install = [
        p("-m"),
        p("pip"),
        p("install"),
        p("--quiet"),
        p("--disable-pip-version-check"),
        p("--require-hashes"),
        p("--requirement"),
        requirements,
    ];
    let Err(no_venv) = run(&python.program, &[p("-m"), p("venv"), home]) else {
        return run(&home.join("bin/python"), &install).map(drop);
    };
    fs::remove_dir_all(home).ok();
    if let Err(no_pip) = run(&python.program, &[p("-m"), p("pip"), p("--version")]) {
        return Err(format!(
            "{} can make no virtual environment and has no pip: install them (`apt-get install \
             python3-venv`), or uv\n{no_venv}\n{no_pip}",
            python.program.display()
        ));
    }
    let packages = home.join("packages");
    run(
        &python.program,
        &[&install[..], &[p("--target"), &packages]].concat(),
    )
    .map(drop)
}

/// What a command printed; an error with all its output if it failed.
fn output(command: &mut Command) -> Result<String, String> {
    let done = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    let out = String::from_utf8_lossy(&done.stdout);
    if done.status.success() {
        return Ok(out.into_owned());
    }
    let err = String::from_utf8_lossy(&done.stderr);
    Err(format!("{command:?} failed ({}):\n{out}{err}", done.status))
}

/// Cargo's, where it was moved; it need not be the one that holds this binary.
fn target_directory() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

fn path_bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

/// FNV-1a, 64 bits: stable over releases of Rust, which `DefaultHasher` does not promise to be.
fn fnv1a(parts: &[&[u8]]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    for byte in parts.iter().flat_map(|part| part.iter().chain(&[0])) {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

#[expect(
    clippy::print_stderr,
    reason = "the first start takes long enough to be wondered at"
)]
fn report(what: &str) {
    eprintln!("{what}");
}
