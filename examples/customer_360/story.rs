//! What the findings say, in the words of a shop owner.

use regulars::data::Identity;
use regulars::types::{Amount, Expected, Language};

use crate::Findings;
use crate::charts::{self, MapCell, thousands};
use crate::common::Lang;
use crate::report::{self, Section};

/// One named segment: how many customers, how much of the revenue.
pub(crate) struct SegmentLine {
    pub(crate) name: String,
    pub(crate) name_zh: String,
    pub(crate) customers: usize,
    /// Major units of the currency.
    pub(crate) revenue: f64,
    /// Share of the revenue.
    pub(crate) share: f64,
}

/// The named segments, the one with most revenue first.
pub(crate) fn segments(findings: &Findings) -> Vec<SegmentLine> {
    let Some((map, _)) = findings.table.rfm_segments() else { return Vec::new() };
    let per_major = findings.table.currency().minor_per_major() as f64;
    let mut lines: Vec<SegmentLine> = map
        .segments()
        .iter()
        .map(|s| SegmentLine {
            name: s.name(Language::English).to_owned(),
            name_zh: s.name(Language::Chinese).to_owned(),
            customers: 0,
            revenue: 0.0,
            share: 0.0,
        })
        .collect();
    for row in findings.table.rows() {
        let name = row.rfm_segment.map(|s| s.name(Language::English));
        if let Some(line) = lines.iter_mut().find(|l| Some(l.name.as_str()) == name) {
            line.customers += 1;
            line.revenue += row.spend.unwrap_or_default().in_minor() as f64 / per_major;
        }
    }
    let total: f64 = lines.iter().map(|l| l.revenue).sum();
    for line in &mut lines {
        line.share = if total > 0.0 { line.revenue / total } else { 0.0 };
    }
    lines.sort_by(|a, b| b.revenue.total_cmp(&a.revenue).then(b.customers.cmp(&a.customers)));
    lines
}

fn revenue(findings: &Findings) -> Option<Amount> {
    Amount::total(findings.table.purchases().spend()?.iter().copied()).ok()
}

/// 1234.5 as `£1,234` in the report's manner: code, then whole units.
fn money(findings: &Findings, major: f64) -> String {
    let sign = if major < 0.0 { "-" } else { "" };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a sum of money for people to read"
    )]
    let whole = thousands(major.abs().round() as usize);
    format!("{} {sign}{whole}", findings.table.currency())
}

fn major(findings: &Findings, value: Expected) -> f64 {
    findings.table.currency().to_major(value)
}

/// The numbers that head the report.
pub(crate) fn facts(findings: &Findings, lang: Lang) -> Vec<(String, String)> {
    let table = &findings.table;
    let intake = findings.ledger.intake();
    let mut facts = vec![(lang.pick("customers", "客户").to_owned(), thousands(table.len()))];
    if let Some(total) = revenue(findings) {
        let value = total.in_minor() as f64 / table.currency().minor_per_major() as f64;
        facts.push((lang.pick("revenue so far", "累计收入").to_owned(), money(findings, value)));
    }
    let again = table.purchases().occasions().iter().filter(|n| **n > 1).count();
    let share = 100.0 * again as f64 / table.len().max(1) as f64;
    facts.push((lang.pick("came back at least once", "有复购").to_owned(), format!("{share:.0} %")));
    if let Some(total) = table.total_value() {
        let days = table.horizon().in_days();
        let name = lang.pick(format!("expected from them in {days} days"), format!("未来{days}天预期价值"));
        facts.push((name, money(findings, major(findings, total))));
    }
    if let Some(churn) = table.churn() {
        let expected: f64 = churn.values().iter().map(|p| p.get()).sum();
        let share = 100.0 * expected / churn.len().max(1) as f64;
        let days = table.horizon().in_days();
        let name = lang.pick(format!("likely silent for {days} days"), format!("预计{days}天内不再购买"));
        facts.push((name, format!("{share:.0} %")));
    }
    #[expect(clippy::cast_possible_truncation, reason = "rows in memory")]
    facts.push((lang.pick("rows read", "读取行数").to_owned(), thousands(intake.rows_read as usize)));
    facts
}

/// Since when it was known who is who.
pub(crate) fn identity(findings: &Findings) -> &'static str {
    match findings.trial().map(|trial| trial.identity) {
        None => "not tried",
        Some(Identity::AsRecorded) => "as recorded",
        Some(Identity::KnownBy(_)) => "known by then",
        Some(Identity::Hindsight) => "hindsight",
    }
}

/// One sentence on each model's quality, from the back-test.
pub(crate) fn quality(findings: &Findings, lang: Lang) -> Vec<String> {
    let left_out = findings.left_out().into_iter();
    let left_out = left_out.map(|l| lang.pick(format!("Left out: {l}"), format!("未能运行：{l}")));
    let Some(backtest) = findings.trial() else { return left_out.collect() };
    let cut = backtest.as_of;
    let days = backtest.horizon.in_days();
    let mut lines = vec![lang.pick(
        format!("Tried on the past: every model fitted as of {cut}, held against the {days} days after it."),
        format!("回测：以{cut}为截止日训练所有模型，与其后{days}天的真实情况对比。"),
    )];
    if let Some(c) = &backtest.churn {
        lines.push(lang.pick(
            format!(
                "Churn: AUC {:.3}, Brier {:.3}, lift in the riskiest tenth {:.2}, calibration error {:.3} ({:.0} % did not come back).",
                c.auc, c.brier, c.lift_at_10, c.calibration_error, 100.0 * c.churn_rate
            ),
            format!(
                "流失：AUC {:.3}，Brier {:.3}，最高风险10%的提升度 {:.2}，校准误差 {:.3}（实际{:.0} %未再购买）。",
                c.auc, c.brier, c.lift_at_10, c.calibration_error, 100.0 * c.churn_rate
            ),
        ));
    }
    if let (Some(f), Some(model)) = (&backtest.ltv, findings.pipeline.ltv()) {
        let (mae, rmse) = (f.model.mae.value, f.model.rmse.value);
        let bias = f.model.bias.map_or_else(|| "-".to_owned(), |b| format!("{:+.1} %", 100.0 * b.value));
        lines.push(lang.pick(
            format!(
                "Purchases ({}): {:.0} expected, {:.0} happened ({bias}); error per customer {:.3} mean, {:.3} root mean square.",
                model.process().model(), f.predicted, f.actual, mae, rmse
            ),
            format!(
                "购买次数（{}）：预测{:.0}，实际{:.0}（{bias}）；每位客户平均绝对误差{:.3}，均方根误差{:.3}。",
                model.process().model(), f.predicted, f.actual, mae, rmse
            ),
        ));
    }
    if let Some(r) = &backtest.recommend {
        lines.push(lang.pick(
            format!(
                "Next items: of what {} returning customers bought next, ten suggestions held {:.1} % (NDCG {:.3}); {:.0} % of the lists had a hit.",
                thousands(usize::try_from(r.lists).unwrap_or(0)), 100.0 * r.recall, r.ndcg, 100.0 * r.hit_rate
            ),
            format!(
                "下次购买：{}位回购客户的下一篮商品中，10个推荐覆盖{:.1} %（NDCG {:.3}）；{:.0} %的清单至少命中一件。",
                thousands(usize::try_from(r.lists).unwrap_or(0)), 100.0 * r.recall, r.ndcg, 100.0 * r.hit_rate
            ),
        ));
    }
    if backtest.identity == Identity::Hindsight {
        lines.push(
            lang.pick(
                "The people of this trial are those known today: records written after the cut helped to join accounts.",
                "本次回测按今天已知的身份合并客户：截止日之后的记录也参与了账户合并。",
            )
            .to_owned(),
        );
    }
    lines.extend(left_out);
    lines
}

/// The whole report.
pub(crate) fn html(findings: &Findings, lang: Lang) -> Result<String, Box<dyn std::error::Error>> {
    let (first, last) = findings.ledger.covers();
    let as_of = findings.table.as_of();
    let title = lang.pick("Your customers", "客户全景报告");
    let subtitle = lang.pick(
        format!("Orders from {first} to {last}, seen as of {as_of}."),
        format!("订单日期 {first} 至 {last}，截至 {as_of}。"),
    );
    let mut sections = Vec::new();
    sections.extend(map_section(findings, lang)?);
    sections.extend(revenue_section(findings, lang)?);
    sections.extend(churn_section(findings, lang)?);
    sections.extend(tracking_section(findings, lang)?);
    sections.extend(value_section(findings, lang)?);
    sections.extend(callers_section(findings, lang));
    sections.push(Section {
        title: lang.pick("How far to trust this", "这些结果有多可靠").to_owned(),
        sentence: lang
            .pick(
                "The models were fitted on the past only and compared with what happened afterwards.",
                "所有模型仅用过去的数据训练，再与之后真实发生的情况比较。",
            )
            .to_owned(),
        body: report::list(&quality(findings, lang)),
    });
    sections.push(intake_section(findings, lang));
    Ok(report::page(lang, title, &subtitle, &facts(findings, lang), &sections))
}

type Sections = Result<Option<Section>, Box<dyn std::error::Error>>;

fn map_section(findings: &Findings, lang: Lang) -> Sections {
    let Some(rfm) = findings.table.rfm() else { return Ok(None) };
    let mut cells = Vec::new();
    for r in 1..=5 {
        for f in 1..=5 {
            let mut names: Vec<&str> = Vec::new();
            for row in findings.table.rows() {
                let Some(score) = row.rfm else { continue };
                if (score.r, score.f) == (r, f) {
                    names.push(row.rfm_segment.map_or("", |s| s.name(lang.language())));
                }
            }
            names.sort_unstable();
            let commonest = names.chunk_by(|a, b| a == b).max_by_key(|same| same.len());
            let segment = commonest.map_or(String::new(), |same| same[0].to_owned());
            cells.push(MapCell { r, f, customers: names.len(), segment });
        }
    }
    let best = rfm.values().iter().filter(|s| s.r >= 4 && s.f >= 4).count();
    Ok(Some(Section {
        title: lang.pick("Who comes often, and who came lately", "最近与经常").to_owned(),
        sentence: lang.pick(
            format!(
                "Each field holds the customers with that score of recency and frequency, named by the segment most of them belong to. The {} in the upper right corner carry the shop; those in the upper left used to, and are worth a call.",
                thousands(best)
            ),
            format!(
                "每格是相应最近度与频度得分的客户数，并标出其中最多的分层。右上角的{}位客户支撑着店铺；左上角的客户曾经如此，值得联系。",
                thousands(best)
            ),
        ),
        body: charts::segment_map(
            &cells,
            lang.pick("recency score (5 = came last)", "最近度得分（5 = 最近来过）"),
            lang.pick("frequency score (5 = most often)", "频度得分（5 = 最常购买）"),
        )?,
    }))
}

fn revenue_section(findings: &Findings, lang: Lang) -> Sections {
    let lines = segments(findings);
    let Some(top) = lines.first() else { return Ok(None) };
    let customers = findings.table.len().max(1) as f64;
    let rows: Vec<(String, f64, f64)> = lines
        .iter()
        .map(|l| (lang.pick(&l.name, &l.name_zh).clone(), l.customers as f64 / customers, l.share))
        .collect();
    let (share, part) = (100.0 * top.share, 100.0 * top.customers as f64 / customers);
    Ok(Some(Section {
        title: lang.pick("Where the revenue comes from", "收入来自哪里").to_owned(),
        sentence: lang.pick(
            format!(
                "The “{}” are {part:.0} % of the customers and {share:.0} % of the revenue so far.",
                top.name
            ),
            format!("“{}”占客户的{part:.0} %，占累计收入的{share:.0} %。", top.name_zh),
        ),
        body: charts::paired_bars(
            &rows,
            lang.pick("share of customers", "客户占比"),
            lang.pick("share of revenue", "收入占比"),
        )?,
    }))
}

fn churn_section(findings: &Findings, lang: Lang) -> Sections {
    let Some(trial) = findings.trial() else { return Ok(None) };
    let Some(churn) = &trial.churn else { return Ok(None) };
    let groups: Vec<(f64, f64)> = churn.reliability.iter().map(|b| (b.predicted, b.observed)).collect();
    Ok(Some(Section {
        title: lang.pick("Can the risk be believed?", "流失概率可信吗？").to_owned(),
        sentence: lang.pick(
            format!(
                "Customers in ten groups by predicted risk, against the share that really stayed away for {} days. Points on the line mean: when we say 70 %, seven of ten stay away. The average gap is {:.1} points.",
                trial.horizon.in_days(), 100.0 * churn.calibration_error
            ),
            format!(
                "按预测风险把客户分成十组，对比其后{}天真正未购买的比例。点落在线上意味着：说70 %，就是十位里有七位不来。平均偏差{:.1}个百分点。",
                trial.horizon.in_days(), 100.0 * churn.calibration_error
            ),
        ),
        body: charts::calibration(
            &groups,
            lang.pick("predicted risk", "预测风险"),
            lang.pick("stayed away", "实际未购买"),
            lang.pick("perfect", "完全一致"),
        )?,
    }))
}

fn tracking_section(findings: &Findings, lang: Lang) -> Sections {
    let Some(tracking) = findings.trial().and_then(|trial| trial.ltv.as_ref()?.tracking.as_ref()) else {
        return Ok(None);
    };
    Ok(Some(Section {
        title: lang.pick("Does the forecast follow the shop?", "预测跟得上实际吗？").to_owned(),
        sentence: lang
            .pick(
                "Repeat purchases since the first week, all customers together. Right of the line the model knew nothing; the closer the two curves stay there, the better the forecast.",
                "自首周起全体客户的累计复购次数。竖线右侧模型一无所知；两条曲线在那里越接近，预测越好。",
            )
            .to_owned(),
        body: charts::tracking(
            &tracking.actual,
            &tracking.expected,
            tracking.known_weeks,
            [
                lang.pick("week", "周"),
                lang.pick("repeat purchases so far", "累计复购次数"),
                lang.pick("happened", "实际"),
                lang.pick("expected", "预测"),
                lang.pick("forecast begins", "预测开始"),
            ],
        )?,
    }))
}

/// Edges of the value histogram in multiples of the mean value.
const EDGES: [f64; 9] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0];

fn value_section(findings: &Findings, lang: Lang) -> Sections {
    let Some(value) = findings.table.value() else { return Ok(None) };
    let mut values: Vec<f64> =
        value.values().iter().filter_map(|v| v.clv).map(|v| major(findings, v)).collect();
    if values.is_empty() {
        return Ok(None);
    }
    values.sort_unstable_by(|a, b| b.total_cmp(a));
    let total: f64 = values.iter().sum();
    let mean = total / values.len() as f64;
    let mut edges: Vec<f64> = EDGES.iter().map(|e| nice(e * mean)).collect();
    edges.dedup();
    let mut bins = Vec::new();
    for i in 0..=edges.len() {
        let low = if i == 0 { f64::NEG_INFINITY } else { edges[i - 1] };
        let high = edges.get(i).copied().unwrap_or(f64::INFINITY);
        let label = match i {
            0 => format!("< {}", short(high)),
            _ if i == edges.len() => format!("{} +", short(low)),
            _ => format!("{}–{}", short(low), short(high)),
        };
        bins.push((label, values.iter().filter(|v| **v >= low && **v < high).count()));
    }
    let tenth: f64 = values.iter().take(values.len().div_ceil(10)).sum();
    let share = if total > 0.0 { 100.0 * tenth / total } else { 0.0 };
    let days = findings.table.horizon().in_days();
    let currency = findings.table.currency();
    Ok(Some(Section {
        title: lang.pick("What customers will be worth", "客户未来价值").to_owned(),
        sentence: lang.pick(
            format!("Expected value of each customer over the next {days} days. The most valuable tenth holds {share:.0} % of it."),
            format!("每位客户未来{days}天的预期价值。价值最高的10 %客户占总额的{share:.0} %。"),
        ),
        body: charts::histogram(
            &bins,
            &lang.pick(format!("value in {days} days, {currency}"), format!("{days}天价值，{currency}")),
            lang.pick("customers", "客户数"),
        )?,
    }))
}

/// Rounds to one, two or five times a power of ten.
fn nice(value: f64) -> f64 {
    if value <= 0.0 || !value.is_finite() {
        return value;
    }
    let power = 10_f64.powf(value.log10().floor());
    let lead = value / power;
    power
        * if lead < 1.5 {
            1.0
        } else if lead < 3.5 {
            2.0
        } else if lead < 7.5 {
            5.0
        } else {
            10.0
        }
}

fn short(value: f64) -> String {
    if value >= 10_000.0 { format!("{}k", value / 1_000.0) } else { format!("{value}") }
}

/// Valuable customers who are likely to leave: whom to call first.
fn callers_section(findings: &Findings, lang: Lang) -> Option<Section> {
    let (model, now) = (findings.pipeline.churn()?, findings.ledger.observed(findings.table.as_of()).ok()?);
    let mut rows: Vec<_> = findings
        .table
        .rows()
        .filter_map(|row| {
            let worth = major(findings, row.value?.clv?) * row.churn?.get();
            Some((worth, row))
        })
        .collect();
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    let language = lang.language();
    let lines: Vec<Vec<String>> = rows
        .iter()
        .take(10)
        .filter_map(|(_, row)| {
            let why = model.explain_one(now, row.customer).ok()?;
            Some(vec![
                row.key.to_string(),
                format!("{:.0} %", 100.0 * row.churn?.get()),
                money(findings, major(findings, row.value?.clv?)),
                row.last_day.to_string(),
                why.reasons(language, 2).join(lang.pick("; ", "；")),
            ])
        })
        .collect();
    let head = lang.pick(
        ["customer", "risk", "value", "last purchase", "why"],
        ["客户", "风险", "价值", "最近购买", "原因"],
    );
    Some(Section {
        title: lang.pick("Whom to call first", "最该联系的客户").to_owned(),
        sentence: lang
            .pick(
                "The customers for whom most value is at stake: the probability of staying away times the value expected of them.",
                "风险中价值最高的客户：不再购买的概率乘以其预期价值。",
            )
            .to_owned(),
        body: report::table(&head, &lines),
    })
}

fn intake_section(findings: &Findings, lang: Lang) -> Section {
    let intake = findings.ledger.intake();
    let mut rows = vec![
        vec![lang.pick("rows read", "读取").to_owned(), intake.rows_read.to_string()],
        vec![lang.pick("rows of customers", "有客户的行").to_owned(), intake.rows_kept.to_string()],
        vec![lang.pick("rows of nobody", "匿名行").to_owned(), intake.rows_anonymous.to_string()],
    ];
    for (reason, count) in &intake.rows_skipped {
        rows.push(vec![format!("{}: {reason}", lang.pick("left out", "跳过")), count.to_string()]);
    }
    rows.push(vec![lang.pick("of these refunds", "其中退货").to_owned(), intake.refund_rows.to_string()]);
    rows.push(vec![lang.pick("exact repetitions", "完全重复").to_owned(), intake.duplicate_rows.to_string()]);
    rows.push(vec![
        lang.pick("amounts rounded", "四舍五入的金额").to_owned(),
        intake.rounded_amounts.to_string(),
    ]);
    Section {
        title: lang.pick("What went in", "数据概况").to_owned(),
        sentence: lang
            .pick("Nothing is dropped without being counted.", "任何一行都不会被无声丢弃。")
            .to_owned(),
        body: report::table(&lang.pick(["rows", "number"], ["行", "数量"]), &rows),
    }
}
