//! Addresses: one spelling for street types; Chinese addresses from the road on.
//!
//! - Latin: letters and digits in single-blank words, `street` as `st`, `avenue` as `ave` and so on. `5 Milne Cove Street` is
//!   `5 milne cove st`.
//! - Chinese: full-width forms folded, the known city in front, province and district dropped (they are elided at will), the
//!   road, the number, then building and room with dashes; Chinese numerals before 号, 栋, 室 as digits.
//!   `浙江省杭州市余杭区工业东路169号1栋305室` and `杭州余杭区工业东路１６９号1号楼305` are both `杭州工业东路169号1-305`.
//!
//! The key of a Chinese address is what stands before the number of the house, so that two forms of one house meet.
//!
//! | written | normal form | key |
//! |---|---|---|
//! | `5 Milne Cove Street` | `5 milne cove st` | the same |
//! | `Flat 2, 5 Milne Cove St.` | `flat 2 5 milne cove st` | the same |
//! | `浙江省杭州市余杭区工业东路169号1栋305室` | `杭州工业东路169号1-305` | `杭州工业东路169` |
//! | `余杭区工业东路169号1号楼305` | `工业东路169号1-305` | `工业东路169` |
//!
//! Words of a street are translated one by one and only into forms that are not words of their own, so doing it twice changes
//! nothing. Whether `12 high st` and `21 high st` are one home is not for a normal form to say: levels of agreement do.
//!
//! # Chinese addresses by hand
//! ```text
//! as written          浙江省杭州市余杭区工业东路169号1栋305室
//! place in front      杭州 (浙江 before it gives way: the last known place counts)
//! dropped             余杭区, an unknown place that ends in 区 before any road
//! road and number     工业东路169号
//! building, room      1栋305室 as 1-305
//! ```
//! At most four places are taken off in front, known or not; a known place directly followed by 路, 街 or the like is
//! part of a road's name (南京路) and stays.
//!
//! # What is not done
//! No parsing into parts, no gazetteer of streets, no order of flat and house: it would need a country's rules. Two
//! spellings that remain are left to levels, which allow slips and beginnings.
//!
//! # Keys and coarse keys
//! The key of a Chinese address stops before 号, so `杭州工业东路169号1-305` and `杭州工业东路169号` meet at the level of the key;
//! the coarse key is the first six characters, city and road. A Latin address is its own key, and its
//! coarse key `5 miln` is the house and the first letters of the street.

use super::text::words;
use crate::data::is_han;

/// Long forms and what they become. No short form is the long form of another, so a second round changes nothing.
const SHORT: [(&str, &str); 22] = [
    ("street", "st"),
    ("avenue", "ave"),
    ("road", "rd"),
    ("lane", "ln"),
    ("drive", "dr"),
    ("close", "cl"),
    ("court", "ct"),
    ("crescent", "cres"),
    ("place", "pl"),
    ("circuit", "cct"),
    ("square", "sq"),
    ("terrace", "tce"),
    ("boulevard", "blvd"),
    ("highway", "hwy"),
    ("parade", "pde"),
    ("apartment", "apt"),
    ("building", "bldg"),
    ("floor", "fl"),
    ("north", "n"),
    ("south", "s"),
    ("east", "e"),
    ("west", "w"),
];

/// Any Han character makes an address a Chinese one; `None` where nothing is left.
pub(super) fn address(value: &str) -> Option<String> {
    if value.chars().any(is_han) {
        return chinese(value);
    }
    let text = words(value);
    let mut out = String::with_capacity(text.len());
    for word in text.split(' ') {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(SHORT.iter().find(|(long, _)| *long == word).map_or(word, |(_, short)| short));
    }
    (!out.is_empty()).then_some(out)
}

/// Places that are often written without 省 and 市.
///
/// Provinces, and cities large enough to be written without 市.
const PLACES: &str = " 北京 上海 天津 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 四川 贵州 云南 陕西 甘肃 青海 台湾 内蒙古 广西 西藏 宁夏 新疆 香港 澳门 石家庄 唐山 太原 沈阳 大连 长春 哈尔滨 南京 苏州 无锡 常州 南通 徐州 杭州 宁波 温州 嘉兴 绍兴 金华 台州 合肥 福州 厦门 泉州 南昌 济南 青岛 烟台 潍坊 郑州 洛阳 武汉 长沙 广州 深圳 珠海 佛山 东莞 中山 惠州 汕头 南宁 海口 成都 绵阳 贵阳 昆明 西安 兰州 西宁 银川 乌鲁木齐 拉萨 呼和浩特 ";

/// Road, number, building and room with one spelling: `建设路235号15-973`, the city in front where it is known.
fn chinese(value: &str) -> Option<String> {
    let text = super::text::fold(value);
    let text: String = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '*' | '#')).collect();
    let (city, rest) = strip_places(&text);
    let mut out = city.to_owned();
    let chars: Vec<char> = rest.chars().collect();
    let mut at = 0;
    let mut behind_number = false;
    while at < chars.len() {
        let c = chars[at];
        if let Some((number, used)) = han_number(&chars[at..]).filter(|(_, used)| {
            chars
                .get(at + used)
                .is_some_and(|n| matches!(n, '号' | '栋' | '幢' | '座' | '室' | '楼' | '单' | '弄' | '层'))
        }) {
            out.push_str(&number);
            at += used;
            continue;
        }
        at += 1;
        match c {
            '栋' | '幢' | '座' | '#' => behind_number = push_dash(&mut out),
            '号' if behind_number && chars.get(at) == Some(&'楼') => {
                at += 1;
                push_dash(&mut out);
            }
            '号' => {
                behind_number = true;
                out.push('号');
            }
            '单' if chars.get(at) == Some(&'元') => {
                at += 1;
                push_dash(&mut out);
            }
            '室' => {}
            '-' => {
                push_dash(&mut out);
            }
            c => out.push(c),
        }
    }
    while out.ends_with('-') {
        out.pop();
    }
    (!out.is_empty()).then_some(out)
}

/// Only behind a digit: a dash in front or a second one says nothing. Always true, for the flag of its caller.
fn push_dash(out: &mut String) -> bool {
    if out.ends_with(|c: char| c.is_ascii_digit()) {
        out.push('-');
    }
    true
}

/// The known city in front, and what follows the last 省, 市, 区, 县 in front of the road.
///
/// Four rounds are enough for province, city, district and one more; each takes a known place of two to four
/// characters, or an unknown one that ends in 省, 市, 区 or 县 within seven characters and before any road or digit.
fn strip_places(text: &str) -> (&str, &str) {
    let mut city = "";
    let mut rest = text;
    for _ in 0..4 {
        let known = (2..=4).rev().find_map(|n| {
            let end = rest.char_indices().nth(n).map(|(i, _)| i)?;
            let next = rest[end..].chars().next()?;
            (PLACES.contains(&format!(" {} ", &rest[..end]))
                && !matches!(next, '路' | '街' | '道' | '大' | '东' | '西' | '南' | '北' | '中'))
            .then_some(end)
        });
        if let Some(end) = known {
            city = &rest[..end];
            rest = &rest[end..];
            rest = rest.strip_prefix(['省', '市']).unwrap_or(rest);
            continue;
        }
        // An unknown place ends in one of these within its first six characters, before any road or digit.
        let stop = rest.char_indices().skip(1).take(6).find(|(_, c)| matches!(c, '省' | '市' | '区' | '县'));
        let road = rest
            .char_indices()
            .take(7)
            .find(|(_, c)| matches!(c, '路' | '街' | '道' | '号') || c.is_ascii_digit());
        match (stop, road) {
            (Some((i, c)), road) if road.is_none_or(|(r, _)| i < r) => rest = &rest[i + c.len_utf8()..],
            _ => break,
        }
    }
    (city, rest)
}

/// A number in Han characters at the start, up to 99: its digits and how many characters it took.
///
/// `十` alone is 10, in front of a digit 10 + d, behind one 10 · d: 二十三 is 23. Digits in a row are read as such: 三〇五
/// is 305. More than five characters are no number of a house.
fn han_number(chars: &[char]) -> Option<(String, usize)> {
    let digit = |c: char| {
        "零一二三四五六七八九"
            .chars()
            .position(|d| d == c)
            .or((c == '〇').then_some(0))
            .or((c == '两').then_some(2))
    };
    let mut used = 0;
    let mut value = 0;
    let mut seen_ten = false;
    while let Some(c) = chars.get(used) {
        if *c == '十' && !seen_ten {
            value = if used == 0 { 10 } else { value * 10 };
            seen_ten = true;
        } else if let Some(d) = digit(*c) {
            value = if seen_ten { value + d } else { value * 10 + d };
        } else {
            break;
        }
        used += 1;
        if used > 5 {
            return None;
        }
    }
    (used > 0).then(|| (value.to_string(), used))
}

/// The address without building, flat and room; a Latin address without its flat words.
pub(super) fn address_key(normal: &str) -> &str {
    match normal.split_once('号') {
        Some((road, _)) => road,
        None => normal,
    }
}
