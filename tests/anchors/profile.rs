//! Pairwise F1 of the final profiles over all true pairs, one default call for every set: no rules, labels, thresholds.
//! Truth and record numbers are never fields.

use regulars::data::csv::{CsvFormat, RawTable};
use regulars::data::{Records, RecordsCsvParams};
use regulars::metrics::{PairScores, pairwise, pairwise_across};
use regulars::profile::{Labels, MatchModel, MatchParams, Sources};

use super::{data_dir, read};

fn resolve(files: &[&str], truth: &str, sources: Sources) -> Option<(PairScores, usize)> {
    let dir = data_dir()?;
    let mut csv = Records::csv(RecordsCsvParams::new().ignore(truth));
    let mut people: Vec<String> = Vec::new();
    for name in files {
        let text = read(&dir, name);
        csv.read(name, text.as_bytes()).unwrap();
        let table = RawTable::read_csv(text.as_bytes(), &CsvFormat::new()).unwrap();
        people.extend(table.column(truth).unwrap().iter().map(str::to_owned));
    }
    let records = csv.build().unwrap();
    let mut names = people.clone();
    names.sort_unstable();
    names.dedup();
    let people: Vec<u32> =
        people.iter().map(|p| u32::try_from(names.binary_search(p).unwrap()).unwrap()).collect();
    let profiles = MatchParams::new().sources(sources).fit(&records).unwrap().merge(&records).unwrap();
    let scores = match sources {
        Sources::FreeOfDuplicates => {
            let source: Vec<u32> =
                (0..records.len()).map(|r| u32::try_from(records.source(r).unwrap()).unwrap()).collect();
            pairwise_across(profiles.labels(), &people, &source).unwrap()
        }
        _ => pairwise(profiles.labels(), &people).unwrap(),
    };
    Some((scores, profiles.largest()))
}

#[track_caller]
fn at_least(result: Option<(PairScores, usize)>, f1: f64, true_pairs: u64) {
    let Some((scores, largest)) = result else { return };
    assert_eq!(scores.true_pairs, true_pairs);
    assert!(scores.f1 >= f1, "F1 {} below {f1}, {scores:?}", scores.f1);
    assert!(largest < 50, "a profile of {largest} records");
}

#[test]
fn febrl_1() {
    at_least(resolve(&["febrl/febrl1.csv.gz"], "entity_id", Sources::MayRepeat), 0.999, 500);
}

#[test]
fn febrl_2() {
    at_least(resolve(&["febrl/febrl2.csv.gz"], "entity_id", Sources::MayRepeat), 0.999, 1_934);
}

#[test]
fn febrl_4_linked() {
    let files = ["febrl/febrl4a.csv.gz", "febrl/febrl4b.csv.gz"];
    at_least(resolve(&files, "entity_id", Sources::FreeOfDuplicates), 0.9998, 5_000);
}

#[test]
fn fake_1000() {
    let files = ["splink_fake_1000/fake_1000.csv.gz"];
    at_least(resolve(&files, "cluster", Sources::MayRepeat), 0.96, 2_031);
}

#[test]
fn crm_zh() {
    at_least(resolve(&["crm_zh_synth/crm_zh_20k.csv.gz"], "entity_id", Sources::MayRepeat), 0.94, 18_187);
}

/// Labels of half of the people, drawn by a hash; measured on the other half, with and without them.
#[test]
fn crm_zh_with_labels() {
    let Some(dir) = data_dir() else { return };
    let text = read(&dir, "crm_zh_synth/crm_zh_20k.csv.gz");
    let mut csv = Records::csv(RecordsCsvParams::new().ignore("entity_id"));
    csv.read("crm", text.as_bytes()).unwrap();
    let records = csv.build().unwrap();
    let table = RawTable::read_csv(text.as_bytes(), &CsvFormat::new()).unwrap();
    let mut numbers = std::collections::HashMap::new();
    let mut number = |person: &str| {
        let next = u32::try_from(numbers.len()).unwrap();
        *numbers.entry(person.to_owned()).or_insert(next)
    };
    let people: Vec<u32> = table.column("entity_id").unwrap().iter().map(&mut number).collect();
    let labelled = |person: u32| person.wrapping_mul(0x9e37_79b1) >> 31 == 0;
    let labels = Labels::new().people(people.iter().map(|p| labelled(*p).then_some(*p))).whole();
    let f1 = |model: &MatchModel| {
        let profiles = model.merge(&records).unwrap();
        let rows = || (0..people.len()).filter(|row| !labelled(people[*row]));
        let found: Vec<u32> = rows().map(|row| profiles.labels()[row]).collect();
        let truth: Vec<u32> = rows().map(|row| people[row]).collect();
        pairwise(&found, &truth).unwrap().f1
    };
    let with = f1(&MatchParams::new().fit_labelled(&records, &labels).unwrap());
    let without = f1(&MatchParams::new().fit(&records).unwrap());
    assert!(with >= 0.962 && with > without + 0.004, "{with} with labels, {without} without");
}
