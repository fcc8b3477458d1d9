//! The charts of the sheet `Summary`: one a ranking, beside its lines.

use rust_xlsxwriter::{
    Chart, ChartAxisLabelPosition, ChartFont, ChartFormat, ChartLegendPosition, ChartLine,
    ChartSolidFill, ChartType, Color, Worksheet, XlsxError,
};

use super::{Figures, Layout, Line, NAME, Ranking};

/// The column at which charts begin.
const CHARTS: u16 = 4;
/// The colour of bars.
const BAR: Color = Color::RGB(0x2F_6F_AB);
/// The colour of the lines behind them.
const GRID: Color = Color::RGB(0xD9_D9_D9);

impl Layout {
    /// One chart a ranking that has anything, one below the other.
    pub(super) fn charts(&self, sheet: &mut Worksheet, figures: &Figures) -> Result<(), XlsxError> {
        let mut top = 3;
        for ranking in [
            Ranking::ServicesByQueries,
            Ranking::ServicesByBytes,
            Ranking::Gateways,
        ] {
            let count = u32::try_from(ranking.rows(figures).len()).unwrap_or_default();
            let first = self.row(|line| matches!(line, Line::Ranked(its, 0) if *its == ranking));
            let (Some(first), true) = (first, count > 0) else {
                continue;
            };
            let last = first + count - 1;
            let mut chart = Chart::new(ChartType::Bar);
            chart
                .add_series()
                .set_categories((NAME, first, 0, last, 0))
                .set_values((NAME, first, 1, last, 1))
                .set_format(ChartFormat::new().set_solid_fill(ChartSolidFill::new().set_color(BAR)))
                .set_gap(40);
            chart.title().set_name(ranking.title());
            chart
                .legend()
                .set_position(ChartLegendPosition::Bottom)
                .set_hidden();
            // Of bars, the library's y axis is that of the names: the largest stands at the top, and the figures
            // below all of them.
            let names = chart.y_axis().set_reverse();
            names
                .set_major_gridlines(false)
                .set_label_interval(1)
                .set_font(ChartFont::new().set_size(8));
            let figures = chart.x_axis().set_num_format(ranking.axis());
            figures
                .set_major_gridlines(true)
                .set_major_gridlines_line(ChartLine::new().set_color(GRID))
                .set_label_position(ChartAxisLabelPosition::High);
            chart.set_width(620).set_height(336);
            chart.set_alt_text(ranking.title());
            sheet.insert_chart(top, CHARTS, &chart)?;
            top += 17;
        }
        Ok(())
    }
}
