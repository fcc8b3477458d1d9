//! The diagnosis for people.

use std::fmt::Write as _;

use super::{Diagnosis, Status};
use crate::model::text::printable;

/// The diagnosis as text, ready to print.
pub fn text(diagnosis: &Diagnosis) -> String {
    let mut text = String::new();
    for check in &diagnosis.checks {
        let status = match check.status {
            Status::Ok => "ok",
            Status::Skipped => "skipped",
            Status::Warning => "warning",
            Status::Incomplete => "incomplete",
            Status::Failed => "failed",
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{status:<11}{:<13}{}",
            check.name,
            printable(&check.message)
        );
        for detail in &check.details {
            let _ = writeln!(text, "{:24}{}", "", printable(detail));
        }
        if let Some(remedy) = &check.remedy {
            let _ = writeln!(text, "{:24}-> {}", "", printable(remedy));
        }
    }
    text.push_str(match diagnosis.status() {
        Status::Failed => "\nA scan would not work.\n",
        Status::Incomplete => "\nA scan would have gaps.\n",
        Status::Ok | Status::Skipped | Status::Warning => "\nA scan can be started.\n",
    });
    text
}
