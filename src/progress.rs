//! What is told while a scan runs: bars on a terminal, lines elsewhere; always on stderr.

use std::{
    collections::BTreeMap,
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
};

/// How much is told, and in which shape.
#[derive(Clone, Copy, Debug)]
pub struct Telling {
    /// JSON lines instead of text.
    pub json: bool,
    /// Warnings and errors only.
    pub quiet: bool,
    /// 1: more; 2: every cell.
    pub verbose: u8,
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

/// Failures of one kind that are told one by one; what follows is in the coverage.
const FAILURES_TOLD: usize = 10;

/// Tells the events of one scan.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    verbose: u8,
    failures: BTreeMap<Option<Reason>, usize>,
}

impl Progress {
    /// Sets up logging and, on a terminal, a bar.
    pub fn start(telling: Telling) -> Self {
        let drawn = io::stderr().is_terminal() && !telling.json && !telling.quiet;
        let bar = if drawn {
            ProgressBar::no_length()
        } else {
            ProgressBar::hidden()
        };
        let style = ProgressStyle::with_template("{elapsed_precise} {wide_bar} {pos}/{len} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        if drawn {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        let level = match (telling.quiet, telling.verbose) {
            (true, _) => LevelFilter::WARN,
            // The bar says it already.
            (false, 0) if drawn => LevelFilter::WARN,
            (false, 0) => LevelFilter::INFO,
            (false, _) => LevelFilter::DEBUG,
        };
        // The SDK's own warnings repeat what the coverage says.
        let filter = Targets::new().with_target("vpce_scout", level);
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(Screen(bar.clone()))
            .with_ansi(drawn)
            .with_target(false);
        let lines = if telling.json {
            lines.json().boxed()
        } else {
            lines.boxed()
        };
        // A second scan in one process keeps the first one's subscriber.
        let _ = tracing_subscriber::registry()
            .with(lines.with_filter(filter))
            .try_init();
        Self {
            bar,
            verbose: telling.verbose,
            failures: BTreeMap::new(),
        }
    }

    /// Tells events until the scan is done.
    pub async fn tell(mut self, mut events: UnboundedReceiver<Event>) {
        while let Some(event) = events.recv().await {
            self.one(&event);
        }
        self.bar.finish_and_clear();
    }

    fn one(&mut self, event: &Event) {
        match event {
            Event::Accounts { known, selected } => {
                tracing::info!(known, selected, "accounts");
                self.bar.set_message("regions");
            }
            Event::Targets(targets) => self.bar.inc_length(*targets as u64),
            Event::TargetDone(target) => {
                tracing::debug!(%target, "inventory done");
                self.bar.inc(1);
            }
            Event::LogGroups(groups) => {
                tracing::info!(groups, "reading query logs");
                self.bar.set_length(*groups as u64);
                self.bar.set_position(0);
                self.bar.set_message("log groups");
            }
            Event::LogGroupDone => self.bar.inc(1),
            Event::Cell(cell) => self.cell(cell),
            Event::Estimate(told) => tracing::info!("{told}"),
            Event::OverBudget(told) => tracing::warn!("{told}"),
            Event::Stopping => tracing::warn!("stopping; what is there will be written"),
        }
    }

    fn cell(&mut self, cell: &Cell) {
        let account = cell.account_id.as_ref().map(tracing::field::display);
        let region = cell.region.as_ref().map(tracing::field::display);
        let (step, reason) = (cell.step.name(), cell.reason.map(Reason::name));
        let why = cell.message.as_deref();
        if cell.outcome == Outcome::Failed && cell.reason != Some(Reason::Cancelled) {
            let told = self.failures.entry(cell.reason).or_default();
            *told += 1;
            if *told <= FAILURES_TOLD {
                tracing::warn!(account, region, step, reason, why, "failed");
            }
            if *told == FAILURES_TOLD {
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
