//! Made-up tables of shapes that lead a fit astray: what goes together among strangers, families, the same name twice.

use super::*;
use crate::data::{Field, FieldKind, Record, Records};
use crate::kernel::rng::Rng;
use crate::metrics::{PairScores, pairwise};
use crate::types::Seed;

/// Fields by name and kind; rows of values with the true person.
struct Table {
    fields: Vec<(&'static str, FieldKind)>,
    rows: Vec<(Vec<String>, u32)>,
}

impl Table {
    fn records(&self) -> Records {
        let fields = self.fields.iter().map(|(name, kind)| Field::new(*name, *kind));
        let mut builder = Records::builder(fields).unwrap();
        for (id, (values, _)) in self.rows.iter().enumerate() {
            let record = Record::new(id.to_string());
            let filled = self.fields.iter().zip(values).filter(|(_, value)| !value.is_empty());
            builder.push(filled.fold(record, |r, ((name, _), value)| r.value(name, value))).unwrap();
        }
        builder.build().unwrap()
    }

    fn scores(&self) -> PairScores {
        let records = self.records();
        let people = MatchParams::new().fit(&records).unwrap().merge(&records).unwrap();
        let truth: Vec<u32> = self.rows.iter().map(|(_, person)| *person).collect();
        pairwise(people.labels(), &truth).unwrap()
    }
}

const SYLLABLES: [&str; 24] = [
    "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "va", "we",
    "xi", "yo", "zu", "bran", "stel", "mor", "quin",
];

/// A word of so many syllables, the n-th of its kind.
fn word(n: u64, syllables: u32) -> String {
    (0..syllables).map(|i| SYLLABLES[usize::try_from(n / 24_u64.pow(i) % 24).unwrap()]).collect()
}

/// A letter taken away.
fn slip(rng: &mut Rng, text: &str) -> String {
    let at = usize::try_from(rng.below(text.len() as u64)).unwrap();
    text.char_indices().filter(|(i, _)| *i != at).map(|(_, c)| c).collect()
}

fn date(rng: &mut Rng) -> String {
    format!("{}-{:02}-{:02}", 1940 + rng.below(60), 1 + rng.below(12), 1 + rng.below(28))
}

/// People of twelve places, each with its city, county and postcode; half of them twice, with a slip in a name.
fn places() -> Table {
    let mut rng = Rng::new(Seed(1), 0);
    let mut rows = Vec::new();
    for person in 0..1_200 {
        let place = rng.below(12);
        let (given, family, born) = (word(rng.below(200), 2), word(rng.below(700), 2), date(&mut rng));
        let at =
            [word(100 + 31 * place, 3), word(7_000 + 57 * place, 3), format!("{}", 10_007 + 733 * place)];
        for copy in 0..=rng.below(2) {
            let slipped = copy > 0 && rng.chance(0.4);
            let given = if slipped { slip(&mut rng, &given) } else { given.clone() };
            let born = if rng.chance(0.25) { String::new() } else { born.clone() };
            rows.push(([vec![given, family.clone(), born], at.to_vec()].concat(), person));
        }
    }
    let fields = vec![
        ("first", FieldKind::GivenName),
        ("last", FieldKind::FamilyName),
        ("born", FieldKind::BirthDate),
        ("city", FieldKind::City),
        ("county", FieldKind::Region),
        ("zip", FieldKind::Postcode),
    ];
    Table { fields, rows }
}

#[test]
fn strangers_of_one_place_are_not_one_person() {
    let found = places().scores();
    assert!(found.f1 > 0.95 && found.precision > 0.95, "{found:?}");
}

#[test]
fn a_name_written_twice_counts_once() {
    let mut table = places();
    table.fields.truncate(3);
    table.fields.extend([("name", FieldKind::FullName), ("name on card", FieldKind::FullName)]);
    for (values, _) in &mut table.rows {
        values.truncate(3);
        let whole = format!("{} {}", values[0], values[1]);
        values.extend([whole.clone(), whole]);
    }
    let found = table.scores();
    assert!(found.precision > 0.93 && found.f1 > 0.95, "{found:?}");
}

/// Homes of one to five with one address, half of them on one telephone; no birth dates.
#[test]
fn families_are_not_one_person() {
    let mut rng = Rng::new(Seed(2), 0);
    let (mut rows, mut person) = (Vec::new(), 0);
    for home in 0..500_u64 {
        let (family, number) = (word(rng.below(900), 2), 1 + rng.below(300));
        let (address, city) =
            (format!("{number} {} street", word(home * 19, 3)), word(500 + rng.below(90), 3));
        let (zip, phone) =
            (format!("{}", 10_000 + rng.below(80_000)), 1_000_000_000 + rng.below(8_000_000_000));
        for _ in 0..=rng.below(5) {
            let (given, own) = (word(rng.below(400), 2), 1_000_000_000 + rng.below(8_000_000_000));
            for copy in 0..=rng.below(2) {
                let given = if copy > 0 && rng.chance(0.2) { slip(&mut rng, &given) } else { given.clone() };
                let phone = if rng.chance(0.5) { phone } else { own };
                let values = vec![
                    given,
                    family.clone(),
                    address.clone(),
                    city.clone(),
                    zip.clone(),
                    format!("0{phone}"),
                ];
                rows.push((values, person));
            }
            person += 1;
        }
    }
    let fields = vec![
        ("first", FieldKind::GivenName),
        ("last", FieldKind::FamilyName),
        ("street", FieldKind::Address),
        ("city", FieldKind::City),
        ("zip", FieldKind::Postcode),
        ("phone", FieldKind::Phone),
    ];
    let found = Table { fields, rows }.scores();
    assert!(found.precision > 0.89 && found.recall > 0.98, "{found:?}");
}

#[cfg(feature = "serde")]
#[test]
fn what_goes_together_is_saved_checked_and_explained() {
    let records = places().records();
    let model = MatchParams::new().fit(&records).unwrap();
    let mut file = Vec::new();
    crate::persist::write(&mut file, &model).unwrap();
    let loaded: MatchModel = crate::persist::read(&file[..]).unwrap();
    let labels = |model: &MatchModel| model.merge(&records).unwrap().labels().to_vec();
    assert_eq!(labels(&loaded), labels(&model));
    let mut again = Vec::new();
    crate::persist::write(&mut again, &loaded).unwrap();
    assert_eq!(file, again);
    // The waterfall of a pair of one place ends at the score by which the review list goes.
    let all = |p| crate::types::Probability::new(p).unwrap();
    let review = model.review(&records, all(0.0), all(1.0)).unwrap();
    let explainer = model.explainer(&records).unwrap();
    for pair in review.iter().step_by(40) {
        let why = explainer.explain(pair.rows.0, pair.rows.1).unwrap();
        let sum: f64 = why.evidence.iter().map(|e| e.bits).sum();
        assert!((why.prior + sum + why.household - why.total).abs() < 1e-9);
        assert!((why.probability.get() - pair.probability.get()).abs() < 1e-4, "{why}");
    }
    // Beside the postcode, a common city says next to nothing.
    let (a, b) = (0..records.len())
        .flat_map(|a| (a + 1..records.len().min(a + 40)).map(move |b| (a, b)))
        .find(|(a, b)| records.values(*a, "zip").eq(records.values(*b, "zip")))
        .unwrap();
    let why = explainer.explain(a, b).unwrap();
    let bits = |field: &str| why.evidence.iter().find(|e| e.field == field).unwrap().bits;
    let places = bits("city") + bits("county") + bits("zip");
    assert!(places > 1.0 && places < 5.0, "{why}");
}
