//! LibreOffice without a window: opens a workbook, calculates every formula anew, and writes it again.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use super::{script::Script, tools::tool};

/// What the program is called.
const NAMES: [&str; 2] = ["soffice", "libreoffice"];

/// Settings of a profile of its own: formulas are calculated anew on loading, whoever wrote the file.
const SETTINGS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"#;

/// Types numbers into cells: `sheet cell number` in threes.
const CHANGE: &str = r#"
import re, sys, zipfile
source, target, *changes = sys.argv[1:]
old = zipfile.ZipFile(source)
names = re.findall(r'<sheet name="([^"]+)"', old.read('xl/workbook.xml').decode())
parts = {name: old.read(name) for name in old.namelist()}
for sheet, cell, number in zip(*[iter(changes)] * 3):
    part = f'xl/worksheets/sheet{names.index(sheet) + 1}.xml'
    pattern = rf'(<c r="{cell}"[^>]*>)(?:<f>[^<]*</f>)?<v>[^<]*</v>'
    text, found = re.subn(pattern, rf'\g<1><v>{number}</v>', parts[part].decode())
    assert found == 1, (sheet, cell)
    parts[part] = text.encode()
with zipfile.ZipFile(target, 'w', zipfile.ZIP_DEFLATED) as new:
    for name, content in parts.items():
        new.writestr(name, content)
"#;

/// LibreOffice, and a directory for its profile and files.
#[derive(Debug)]
pub(crate) struct Office {
    program: String,
    dir: TempDir,
}

impl Office {
    /// Finds it.
    ///
    /// # Panics
    ///
    /// If there is none, with the remedy: a test that needs it is not skipped.
    pub(crate) fn ready() -> Self {
        let program = tool("libreoffice", &NAMES);
        let dir = tempfile::tempdir().expect("a temporary directory");
        fs::create_dir_all(dir.path().join("profile/user")).unwrap();
        let settings = dir.path().join("profile/user/registrymodifications.xcu");
        fs::write(settings, SETTINGS).unwrap();
        Self { program, dir }
    }

    /// The workbook after numbers were typed into cells (sheet, cell, number) and every formula was
    /// calculated anew.
    pub(crate) fn calculated(&self, workbook: &Path, changes: &[(&str, &str, &str)]) -> PathBuf {
        let copy = self.dir.path().join("copy.xlsx");
        let numbers = changes
            .iter()
            .flat_map(|(sheet, cell, number)| [sheet, cell, number]);
        let script = Script::new(CHANGE).arg(workbook).arg(&copy).args(numbers);
        let typed = script.run();
        assert!(typed.success, "{}", typed.stderr);
        let out = self.dir.path().join("out");
        let profile = self.dir.path().join("profile");
        let done = Command::new(&self.program)
            .arg(format!(
                "-env:UserInstallation=file://{}",
                profile.display()
            ))
            .args(["--headless", "--convert-to", "xlsx", "--outdir"])
            .arg(&out)
            .arg(&copy)
            .output()
            .expect("LibreOffice starts");
        let converted = out.join("copy.xlsx");
        assert!(converted.is_file(), "{done:?}");
        converted
    }
}
