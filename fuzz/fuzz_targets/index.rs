//! Any sequence of operations on an index of profiles: what is left is what a fresh build of it gives, unmerge after
//! merge restores, forgetting leaves nothing, the audit stays whole.
#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use regulars::data::{Field, FieldKind, Record, Records};
use regulars::profile::{IndexParams, MatchParams, ProfileId, ProfileIndex};

#[derive(Arbitrary, Debug)]
enum Step<'a> {
    Upsert(u8, [&'a str; 3]),
    Remove(u8),
    Merge(u8, u8),
    Unmerge(u8, u8),
    MergeAndBack(u8, u8),
    Who([&'a str; 3]),
    Forget(u8),
}

const NAMES: [&str; 3] = ["name", "email", "phone"];
const STEPS: usize = 40;
const RECORDS: u8 = 16;

fn record<'a>(id: &'a str, values: &[&'a str; 3]) -> Record<'a> {
    NAMES.into_iter().zip(values).fold(Record::new(id), |record, (name, value)| record.value(name, value))
}

fn partition(index: &ProfileIndex) -> Vec<(String, ProfileId)> {
    let members = |id| index.records_of(id).into_iter().map(move |(_, record)| (record.to_owned(), id));
    let mut all: Vec<_> = index.profiles().into_iter().flat_map(members).collect();
    all.sort();
    all
}

fuzz_target!(|data: &[u8]| {
    let Ok(steps) = Vec::<Step>::arbitrary(&mut Unstructured::new(data)) else { return };
    let kinds = [FieldKind::FullName, FieldKind::Email, FieldKind::Phone];
    let fields = NAMES.into_iter().zip(kinds).map(|(name, kind)| Field::new(name, kind));
    let mut builder = Records::builder(fields).unwrap();
    builder.push(record("seed", &["Ann Lee", "ann.lee@x.org", "555 0100"])).unwrap();
    builder.push(record("twin", &["Ann Lee", "ann.lee@x.org", "555 0100"])).unwrap();
    let records = builder.build().unwrap();
    // Every other input under a veto, which the living index must keep as a fresh build does.
    let mut params = MatchParams::new();
    if data.len() % 2 == 1 {
        params = params.veto(FieldKind::Phone);
    }
    let model = params.fit(&records).unwrap();
    let mut index = IndexParams::new().key([1; 32]).largest(6).fit(&model, &records).unwrap();
    let ids: Vec<String> = (0..RECORDS).map(|i| i.to_string()).collect();
    let id = |n: u8| ids[usize::from(n % RECORDS)].as_str();
    for step in steps.iter().take(STEPS) {
        match step {
            Step::Upsert(n, values) => {
                index.upsert(&record(id(*n), values)).unwrap();
            }
            Step::Remove(n) => drop(index.remove("", id(*n))),
            Step::Merge(a, b) => drop(index.merge(("", id(*a)), ("", id(*b)))),
            Step::Unmerge(a, b) => drop(index.unmerge(("", id(*a)), ("", id(*b)))),
            Step::MergeAndBack(a, b) => {
                let (x, y) = (("", id(*a)), ("", id(*b)));
                let apart = index.profile_of("", x.1) != index.profile_of("", y.1);
                // Taken apart before, so that the merge changes nothing but the two profiles.
                if apart && index.unmerge(x, y).is_ok() {
                    let before = partition(&index);
                    index.merge(x, y).unwrap();
                    index.unmerge(x, y).unwrap();
                    assert_eq!(partition(&index), before);
                }
            }
            Step::Who(values) => {
                let before = partition(&index);
                for found in index.who(&record("?", values)).unwrap() {
                    assert!((0.0..=1.0).contains(&found.probability.get()));
                }
                assert_eq!(partition(&index), before);
            }
            Step::Forget(n) => {
                if let Some(profile) = index.profile_of("", id(*n)) {
                    index.forget(profile).unwrap();
                    assert_eq!(index.profile_of("", id(*n)), None);
                }
            }
        }
    }
    index.verify().unwrap();
    let again = index.replay(index.audit().len()).unwrap();
    assert_eq!(partition(&again), partition(&index));
});
