//! Reasons in words for the columns of behaviour.
//!
//! A reason says what the customer did, not what the model thinks: "bought about every 21 days, silent for 63" rather than
//! "silence is 3". Numbers are rounded as a person would say them. Each sentence exists in English and Chinese; a column that
//! the caller brought has none here and is named with its value (see
//! [`Contribution::reason`](super::Contribution::reason)).
//!
//! | column | English | Chinese |
//! |---|---|---|
//! | `silence` | bought about every 21 days, silent for 63 | 大约每 21 天购买一次，已沉寂 63 天 |
//! | `recency` | last purchase 63 days ago | 上次购买在 63 天前 |
//! | `tenure` | first purchase 400 days ago | 首次购买在 400 天前 |
//! | `purchases` | purchases on 12 days in all | 累计 12 天有购买 |
//! | `rhythm`, `mean_gap` | about 21 days between purchases | 购买间隔约 21 天 |
//! | `longest_gap` | longest gap between purchases 80 days | 最长购买间隔 80 天 |
//! | `irregularity` | gaps between purchases vary by 40 % | 购买间隔波动 40% |
//! | `last_30`, `last_90` | purchases on 0 of the last 30 days | 最近 30 天内有 0 天购买 |
//! | `spend` | spent 1250.50 EUR in all | 累计消费 1250.50 EUR |
//! | `last_spend` | spent 80.00 EUR last time | 上次消费 80.00 EUR |
//! | `items` | bought 9 different items | 买过 9 种商品 |
//! | `trend` below 0 | buys less often than earlier | 购买频率比以前下降 |
//! | `mean_gap`, missing | bought only once so far | 目前只购买过一次 |
//! | `refund_share` | gave 12 % back | 退货占 12% |
//! | events | complaint: 2 in the last 90 days | 最近 90 天内“complaint”2 次 |
//!
//! Columns that act together are told as "the one, and the other". A sentence names what is unusual for its effect on the risk,
//! in whichever direction: "purchases on 6 of the last 90 days" stands among the reasons of a low risk.

use super::explain::{Value, short};
use super::orders::{EVENT_COUNT, EVENT_SILENCE, Measures};

/// The reason in English and Chinese; `None` for a column without words of its own.
///
/// `known` are the customer's measures, because a sentence may need more than the column's value:
/// silence is named together with the rhythm. With a single purchase there is no rhythm, and the text
/// names the day of that purchase instead.
///
/// Days are rounded to whole ones, shares to whole percent, other numbers to two decimals; a rhythm
/// of less than a day is told as one day. Money has the currency's decimals and its code; the
/// columns of money are in major units.
pub(super) fn reason(column: &str, value: &Value, known: Measures<'_>) -> Option<(String, String)> {
    let days = |value: f64| format!("{:.0}", value.round());
    let (recency, rhythm) = (days(known.recency()), days(known.rhythm().max(1.0)));
    let pair = |english: String, chinese: String| Some((english, chinese));
    if let Some(kind) = column.strip_suffix(EVENT_COUNT)
        && let Value::Number(n) = value
    {
        return pair(format!("{kind}: {n:.0} in the last 90 days"), format!("最近 90 天内“{kind}”{n:.0} 次"));
    }
    if let Some(kind) = column.strip_suffix(EVENT_SILENCE) {
        return match value {
            Value::Number(n) => {
                pair(format!("last {kind} {n:.0} days ago"), format!("上次“{kind}”在 {n:.0} 天前"))
            }
            _ => pair(format!("never had {kind}"), format!("从未有过“{kind}”")),
        };
    }
    let Value::Number(number) = value else {
        return match column {
            "mean_gap" | "longest_gap" => pair("bought only once so far".into(), "目前只购买过一次".into()),
            "irregularity" => {
                pair("too few purchases to show a rhythm".into(), "购买次数太少，看不出规律".into())
            }
            _ => None,
        };
    };
    let n = short((100.0 * number).round() / 100.0);
    let money = || known.money(*number);
    match column {
        "silence" if known.purchases() > 1.0 => pair(
            format!("bought about every {rhythm} days, silent for {recency}"),
            format!("大约每 {rhythm} 天购买一次，已沉寂 {recency} 天"),
        ),
        "recency" | "silence" => {
            pair(format!("last purchase {recency} days ago"), format!("上次购买在 {recency} 天前"))
        }
        "tenure" => pair(
            format!("first purchase {} days ago", days(*number)),
            format!("首次购买在 {} 天前", days(*number)),
        ),
        "purchases" => pair(format!("purchases on {n} days in all"), format!("累计 {n} 天有购买")),
        "mean_gap" | "rhythm" => pair(
            format!("about {} days between purchases", days(*number)),
            format!("购买间隔约 {} 天", days(*number)),
        ),
        "longest_gap" => pair(
            format!("longest gap between purchases {} days", days(*number)),
            format!("最长购买间隔 {} 天", days(*number)),
        ),
        "irregularity" => pair(
            format!("gaps between purchases vary by {:.0} %", 100.0 * number),
            format!("购买间隔波动 {:.0}%", 100.0 * number),
        ),
        "trend" if *number < 0.0 => pair("buys less often than earlier".into(), "购买频率比以前下降".into()),
        "trend" => pair("buys as often as earlier, or more".into(), "购买频率与以前持平或上升".into()),
        "last_30" => {
            pair(format!("purchases on {n} of the last 30 days"), format!("最近 30 天内有 {n} 天购买"))
        }
        "last_90" => {
            pair(format!("purchases on {n} of the last 90 days"), format!("最近 90 天内有 {n} 天购买"))
        }
        "spend" => pair(format!("spent {} in all", money()), format!("累计消费 {}", money())),
        "spend_per_purchase" => {
            pair(format!("spends {} per purchase", money()), format!("每次消费 {}", money()))
        }
        "last_spend" => pair(format!("spent {} last time", money()), format!("上次消费 {}", money())),
        "items" => pair(format!("bought {n} different items"), format!("买过 {n} 种商品")),
        "rows_per_purchase" => pair(format!("{n} lines per purchase"), format!("每次购买 {n} 行商品")),
        "refund_share" if *number > 0.0 => {
            pair(format!("gave {:.0} % back", 100.0 * number), format!("退货占 {:.0}%", 100.0 * number))
        }
        "refund_share" => pair("gave nothing back".into(), "没有退货".into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::orders::{Extras, Profile};
    use super::super::past::Known;
    use super::*;
    use crate::data::{Ledger, Transaction};
    use crate::types::{Amount, AsOf, Currency, Day};

    #[test]
    fn money_in_reasons_has_decimals_and_a_currency() {
        let money = |currency: Currency| {
            let mut builder = Ledger::builder(currency);
            let day = |of_may| Day::ymd(2024, 5, of_may).unwrap();
            builder.extend(
                [1, 9].map(|of_may| Transaction::new("ann", day(of_may)).amount(Amount::minor(1_250))),
            );
            let ledger = builder.build().unwrap();
            let now = ledger.observed(AsOf::new(day(31))).unwrap();
            let profile = Profile::of(Known::from(now), &Extras::of(&[])).unwrap();
            let say = |column, value| reason(column, &Value::Number(value), profile.measures(0)).unwrap();
            [say("spend", 84.3), say("spend_per_purchase", 1_250.0), say("last_spend", 0.125)]
        };
        let [spend, per_purchase, last] = money(Currency::EUR);
        assert_eq!(spend, ("spent 84.30 EUR in all".into(), "累计消费 84.30 EUR".into()));
        assert_eq!(per_purchase, ("spends 1250.00 EUR per purchase".into(), "每次消费 1250.00 EUR".into()));
        assert_eq!(last.0, "spent 0.12 EUR last time");
        assert_eq!(money(Currency::JPY)[1].0, "spends 1250 JPY per purchase");
    }
}
