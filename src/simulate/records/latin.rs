//! People with Latin names.

use crate::data::FieldKind;
use crate::kernel::rng::Rng;

use super::super::life::{Purpose, stream};
use super::super::params::ShopParams;
use super::slips::{mistype, wrong_digit};
use super::words::Words;
use super::{Context, Scribe, head_of, moment, pick, push_fmt};

const DOMAINS: [&str; 8] =
    ["gmail.com", "mail.com", "outlook.com", "hotmail.com", "icloud.com", "yahoo.com", "163.com", "qq.com"];
const ROADS: [&str; 5] = ["rd", "st", "lane", "ave", "close"];

/// Shares of values that crm, shop and service leave out.
const NO_GIVEN: [f64; 3] = [0.01, 0.02, 0.1];
const NO_FAMILY: [f64; 3] = [0.01, 0.04, 0.09];
const NO_BIRTH: [f64; 3] = [0.15, 0.6, 0.5];
const NO_EMAIL: [f64; 3] = [0.2, 0.01, 0.4];
const NO_PHONE: [f64; 3] = [0.15, 0.3, 0.05];
const NO_ADDRESS: [f64; 3] = [0.08, 0.35, 0.65];
const NO_CITY: [f64; 3] = [0.05, 0.3, 0.25];
const NO_POSTCODE: [f64; 3] = [0.05, 0.3, 0.4];

#[derive(Debug)]
pub(super) struct Latin {
    given: Words,
    family: Words,
    city: Words,
    street: Words,
}

/// A place to live.
#[derive(Clone, Copy, Debug)]
struct Home {
    number: u64,
    street: u32,
    road: &'static str,
    city: u32,
    postcode: u64,
}

/// How an e-mail address is made up.
#[derive(Clone, Copy, Debug)]
enum Style {
    Both,
    GivenAndNumber(u64),
    Word(u32, u64),
}

#[derive(Clone, Copy, Debug)]
struct Email {
    style: Style,
    domain: &'static str,
}

/// What is true of a person; pairs are before and after a change.
#[derive(Clone, Copy, Debug)]
struct Identity {
    given: u32,
    family: u32,
    birth: (u64, u64, u64),
    emails: [Email; 2],
    phones: [u64; 2],
    homes: [Home; 2],
    new_email: Option<f64>,
    new_phone: Option<f64>,
    new_home: Option<f64>,
}

impl Latin {
    pub(super) fn new() -> Self {
        Self {
            given: Words::invent(1, 3_000, &[1, 2, 2, 3], &[""], 0.6),
            family: Words::invent(
                2,
                12_000,
                &[1, 2, 2],
                &["", "ford", "field", "well", "ton", "ski", "man", "er"],
                0.55,
            ),
            city: Words::invent(3, 1_500, &[1, 2, 2], &["ham", "ton", "ville", "burg", "ley", ""], 0.7),
            street: Words::invent(4, 8_000, &[1, 2, 2], &[""], 0.2),
        }
    }

    fn home(&self, rng: &mut Rng) -> Home {
        let city = self.city.draw(rng);
        let district = rng.below(5 + 400 / (u64::from(city) + 2));
        Home {
            number: 1 + rng.below(300),
            street: self.street.draw(rng),
            road: pick(rng, &ROADS),
            city,
            postcode: (10_000 + u64::from(city) * 613 + district) % 1_000_000,
        }
    }

    fn email(&self, rng: &mut Rng) -> Email {
        let style = match rng.below(10) {
            0..=4 => Style::Both,
            5..=7 => Style::GivenAndNumber(rng.below(100_000)),
            _ => Style::Word(self.street.draw(rng), rng.below(1_000)),
        };
        Email { style, domain: pick(rng, &DOMAINS) }
    }

    /// A person on its own, household aside.
    fn alone(&self, params: &ShopParams, person: u32) -> (Identity, Rng) {
        let mut rng = stream(params.seed, Some(person), Purpose::Identity);
        // The first number decides about the household; see `head_of`.
        rng.uniform();
        let identity = Identity {
            given: self.given.draw(&mut rng),
            family: self.family.draw(&mut rng),
            birth: (1930 + rng.below(78), 1 + rng.below(12), 1 + rng.below(28)),
            emails: [self.email(&mut rng), self.email(&mut rng)],
            phones: [phone(&mut rng), phone(&mut rng)],
            homes: [self.home(&mut rng), self.home(&mut rng)],
            new_email: moment(&mut rng, 0.4),
            new_phone: moment(&mut rng, 0.4),
            new_home: moment(&mut rng, 0.4),
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
            if rng.chance(0.7) {
                identity.family = of_head.family;
            }
            if rng.chance(0.15) {
                identity.phones = of_head.phones;
                identity.new_phone = of_head.new_phone;
            }
        }
        identity
    }

    fn write_email(&self, who: &Identity, email: Email, cell: &mut String) {
        let given = self.given.get(who.given);
        match email.style {
            Style::Both => {
                push_fmt(cell, format_args!("{given}.{}@{}", self.family.get(who.family), email.domain));
            }
            Style::GivenAndNumber(n) => push_fmt(cell, format_args!("{given}{n}@{}", email.domain)),
            Style::Word(word, n) => {
                push_fmt(cell, format_args!("{}{n}@{}", self.street.get(word), email.domain));
            }
        }
    }
}

/// A mobile number of eleven digits.
fn phone(rng: &mut Rng) -> u64 {
    let second = [3, 5, 7, 8][usize::try_from(rng.below(4)).unwrap_or(0)];
    10_000_000_000 + second * 1_000_000_000 + rng.below(1_000_000_000)
}

/// A short form: the first syllables or the name without its last letters.
fn nickname(name: &mut String, rng: &mut Rng) {
    let keep = (name.len() / 2).max(3).min(name.len()) + usize::from(rng.chance(0.5));
    name.truncate(keep);
}

impl Scribe for Latin {
    fn columns(&self) -> &'static [(&'static str, FieldKind)] {
        &[
            ("given_name", FieldKind::GivenName),
            ("family_name", FieldKind::FamilyName),
            ("birth_date", FieldKind::BirthDate),
            ("email", FieldKind::Email),
            ("phone", FieldKind::Phone),
            ("address", FieldKind::Address),
            ("city", FieldKind::City),
            ("postcode", FieldKind::Postcode),
        ]
    }

    fn write(&self, person: u32, context: &Context<'_>, rng: &mut Rng, cells: &mut [String]) {
        let who = self.identity(context.params, person);
        let [given, family, birth, email, phone, address, city, postcode] = cells else { return };

        given.push_str(self.given.get(who.given));
        family.push_str(self.family.get(who.family));
        if context.slips(rng, 0.08) {
            nickname(given, rng);
        }
        for (name, probability) in [(&mut *given, 0.09), (&mut *family, 0.13)] {
            if context.slips(rng, probability) {
                mistype(name, rng);
            }
        }
        if context.slips(rng, 0.03) {
            std::mem::swap(given, family);
        }

        let (year, month, day) = who.birth;
        let swapped = context.slips(rng, 0.04) && day <= 12;
        let (month, day) = if swapped { (day, month) } else { (month, day) };
        push_fmt(birth, format_args!("{year:04}-{month:02}-{day:02}"));
        if context.slips(rng, 0.09) {
            wrong_digit(birth, rng);
        }

        self.write_email(&who, who.emails[context.version(rng, who.new_email)], email);
        if context.slips(rng, 0.13) {
            mistype(email, rng);
        }

        push_fmt(phone, format_args!("{}", who.phones[context.version(rng, who.new_phone)]));
        if context.slips(rng, 0.08) {
            wrong_digit(phone, rng);
        }

        let home = who.homes[context.version(rng, who.new_home)];
        push_fmt(address, format_args!("{} {} {}", home.number, self.street.get(home.street), home.road));
        city.push_str(self.city.get(home.city));
        push_fmt(postcode, format_args!("{:06}", home.postcode));
        for cell in [&mut *address, &mut *city] {
            if context.slips(rng, 0.1) {
                mistype(cell, rng);
            }
        }
        if context.slips(rng, 0.09) {
            wrong_digit(postcode, rng);
        }

        let shares = [NO_GIVEN, NO_FAMILY, NO_BIRTH, NO_EMAIL, NO_PHONE, NO_ADDRESS, NO_CITY, NO_POSTCODE];
        context.leave_out(rng, cells, &shares);
    }
}
