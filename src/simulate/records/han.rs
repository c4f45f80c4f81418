//! People with Chinese names.

use crate::data::FieldKind;
use crate::kernel::rng::Rng;

use super::super::life::{Purpose, stream};
use super::super::params::ShopParams;
use super::super::zipf::Alias;
use super::han_lists::{
    Character, DIGITS, DIRECTIONS, FAMILIES, GIVEN, MAIL, MOBILES, ROAD_KINDS, ROADS, TITLES, TOWNS,
};
use super::slips::{mistype, wrong_digit};
use super::{Context, Scribe, head_of, moment, pick, push_fmt};

/// Shares of values that crm, shop and service leave out.
const NO_NAME: [f64; 3] = [0.01, 0.02, 0.15];
const NO_MOBILE: [f64; 3] = [0.11, 0.02, 0.08];
const NO_CARD: [f64; 3] = [0.49, 1.0, 1.0];
const NO_EMAIL: [f64; 3] = [0.4, 0.5, 0.97];
const NO_WECHAT: [f64; 3] = [0.6, 0.9, 0.4];
const NO_BIRTH: [f64; 3] = [0.31, 0.85, 0.6];
const NO_ADDRESS: [f64; 3] = [0.09, 0.05, 0.75];

#[derive(Debug)]
pub(super) struct Han {
    families: Alias,
    given: Alias,
    towns: Alias,
}

#[derive(Clone, Copy, Debug)]
struct Home {
    town: usize,
    district: usize,
    road: &'static str,
    direction: &'static str,
    kind: &'static str,
    number: u64,
    building: u64,
    room: u64,
}

/// What is true of a person; pairs are before and after a change.
#[derive(Clone, Copy, Debug)]
struct Identity {
    family: Character,
    given: (Character, Option<Character>),
    birth: (u64, u64, u64),
    /// Region of the identity card: where the person was registered, not where it lives.
    region: &'static str,
    sequence: u64,
    mobiles: [u64; 2],
    homes: [Home; 2],
    mail: (bool, u64, &'static str),
    wechat: u64,
    new_mobile: Option<f64>,
    new_home: Option<f64>,
}

impl Han {
    pub(super) fn new() -> Self {
        let length = |n: usize| u32::try_from(n).unwrap_or(1);
        Self {
            families: Alias::zipf(length(FAMILIES.len()), 0.8),
            given: Alias::zipf(length(GIVEN.len()), 0.5),
            towns: Alias::zipf(length(TOWNS.len()), 0.5),
        }
    }

    fn home(&self, rng: &mut Rng) -> Home {
        let town = self.towns.draw(rng) as usize;
        let districts = TOWNS[town].2.len();
        #[expect(clippy::cast_possible_truncation, reason = "below the length of a list")]
        let district = rng.below(districts as u64) as usize;
        Home {
            town,
            district,
            road: pick(rng, ROADS),
            direction: pick(rng, DIRECTIONS),
            kind: pick(rng, ROAD_KINDS),
            number: 1 + rng.below(400),
            building: 1 + rng.below(20),
            room: (1 + rng.below(28)) * 100 + 1 + rng.below(20),
        }
    }

    fn alone(&self, params: &ShopParams, person: u32) -> (Identity, Rng) {
        let mut rng = stream(params.seed, Some(person), Purpose::Identity);
        // The first number decides about the household; see `head_of`.
        rng.uniform();
        let registered = self.home(&mut rng);
        let first = GIVEN[self.given.draw(&mut rng) as usize];
        let second = GIVEN[self.given.draw(&mut rng) as usize];
        let identity = Identity {
            family: FAMILIES[self.families.draw(&mut rng) as usize],
            given: (first, rng.chance(0.6).then_some(second)),
            birth: (1945 + rng.below(62), 1 + rng.below(12), 1 + rng.below(28)),
            region: TOWNS[registered.town].2[registered.district].1,
            sequence: rng.below(1_000),
            mobiles: [mobile(&mut rng), mobile(&mut rng)],
            homes: [self.home(&mut rng), self.home(&mut rng)],
            mail: (rng.chance(0.7), rng.bits(), pick(&mut rng, MAIL)),
            wechat: rng.bits(),
            new_mobile: moment(&mut rng, 0.15),
            new_home: moment(&mut rng, 0.12),
        };
        (identity, rng)
    }

    fn identity(&self, params: &ShopParams, person: u32) -> Identity {
        let (mut identity, mut rng) = self.alone(params, person);
        let head = head_of(params, person);
        if head != person {
            let (of_head, _) = self.alone(params, head);
            identity.homes = of_head.homes;
            identity.new_home = of_head.new_home;
            if rng.chance(0.6) {
                identity.family = of_head.family;
            }
            if rng.chance(0.15) {
                identity.mobiles = of_head.mobiles;
                identity.new_mobile = of_head.new_mobile;
            }
        }
        identity
    }
}

fn mobile(rng: &mut Rng) -> u64 {
    pick(rng, MOBILES) * 100_000_000 + rng.below(100_000_000)
}

/// The check digit of the first 17 digits of an identity card (ISO 7064, MOD 11-2).
fn check_digit(digits: &str) -> char {
    let sum: u32 = digits
        .bytes()
        .rev()
        .zip((1..).map(|i| (1_u32 << i) % 11))
        .map(|(digit, weight)| u32::from(digit.saturating_sub(b'0')) * weight)
        .sum();
    match (12 - sum % 11) % 11 {
        10 => 'X',
        digit => char::from_digit(digit, 10).unwrap_or('0'),
    }
}

fn full_width(text: &mut String) {
    let wide = |c: char| match c {
        '0'..='9' => char::from_u32(c as u32 - '0' as u32 + '０' as u32).unwrap_or(c),
        other => other,
    };
    *text = text.chars().map(wide).collect();
}

/// Replaces the characters at those places by stars.
fn mask(text: &mut String, places: std::ops::Range<usize>) {
    *text = text.chars().enumerate().map(|(i, c)| if places.contains(&i) { '*' } else { c }).collect();
}

fn capital(reading: &str) -> String {
    let plain = reading.replace('ü', "v");
    let mut letters = plain.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

impl Identity {
    fn characters(&self) -> impl Iterator<Item = Character> {
        [Some(self.family), Some(self.given.0), self.given.1].into_iter().flatten()
    }

    fn given(&self) -> impl Iterator<Item = Character> {
        self.characters().skip(1)
    }

    fn write_name(&self, context: &Context<'_>, rng: &mut Rng, cell: &mut String) {
        if context.slips(rng, 0.05) {
            let family = capital(self.family.1);
            let given = capital(&self.given().map(|c| c.1).collect::<String>());
            let (first, second) = if rng.chance(0.5) { (family, given) } else { (given, family) };
            push_fmt(cell, format_args!("{first} {second}"));
            return;
        }
        if context.slips(rng, 0.03) {
            push_fmt(cell, format_args!("{}{}", self.family.0, pick(rng, TITLES)));
            return;
        }
        let traditional = context.slips(rng, 0.04);
        cell.extend(self.characters().map(|c| if traditional { c.2 } else { c.0 }));
        if context.slips(rng, 0.03) {
            // A homophone for the last character, if the list has one.
            let last = self.given.1.unwrap_or(self.given.0);
            let others: Vec<char> =
                GIVEN.iter().filter(|c| c.1 == last.1 && c.0 != last.0).map(|c| c.0).collect();
            if !others.is_empty() {
                cell.pop();
                cell.push(pick(rng, &others));
            }
        }
        if context.slips(rng, 0.02) {
            cell.pop();
        }
        if context.slips(rng, 0.04) {
            let length = cell.chars().count();
            let from = if length > 2 && rng.chance(0.3) { length - 1 } else { 1 };
            mask(cell, from..length);
        } else if context.slips(rng, 0.045) {
            *cell = match rng.below(3) {
                0 => format!(" {cell} "),
                1 => format!("{cell}　"),
                _ => cell.chars().flat_map(|c| [c, ' ']).collect::<String>().trim_end().to_owned(),
            };
        }
    }

    fn write_mobile(number: u64, context: &Context<'_>, rng: &mut Rng, cell: &mut String) {
        push_fmt(cell, format_args!("{number}"));
        if context.slips(rng, 0.04) {
            wrong_digit(cell, rng);
        }
        if !context.slips(rng, 0.45) || cell.len() != 11 {
            return;
        }
        let (a, b, c) = (&cell[..3], &cell[3..7], &cell[7..]);
        *cell = match rng.below(20) {
            0..=6 => format!("+86{cell}"),
            7..=9 => format!("+86 {a} {b} {c}"),
            10..=11 => format!("0086{cell}"),
            12..=14 => format!("{a}-{b}-{c}"),
            15 => format!("{cell} "),
            16..=17 => format!("{a}****{c}"),
            _ => {
                full_width(cell);
                return;
            }
        };
    }

    fn write_card(&self, context: &Context<'_>, rng: &mut Rng, cell: &mut String) {
        let (year, month, day) = self.birth;
        push_fmt(cell, format_args!("{}{year:04}{month:02}{day:02}{:03}", self.region, self.sequence));
        let check = check_digit(cell);
        cell.push(check);
        if context.slips(rng, 0.04) {
            mask(cell, 6..14);
        } else if context.slips(rng, 0.03) {
            wrong_digit(cell, rng);
        } else if context.slips(rng, 0.3) {
            cell.make_ascii_lowercase();
        }
    }

    fn write_birth(&self, context: &Context<'_>, rng: &mut Rng, cell: &mut String) {
        let (year, mut month, mut day) = self.birth;
        if day <= 12 && context.slips(rng, 0.02) {
            std::mem::swap(&mut month, &mut day);
        }
        let format = if context.slips(rng, 0.6) { 1 + rng.below(5) } else { 0 };
        match format {
            0 => push_fmt(cell, format_args!("{year}-{month:02}-{day:02}")),
            1 => push_fmt(cell, format_args!("{year}{month:02}{day:02}")),
            2 => push_fmt(cell, format_args!("{year}/{month}/{day}")),
            3 => push_fmt(cell, format_args!("{year}.{month:02}.{day:02}")),
            4 => push_fmt(cell, format_args!("{year}年{month}月{day}日")),
            _ => push_fmt(cell, format_args!("{year}年{month:02}月{day:02}日")),
        }
        if context.slips(rng, 0.03) {
            wrong_digit(cell, rng);
        }
    }
}

impl Home {
    fn write(&self, context: &Context<'_>, rng: &mut Rng, cell: &mut String) {
        let (province, town, districts) = TOWNS[self.town];
        if !context.slips(rng, 0.35) {
            cell.push_str(province);
        }
        let suffix = if context.slips(rng, 0.12) { '市'.len_utf8() } else { 0 };
        cell.push_str(&town[..town.len() - suffix]);
        if !context.slips(rng, 0.12) {
            cell.push_str(districts[self.district].0);
        }
        let number = if context.slips(rng, 0.03) { in_han(self.number) } else { self.number.to_string() };
        push_fmt(cell, format_args!("{}{}{}{number}号", self.road, self.direction, self.kind));
        if context.slips(rng, 0.12) {
            return;
        }
        let (building, room) = (self.building, self.room);
        let form = if context.slips(rng, 0.55) { 1 + rng.below(4) } else { 0 };
        match form {
            0 => push_fmt(cell, format_args!("{building}栋{room}室")),
            1 => push_fmt(cell, format_args!("{building}号楼{room}")),
            2 => push_fmt(cell, format_args!("{building}-{room}")),
            3 => push_fmt(cell, format_args!("{building}号楼{room}室")),
            _ => push_fmt(cell, format_args!("{}栋{room}室", in_han(building))),
        }
        if context.slips(rng, 0.03) {
            full_width(cell);
        }
    }
}

/// A number below 1,000 in Chinese numerals: 二十三, 一百〇五.
fn in_han(n: u64) -> String {
    let digit = |d: u64| DIGITS[usize::try_from(d % 10).unwrap_or(0)];
    let mut text = String::new();
    let (hundreds, tens, ones) = (n / 100 % 10, n / 10 % 10, n % 10);
    if hundreds > 0 {
        text.extend([digit(hundreds), '百']);
    }
    if tens > 0 {
        if tens > 1 || hundreds > 0 {
            text.push(digit(tens));
        }
        text.push('十');
    } else if hundreds > 0 && ones > 0 {
        text.push('〇');
    }
    if ones > 0 {
        text.push(digit(ones));
    }
    text
}

impl Scribe for Han {
    fn columns(&self) -> &'static [(&'static str, FieldKind)] {
        &[
            ("name", FieldKind::ChineseName),
            ("mobile", FieldKind::Phone),
            ("id_card", FieldKind::NationalId),
            ("email", FieldKind::Email),
            ("wechat", FieldKind::Handle),
            ("birth_date", FieldKind::BirthDate),
            ("address", FieldKind::Address),
        ]
    }

    fn write(&self, person: u32, context: &Context<'_>, rng: &mut Rng, cells: &mut [String]) {
        let who = self.identity(context.params, person);
        let [name, phone, card, email, wechat, birth, address] = cells else { return };
        who.write_name(context, rng, name);

        let number = who.mobiles[context.version(rng, who.new_mobile)];
        Identity::write_mobile(number, context, rng, phone);
        who.write_card(context, rng, card);

        let (by_name, number, domain) = who.mail;
        if by_name {
            let reading: String = who.characters().map(|c| c.1.replace('ü', "v")).collect();
            push_fmt(email, format_args!("{reading}{}@{domain}", number % 10_000));
        } else {
            push_fmt(email, format_args!("{}@{domain}", 10_000_000 + number % 9_000_000_000));
        }
        if context.slips(rng, 0.05) {
            email.make_ascii_uppercase();
        }
        if context.slips(rng, 0.03) {
            mistype(email, rng);
        }
        push_fmt(wechat, format_args!("wxid_"));
        let mut left = who.wechat;
        for _ in 0..10 {
            wechat.push(char::from_digit(u32::try_from(left % 36).unwrap_or(0), 36).unwrap_or('0'));
            left /= 36;
        }
        who.write_birth(context, rng, birth);

        who.homes[context.version(rng, who.new_home)].write(context, rng, address);
        if context.slips(rng, 0.02) {
            mistype(address, rng);
        }

        let shares = [NO_NAME, NO_MOBILE, NO_CARD, NO_EMAIL, NO_WECHAT, NO_BIRTH, NO_ADDRESS];
        context.leave_out(rng, cells, &shares);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerals_and_check_digits() {
        let numbers = [1, 10, 11, 20, 23, 105, 110, 115, 300, 399].map(in_han).join(" ");
        assert_eq!(numbers, "一 十 十一 二十 二十三 一百〇五 一百一十 一百一十五 三百 三百九十九");
        // The example of GB 11643-1999.
        assert_eq!(check_digit("11010519491231002"), 'X');
        assert_eq!(check_digit("44052418800101001"), '4');
        assert_eq!((capital("lü"), capital("")), ("Lv".to_owned(), String::new()));
    }
}
