//! Messages and progress while a command runs: bars on a terminal, lines elsewhere; always on stderr.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsStr,
    io::{self, IsTerminal, Write},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::mpsc::UnboundedReceiver;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    Layer, filter::Targets, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt,
};

use crate::model::{
    coverage::{Cell, Outcome, Reason},
    event::Event,
    text::printable_lines,
};

/// Which messages are written, and in which format.
#[derive(Clone, Copy, Debug)]
pub struct Verbosity {
    /// JSON lines instead of text.
    pub json: bool,
    /// Warnings and errors only.
    pub quiet: bool,
    /// 1: more detail; 2: every finished step.
    pub verbose: u8,
}

/// Writes a warning to stderr, outside of any progress.
pub fn warn(text: &str, json: bool) {
    write("WARN", "warning", text, json);
}

/// Writes to stderr what was done.
pub fn note(text: &str, json: bool) {
    write("INFO", "note", text, json);
}

/// Writes an error to stderr: one JSON object in the format of the log lines, or text.
pub fn error(text: &str, json: bool) {
    write("ERROR", "error", text, json);
}

fn write(level: &str, word: &str, text: &str, json: bool) {
    let text = printable_lines(text);
    let line = if json {
        let line = serde_json::json!({
            "timestamp": jiff::Timestamp::now().to_string(),
            "level": level,
            "fields": { "message": text },
        });
        line.to_string()
    } else {
        format!("{word}: {text}")
    };
    // Nothing is left to do if stderr is gone.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Log lines go through the bar, so that neither breaks the other.
#[derive(Clone, Debug)]
struct Screen(ProgressBar);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

impl<'a> MakeWriter<'a> for Screen {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// What a terminal is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TerminalStyle {
    /// Whether a bar can be drawn.
    bar: bool,
    /// Whether lines may have colours.
    colours: bool,
}

impl TerminalStyle {
    /// No bar on what is no terminal or cannot move its cursor (`TERM=dumb`), and no colours where
    /// `NO_COLOR` is set (<https://no-color.org>).
    fn of(terminal: bool, term: Option<&OsStr>, no_color: Option<&OsStr>) -> Self {
        let bar = terminal && term.is_none_or(|term| term != "dumb");
        Self {
            bar,
            colours: bar && no_color.is_none_or(OsStr::is_empty),
        }
    }
}

/// Whether stdout is a terminal that shows colours, and nobody asked for none.
pub fn colours_on_stdout() -> bool {
    let variable = |name| env::var_os(name);
    let (term, no_color) = (variable("TERM"), variable("NO_COLOR"));
    let terminal = io::stdout().is_terminal();
    TerminalStyle::of(terminal, term.as_deref(), no_color.as_deref()).colours
}

/// A bar whose total is known, and the log lines beside it.
#[derive(Clone, Debug)]
pub struct Bar(ProgressBar);

impl Bar {
    /// Sets up logging and, on a terminal, a bar.
    pub fn start(verbosity: Verbosity) -> Self {
        let terminal = io::stderr().is_terminal() && !verbosity.json && !verbosity.quiet;
        let variable = |name| env::var_os(name);
        let look = TerminalStyle::of(
            terminal,
            variable("TERM").as_deref(),
            variable("NO_COLOR").as_deref(),
        );
        let bar = if look.bar {
            ProgressBar::no_length()
        } else {
            ProgressBar::hidden()
        };
        let style = ProgressStyle::with_template("{elapsed_precise} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        if look.bar {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        let level = match (verbosity.quiet, verbosity.verbose) {
            (true, _) => LevelFilter::WARN,
            // The bar shows it already.
            (false, 0) if look.bar => LevelFilter::WARN,
            (false, 0) => LevelFilter::INFO,
            (false, _) => LevelFilter::DEBUG,
        };
        // The SDK's own warnings repeat what the coverage shows.
        let filter = Targets::new().with_target("vpce_scout", level);
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(Screen(bar.clone()))
            .with_ansi(look.colours)
            .with_target(false);
        let lines = if verbosity.json {
            lines.json().boxed()
        } else {
            lines.boxed()
        };
        // A second scan in one process keeps the first one's subscriber.
        let _ = tracing_subscriber::registry()
            .with(lines.with_filter(filter))
            .try_init();
        Self(bar)
    }

    /// Begins a stage of so many steps.
    pub fn stage(&self, what: &'static str, steps: usize) {
        let style = "{elapsed_precise} {wide_bar} {pos}/{len} {prefix}{msg}";
        if let Ok(style) = ProgressStyle::with_template(style) {
            self.0.set_style(style);
        }
        self.0.set_length(steps as u64);
        self.0.set_position(0);
        self.0.set_prefix(what);
        self.0.set_message("");
    }

    /// A step of the stage is done.
    pub fn step(&self) {
        self.0.inc(1);
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// Failures of one kind that are logged one by one; what follows is in the coverage.
const FAILURES_LOGGED: usize = 10;

/// Shows the events of one scan.
#[derive(Debug)]
pub struct Progress {
    bar: Bar,
    verbose: u8,
    failures: BTreeMap<Option<Reason>, usize>,
    /// Regions of accounts that are done, of those known so far.
    regions: (usize, usize),
}

impl Progress {
    /// Sets up logging and, on a terminal, a bar.
    pub fn start(verbosity: Verbosity) -> Self {
        let bar = Bar::start(verbosity);
        bar.0.set_message("listing accounts");
        Self {
            bar,
            verbose: verbosity.verbose,
            failures: BTreeMap::new(),
            regions: (0, 0),
        }
    }

    /// Shows events until the scan is done.
    pub async fn show(mut self, mut events: UnboundedReceiver<Event>) {
        while let Some(event) = events.recv().await {
            self.event(&event);
        }
        self.bar.finish();
    }

    fn event(&mut self, event: &Event) {
        match event {
            Event::Accounts { known, selected } => {
                tracing::info!(known, selected, "accounts");
                self.bar.stage("accounts", *selected);
            }
            Event::Targets(targets) => {
                self.regions.1 += targets;
                self.show_regions();
            }
            Event::TargetDone(target) => {
                tracing::debug!(%target, "inventory done");
                self.regions.0 += 1;
                self.show_regions();
            }
            Event::LogGroups(groups) => {
                tracing::info!(groups, "reading logs");
                self.bar.stage("log groups", *groups);
            }
            Event::AccountDone | Event::LogGroupDone => self.bar.step(),
            Event::Cell(cell) => self.cell(cell),
            Event::Actions(actions) => {
                tracing::info!(actions, "making the calls of the plan");
                self.bar.stage("calls", *actions);
            }
            Event::ActionDone(action) => {
                tracing::debug!("{action}");
                self.bar.step();
            }
            Event::Waiting { count, seconds } => {
                tracing::info!(
                    "all calls are made; waiting up to {seconds} s to see {count} of them take \
                     effect (Ctrl-C ends the waiting only)"
                );
            }
            Event::Estimate(text) => tracing::info!("{text}"),
            Event::OverBudget(text) => tracing::warn!("{text}"),
            Event::Stopping => tracing::warn!("stopping; the reports will hold what was read"),
        }
    }

    fn show_regions(&self) {
        let (done, known) = self.regions;
        self.bar.0.set_message(format!(", {done}/{known} Regions"));
    }

    fn cell(&mut self, cell: &Cell) {
        let account = cell.account_id.as_ref().map(tracing::field::display);
        let region = cell.region.as_ref().map(tracing::field::display);
        let (step, reason) = (cell.step.name(), cell.reason.map(Reason::name));
        let why = cell.message.as_deref();
        if cell.outcome == Outcome::Failed && cell.reason != Some(Reason::Cancelled) {
            let count = self.failures.entry(cell.reason).or_default();
            *count += 1;
            if *count <= FAILURES_LOGGED {
                tracing::warn!(account, region, step, reason, why, "failed");
            }
            if *count == FAILURES_LOGGED {
                tracing::warn!(
                    reason,
                    "further failures of this kind are in coverage.csv only"
                );
            }
        } else if self.verbose > 1 {
            let outcome = cell.outcome.name();
            tracing::debug!(account, region, step, reason, why, "{outcome}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dumb_terminal_gets_no_bar_and_no_color_no_colours() {
        let look = |terminal, term: Option<&'static str>, no_color: Option<&'static str>| {
            let look = TerminalStyle::of(terminal, term.map(OsStr::new), no_color.map(OsStr::new));
            (look.bar, look.colours)
        };
        assert_eq!(look(true, Some("xterm"), None), (true, true));
        assert_eq!(look(true, Some("xterm"), Some("")), (true, true));
        assert_eq!(look(true, Some("xterm"), Some("1")), (true, false));
        assert_eq!(look(true, Some("dumb"), None), (false, false));
        assert_eq!(look(false, Some("xterm"), None), (false, false));
    }

    #[test]
    fn the_total_of_the_bar_is_the_number_of_accounts_and_then_of_log_groups() {
        let mut progress = Progress {
            bar: Bar(ProgressBar::hidden()),
            verbose: 0,
            failures: BTreeMap::new(),
            regions: (0, 0),
        };
        let place = |progress: &Progress| (progress.bar.0.position(), progress.bar.0.length());
        progress.event(&Event::Accounts {
            known: 50,
            selected: 40,
        });
        progress.event(&Event::Targets(17));
        progress.event(&Event::AccountDone);
        assert_eq!(place(&progress), (1, Some(40)));
        assert_eq!(progress.bar.0.message(), ", 0/17 Regions");
        progress.event(&Event::LogGroups(3));
        progress.event(&Event::LogGroupDone);
        assert_eq!(place(&progress), (1, Some(3)));
    }

    /// What is written to a terminal, without what moves its cursor.
    #[derive(Clone, Debug, Default)]
    struct Drawn(std::sync::Arc<std::sync::Mutex<String>>);

    impl indicatif::TermLike for Drawn {
        fn width(&self) -> u16 {
            100
        }

        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)
        }

        fn write_str(&self, text: &str) -> io::Result<()> {
            self.0.lock().unwrap().push_str(text);
            Ok(())
        }

        fn clear_line(&self) -> io::Result<()> {
            Ok(())
        }

        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_stage_is_drawn_with_its_name_its_place_and_its_total() {
        let drawn = Drawn::default();
        let target = indicatif::ProgressDrawTarget::term_like(Box::new(drawn.clone()));
        let bar = Bar(ProgressBar::with_draw_target(None, target));
        bar.stage("questions to the price list", 7);
        bar.step();
        bar.step();
        bar.0.force_draw();
        let text = drawn.0.lock().unwrap().clone();
        assert!(text.contains("2/7 questions to the price list"), "{text:?}");
        bar.stage("log groups", 3);
        bar.0.force_draw();
        let text = drawn.0.lock().unwrap().clone();
        assert!(text.contains("0/3 log groups"), "{text:?}");
        bar.finish();
        assert!(bar.0.is_finished());
    }
}
