//! The report's charts, drawn with plotters into SVG that goes inline into the page.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Plotters has many error types; a chart that cannot be drawn is a bug of the report, and says so.
type Drawing<T> = Result<T, Box<dyn std::error::Error>>;
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

const INK: RGBColor = RGBColor(0x26, 0x2b, 0x33);
const FAINT: RGBColor = RGBColor(0xd9, 0xdd, 0xe3);
const GREY: RGBColor = RGBColor(0x8a, 0x93, 0xa0);
const BLUE: RGBColor = RGBColor(0x1f, 0x5f, 0xa8);
const ORANGE: RGBColor = RGBColor(0xd9, 0x7a, 0x1a);
const FONT: &str = "sans-serif";

fn text(size: u32, colour: RGBColor) -> TextStyle<'static> {
    (FONT, size).into_font().color(&colour)
}

fn anchored(size: u32, colour: RGBColor, h: HPos, v: VPos) -> TextStyle<'static> {
    text(size, colour).pos(Pos::new(h, v))
}

/// Draws into a string of SVG. The closure gets a white sheet of that size.
fn sheet(size: (u32, u32), draw: impl FnOnce(&Area<'_>) -> Drawing<()>) -> Drawing<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        draw(&area)?;
        area.present()?;
    }
    // The page decides the width; the viewBox keeps the proportions.
    Ok(svg.replacen(&format!("width=\"{}\" height=\"{}\" ", size.0, size.1), "", 1))
}

/// One cell of the map of recency against frequency.
#[derive(Clone, Debug)]
pub(crate) struct MapCell {
    /// Recency score, 1 to 5.
    pub(crate) r: u8,
    /// Frequency score, 1 to 5.
    pub(crate) f: u8,
    /// Customers in the cell.
    pub(crate) customers: usize,
    /// Name of the segment that most of them have.
    pub(crate) segment: String,
}

/// Customers by recency score (across) and frequency score (up); the darker, the more customers.
pub(crate) fn segment_map(cells: &[MapCell], x_title: &str, y_title: &str) -> Drawing<String> {
    let (left, top, w, h) = (56, 12, 124, 62);
    let most = cells.iter().map(|c| c.customers).max().unwrap_or(1).max(1);
    sheet((700, 386), |area| {
        for cell in cells {
            let x = left + i32::from(cell.r - 1) * w;
            let y = top + i32::from(5 - cell.f) * h;
            let share = (cell.customers as f64 / most as f64).sqrt();
            let colour = BLUE.mix(0.06 + 0.84 * share);
            area.draw(&Rectangle::new([(x, y), (x + w - 4, y + h - 4)], colour.filled()))?;
            let ink = if share > 0.5 { WHITE } else { INK };
            let middle = x + w / 2 - 2;
            let name = anchored(12, ink, HPos::Center, VPos::Center);
            area.draw(&Text::new(cell.segment.clone(), (middle, y + 20), name))?;
            let count = anchored(16, ink, HPos::Center, VPos::Center);
            area.draw(&Text::new(thousands(cell.customers), (middle, y + 40), count))?;
        }
        for score in 1..=5 {
            let tick = anchored(13, GREY, HPos::Center, VPos::Center);
            let x = left + (score - 1) * w + w / 2 - 2;
            area.draw(&Text::new(score.to_string(), (x, top + 5 * h + 8), tick.clone()))?;
            area.draw(&Text::new(score.to_string(), (left - 14, top + (5 - score) * h + h / 2 - 2), tick))?;
        }
        let title = anchored(13, INK, HPos::Center, VPos::Center);
        area.draw(&Text::new(x_title.to_owned(), (left + 5 * w / 2, top + 5 * h + 30), title))?;
        let upright = anchored(13, INK, HPos::Center, VPos::Center).transform(FontTransform::Rotate270);
        area.draw(&Text::new(y_title.to_owned(), (14, top + 5 * h / 2), upright))?;
        Ok(())
    })
}

/// A pair of bars for each name: share of customers and share of revenue.
pub(crate) fn paired_bars(rows: &[(String, f64, f64)], first: &str, second: &str) -> Drawing<String> {
    let (left, bar, gap) = (170, 11, 34);
    let height = 40 + gap * i32::try_from(rows.len())?;
    let most = rows.iter().map(|r| r.1.max(r.2)).fold(0.01, f64::max);
    sheet((700, height.unsigned_abs()), |area| {
        #[expect(clippy::cast_possible_truncation, reason = "pixels")]
        let length = |share: f64| (share.max(0.0) / most * 440.0).round() as i32;
        for (x, colour, label) in [(left, GREY, first), (left + 240, BLUE, second)] {
            area.draw(&Rectangle::new([(x, 8), (x + 11, 19)], colour.filled()))?;
            area.draw(&Text::new(
                label.to_owned(),
                (x + 18, 13),
                anchored(13, INK, HPos::Left, VPos::Center),
            ))?;
        }
        for (i, (name, a, b)) in (0..).zip(rows) {
            let y = 34 + i * gap;
            let style = anchored(13, INK, HPos::Right, VPos::Center);
            area.draw(&Text::new(name.clone(), (left - 10, y + bar), style))?;
            for (y, share, colour) in [(y, a, GREY), (y + bar + 1, b, BLUE)] {
                area.draw(&Rectangle::new(
                    [(left, y), (left + length(*share).max(1), y + bar)],
                    colour.filled(),
                ))?;
                let value = anchored(12, INK, HPos::Left, VPos::Center);
                let at = (left + length(*share) + 6, y + bar / 2);
                area.draw(&Text::new(format!("{:.1}%", share * 100.0), at, value))?;
            }
        }
        Ok(())
    })
}

/// Predicted against observed share in groups of equal size, with the diagonal of a perfect forecast.
pub(crate) fn calibration(
    groups: &[(f64, f64)],
    x_title: &str,
    y_title: &str,
    ideal: &str,
) -> Drawing<String> {
    sheet((560, 420), |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(12)
            .x_label_area_size(44)
            .y_label_area_size(56)
            .build_cartesian_2d(0.0..1.0, 0.0..1.0)?;
        mesh(&mut chart, x_title, y_title, &|v| format!("{:.0}%", v * 100.0), &|v| {
            format!("{:.0}%", v * 100.0)
        })?;
        chart.draw_series(LineSeries::new([(0.0, 0.0), (1.0, 1.0)], GREY.stroke_width(1)))?;
        let label = anchored(12, GREY, HPos::Right, VPos::Bottom);
        chart.draw_series([Text::new(ideal.to_owned(), (0.93, 0.95), label)])?;
        chart.draw_series(LineSeries::new(groups.iter().copied(), BLUE.stroke_width(2)))?;
        chart.draw_series(groups.iter().map(|p| Circle::new(*p, 4, BLUE.filled())))?;
        Ok(())
    })
}

/// Two curves over weeks, and the week in which the forecast begins.
pub(crate) fn tracking(
    actual: &[f64],
    expected: &[f64],
    forecast_from: usize,
    labels: [&str; 5],
) -> Drawing<String> {
    let weeks = actual.len().max(expected.len()).max(2);
    let top = actual.iter().chain(expected).copied().fold(1.0, f64::max) * 1.08;
    let [x_title, y_title, actual_label, expected_label, split_label] = labels;
    sheet((700, 380), |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(12)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d(0.0..(weeks - 1) as f64, 0.0..top)?;
        mesh(&mut chart, x_title, y_title, &|v| format!("{v:.0}"), &|v| grouped(*v))?;
        let points =
            |values: &[f64]| values.iter().enumerate().map(|(i, v)| (i as f64, *v)).collect::<Vec<_>>();
        let cut = forecast_from as f64;
        chart.draw_series(LineSeries::new([(cut, 0.0), (cut, top)], GREY.stroke_width(1)))?;
        let label = anchored(12, GREY, HPos::Left, VPos::Top);
        chart.draw_series([Text::new(format!(" {split_label}"), (cut, top * 0.995), label)])?;
        chart
            .draw_series(LineSeries::new(points(expected), ORANGE.stroke_width(2)))?
            .label(expected_label)
            .legend(|(x, y)| PathElement::new([(x, y), (x + 18, y)], ORANGE.stroke_width(2)));
        chart
            .draw_series(LineSeries::new(points(actual), BLUE.stroke_width(2)))?
            .label(actual_label)
            .legend(|(x, y)| PathElement::new([(x, y), (x + 18, y)], BLUE.stroke_width(2)));
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::LowerRight)
            .border_style(FAINT)
            .background_style(WHITE)
            .label_font(text(13, INK))
            .draw()?;
        Ok(())
    })
}

/// Counts of customers in bins of value; `labels` name the bins.
pub(crate) fn histogram(bins: &[(String, usize)], x_title: &str, y_title: &str) -> Drawing<String> {
    let most = bins.iter().map(|b| b.1).max().unwrap_or(1).max(1);
    let n = i32::try_from(bins.len())?.max(1);
    let (left, top, width, height) = (70, 14, 610, 270);
    sheet((700, 350), |area| {
        let step = width / n;
        for (i, (label, count)) in (0..).zip(bins) {
            #[expect(clippy::cast_possible_truncation, reason = "pixels")]
            let h = (*count as f64 / most as f64 * f64::from(height - 20)).round() as i32;
            let x = left + i * step;
            let floor = top + height;
            area.draw(&Rectangle::new([(x, floor - h), (x + step - 3, floor)], BLUE.filled()))?;
            let value = anchored(11, INK, HPos::Center, VPos::Bottom);
            area.draw(&Text::new(thousands(*count), (x + step / 2, floor - h - 3), value))?;
            let tick = anchored(11, GREY, HPos::Center, VPos::Top);
            area.draw(&Text::new(label.clone(), (x + step / 2, floor + 6), tick))?;
        }
        area.draw(&PathElement::new(
            [(left, top + height), (left + width, top + height)],
            GREY.stroke_width(1),
        ))?;
        let title = anchored(13, INK, HPos::Center, VPos::Center);
        area.draw(&Text::new(x_title.to_owned(), (left + width / 2, top + height + 40), title))?;
        let upright = anchored(13, INK, HPos::Center, VPos::Center).transform(FontTransform::Rotate270);
        area.draw(&Text::new(y_title.to_owned(), (20, top + height / 2), upright))?;
        Ok(())
    })
}

type Chart<'a, 'b> = ChartContext<
    'a,
    SVGBackend<'b>,
    Cartesian2d<plotters::coord::types::RangedCoordf64, plotters::coord::types::RangedCoordf64>,
>;

fn mesh(
    chart: &mut Chart<'_, '_>,
    x_title: &str,
    y_title: &str,
    x_format: &dyn Fn(&f64) -> String,
    y_format: &dyn Fn(&f64) -> String,
) -> Drawing<()> {
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(FAINT)
        .axis_style(GREY)
        .x_desc(x_title)
        .y_desc(y_title)
        .axis_desc_style(text(13, INK))
        .label_style(text(12, GREY))
        .x_label_formatter(x_format)
        .y_label_formatter(y_format)
        .draw()?;
    Ok(())
}

/// 12345 as 12,345.
pub(crate) fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

fn grouped(value: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an axis label above zero")]
    thousands(value.max(0.0).round() as usize)
}
