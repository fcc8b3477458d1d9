//! `report.html`: one page with the tables as JSON in it, and the scripts and styles that show them.
//!
//! The frame is static. Everything from outside is JSON that no browser runs, in which `<` is escaped,
//! and the scripts put it into the page as text: nothing can become markup. The content security policy
//! lets run what is in this directory and nothing else.

mod data;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use super::{figures::Figures, reader::ReportReader};

/// The frame; `{{...}}` marks what is put in.
const FRAME: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
/// The scripts, in their order: each uses what those before it define.
const SCRIPTS: [&str; 7] = [
    include_str!("format.js"),
    include_str!("data.js"),
    include_str!("table.js"),
    include_str!("charts.js"),
    include_str!("sankey.js"),
    include_str!("actions.js"),
    include_str!("main.js"),
];

/// Writes the page.
///
/// # Errors
///
/// If a table cannot be read, or `out` cannot be written.
pub(super) fn write(
    report: &ReportReader,
    figures: &Figures,
    out: &mut dyn Write,
) -> io::Result<()> {
    let script = script();
    for (at, part) in FRAME.split("{{").enumerate() {
        if at == 0 {
            out.write_all(part.as_bytes())?;
            continue;
        }
        let (name, text) = part.split_once("}}").unwrap_or((part, ""));
        match name {
            "policy" => out.write_all(policy(&script).as_bytes())?,
            "style" => out.write_all(STYLE.as_bytes())?,
            "script" => out.write_all(script.as_bytes())?,
            "data" => data::write(report, figures, out)?,
            other => return Err(io::Error::other(format!("the page has no part `{other}`"))),
        }
        out.write_all(text.as_bytes())?;
    }
    Ok(())
}

/// All scripts as one, whose names stay within it.
fn script() -> String {
    format!(
        "\"use strict\";\n(() => {{\n{}\n}})();\n",
        SCRIPTS.join("\n")
    )
}

/// The content security policy: no request, no script and no style but those of the page.
fn policy(script: &str) -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(script),
        hash(STYLE)
    )
}
