//! Pairwise F1 of the final profiles over all true pairs, one default call for every set: no rules, labels, thresholds.
//! Truth and record numbers are never fields.

use regulars::data::csv::{CsvFormat, RawTable};
use regulars::data::{Records, RecordsCsvParams};
use regulars::metrics::{PairScores, pairwise, pairwise_across};
use regulars::profile::{MatchParams, Sources};

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
