use super::*;
use crate::ErrorKind;
use crate::data::{Field, FieldKind};
use crate::metrics::pairwise;
use crate::profile::{Agreement, MatchParams};
use crate::simulate::{RecordTable, ShopParams};
use crate::types::Seed;
use hashbrown::HashMap;
use proptest::prelude::*;

const KEY: [u8; 32] = [9; 32];

fn shop(customers: u32, seed: u64) -> (RecordTable, Records) {
    let table = ShopParams::new(customers, Seed(seed)).simulate().unwrap().record_table().unwrap();
    let records = table.to_records().unwrap();
    (table, records)
}

fn record(records: &Records, row: usize) -> Record<'_> {
    let mut record = Record::new(records.id(row).unwrap()).source(records.source_name(row).unwrap());
    for field in records.fields() {
        for value in records.values(row, field.name()) {
            record = record.value(field.name(), value);
        }
    }
    record
}

fn name(records: &Records, row: usize) -> (String, String) {
    (records.source_name(row).unwrap().to_owned(), records.id(row).unwrap().to_owned())
}

/// Every record with the id of its profile, in the order of the names.
fn partition(index: &ProfileIndex) -> Vec<(String, String, ProfileId)> {
    let mut all: Vec<_> = index
        .profiles()
        .into_iter()
        .flat_map(|id| index.records_of(id).into_iter().map(move |(s, i)| (s.to_owned(), i.to_owned(), id)))
        .collect();
    all.sort();
    all
}

#[test]
fn an_index_finds_the_people_a_merge_finds() {
    let (table, records) = shop(1_500, 3);
    let model = MatchParams::new().fit(&records).unwrap();
    let index = IndexParams::new().key(KEY).fit(&model, &records).unwrap();
    let mut number = HashMap::new();
    let labels: Vec<u32> = (0..records.len())
        .map(|row| {
            let (source, id) = name(&records, row);
            let next = u32::try_from(number.len()).unwrap();
            *number.entry(index.profile_of(&source, &id).unwrap()).or_insert(next)
        })
        .collect();
    let f1 = pairwise(&labels, table.people()).unwrap().f1;
    assert!(f1 > 0.9, "{f1}");
    assert_eq!(index.len(), records.len());
    index.verify().unwrap();
}

#[test]
fn streamed_is_batch_whatever_the_order() {
    let (_, records) = shop(300, 5);
    let model = MatchParams::new().fit(&records).unwrap();
    let batch = IndexParams::new().key(KEY).fit(&model, &records).unwrap();
    let mut emptied = IndexParams::new().key(KEY).fit(&model, &records).unwrap();
    for row in 0..records.len() {
        let (source, id) = name(&records, row);
        emptied.remove(&source, &id).unwrap();
    }
    assert!(emptied.is_empty() && emptied.profiles().is_empty());
    let mut rng = crate::kernel::rng::Rng::new(Seed(1), 0);
    let mut order: Vec<usize> = (0..records.len()).collect();
    rng.shuffle(&mut order);
    emptied.upsert_all(order.iter().map(|row| record(&records, *row))).unwrap();
    assert_eq!(partition(&emptied), partition(&batch));
    // The same again, every record twice, and a replay of it all.
    emptied.upsert_all(order.iter().rev().map(|row| record(&records, *row))).unwrap();
    assert_eq!(partition(&emptied), partition(&batch));
    let events = emptied.audit().len();
    assert_eq!(partition(&emptied.replay(events).unwrap()), partition(&batch));
    assert_eq!(partition(&emptied.replay(records.len()).unwrap()), partition(&batch));
    assert_eq!(emptied.replay(events + 1).unwrap_err().kind(), ErrorKind::InvalidInput);
}

/// Every score that is kept, by the ids of profiles' first records: what does not depend on rows.
fn scores(index: &ProfileIndex) -> Vec<(u64, u64, u32)> {
    let rows = &index.live.rows;
    let edges = |row: u32| {
        let score = move |(other, score): &(u32, f32)| (rows[row].order, rows[*other].order, score.to_bits());
        rows[row].edges.iter().map(score)
    };
    let mut all: Vec<_> = (0..).take(rows.len()).flat_map(edges).collect();
    all.sort_unstable();
    all
}

#[test]
fn several_values_of_one_record_leave_the_scores_of_others_alone() {
    let (_, records) = shop(300, 5);
    let model = MatchParams::new().fit(&records).unwrap();
    let mut index = IndexParams::new().key(KEY).fit(&model, &records).unwrap();
    let before = scores(&index);
    let two = Record::new("two").source("new").value("phone", "13800138000").value("phone", "13900139000");
    index.upsert(&two.clone().value("email", "ann@x.org")).unwrap();
    index.upsert(&two).unwrap();
    // All come again, with other values in between.
    for row in 0..records.len() {
        let (source, id) = name(&records, row);
        index.upsert(&Record::new(id.as_str()).source(&source).value("city", "Ulm")).unwrap();
        index.upsert(&record(&records, row)).unwrap();
    }
    index.remove("new", "two").unwrap();
    assert_eq!(scores(&index), before);
}

#[test]
fn blocks_that_close_and_open_leave_no_trace() {
    let (_, records) = shop(150, 4);
    let model = MatchParams::new().fit(&records).unwrap();
    let mut index = IndexParams::new().key(KEY).largest(12).fit(&model, &records).unwrap();
    let mut rng = crate::kernel::rng::Rng::new(Seed(2), 0);
    let ids: Vec<String> = (0..115).map(|i| format!("n{i}")).collect();
    let (mut closed, mut opened) = (false, false);
    for step in 0..3_000 {
        let id = &ids[usize::try_from(rng.below(115)).unwrap()];
        if rng.below(7) == 0 {
            drop(index.remove("flood", id));
        } else {
            let emails = [format!("{id}@x.org"), format!("ann.smith{}@x.org", rng.below(40))];
            let record = Record::new(id.as_str())
                .source("flood")
                .value("given_name", ["Ann", "Anne"][usize::from(rng.below(4) == 0)])
                .value("family_name", "Smith")
                .value("city", "Ulm")
                .value("email", &emails[usize::from(rng.below(2) == 0)]);
            index.upsert(&record).unwrap();
        }
        closed |= index.closed_keys().0 > 0;
        opened |= closed && index.closed_keys().0 == 0;
        if step % 500 == 499 {
            let replayed = index.replay(index.audit().len()).unwrap();
            assert_eq!(partition(&replayed), partition(&index));
            assert_eq!(scores(&replayed), scores(&index));
            assert_eq!(replayed.closed_keys(), index.closed_keys());
        }
    }
    assert!(closed && opened);
}

#[test]
fn unmerge_after_merge_restores_and_is_remembered() {
    let (_, records) = shop(200, 8);
    let model = MatchParams::new().fit(&records).unwrap();
    let mut index = IndexParams::new().key(KEY).fit(&model, &records).unwrap();
    let before = partition(&index);
    let (a, b) = (name(&records, 0), name(&records, 1));
    let (x, y) = ((a.0.as_str(), a.1.as_str()), (b.0.as_str(), b.1.as_str()));
    assert_ne!(index.profile_of(x.0, x.1), index.profile_of(y.0, y.1));
    let change = index.merge(x, y).unwrap();
    assert_eq!(index.profile_of(x.0, x.1), index.profile_of(y.0, y.1));
    assert_eq!(change.gone.len(), 1);
    index.unmerge(x, y).unwrap();
    assert_eq!(partition(&index), before);
    // Two records of one profile, taken apart, stay apart when one comes again.
    let group = index.profiles().into_iter().find(|id| index.records_of(*id).len() == 2).unwrap();
    let pair: Vec<(String, String)> =
        index.records_of(group).into_iter().map(|(s, i)| (s.to_owned(), i.to_owned())).collect();
    let (x, y) = ((pair[0].0.as_str(), pair[0].1.as_str()), (pair[1].0.as_str(), pair[1].1.as_str()));
    index.unmerge(x, y).unwrap();
    assert_eq!(index.profile_of(x.0, x.1), Some(group));
    assert_ne!(index.profile_of(y.0, y.1), Some(group));
    let row = records.row_of(y.0, y.1).unwrap();
    index.upsert(&record(&records, row)).unwrap();
    assert_ne!(index.profile_of(y.0, y.1), Some(group));
    assert_eq!(partition(&index.replay(index.audit().len()).unwrap()), partition(&index));
    assert_eq!(index.merge(x, x).unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[test]
fn who_is_this_leaves_no_trace() {
    let (_, records) = shop(300, 5);
    let model = MatchParams::new().fit(&records).unwrap();
    let mut index = IndexParams::new().key(KEY).fit(&model, &records).unwrap();
    let before = (partition(&index), index.audit().len(), index.live.bytes().len());
    let asked = record(&records, 4);
    let found = index.who(&asked).unwrap();
    let (source, id) = name(&records, 4);
    assert_eq!(found[0].profile, index.profile_of(&source, &id).unwrap());
    assert!(found[0].probability.get() > 0.5);
    let stranger = Record::new("x").value("given_name", "Zebulon").value("email", "zzz.qqq@nowhere.net");
    assert!(index.who(&stranger).unwrap().is_empty());
    assert_eq!((partition(&index), index.audit().len()), (before.0, before.1));
    assert_eq!(index.who(&Record::new("x").value("shoe", "44")).unwrap_err().kind(), ErrorKind::InvalidParam);
}

/// Two ids whose hashes were made to meet: the second is refused, and nothing of the first is touched.
#[test]
fn an_id_made_to_meet_another_replaces_nobody() {
    let (_, records) = shop(100, 5);
    let model = MatchParams::new().fit(&records).unwrap();
    let mut index = IndexParams::new().key(KEY).fit(&model, &records).unwrap();
    index.upsert(&Record::new("c-1042").source("web").value("email", "ann.lee@x.org")).unwrap();
    let before = (partition(&index), index.audit().len());
    let made = Record::new("4nrew51v%Q~si2yB").source("web").value("email", "eve@y.org");
    assert_eq!(index.upsert(&made).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!((partition(&index), index.audit().len()), before);
    assert_eq!(index.profile_of("web", "4nrew51v%Q~si2yB"), None);
    assert!(index.remove("web", "4nrew51v%Q~si2yB").is_err());
    // Elsewhere the same id is one of its own.
    index.upsert(&Record::new("4nrew51v%Q~si2yB").source("shop").value("email", "eve@y.org")).unwrap();
    assert_eq!(index.len(), records.len() + 2);
}

#[test]
fn explanations_of_pairs_that_match_and_that_do_not() {
    let (_, records) = shop(200, 8);
    let model = MatchParams::new().fit(&records).unwrap();
    let index = IndexParams::new().key(KEY).fit(&model, &records).unwrap();
    let (a, b) = (name(&records, 0), name(&records, 1));
    let why = index.explain((&a.0, &a.1), (&b.0, &b.1)).unwrap();
    assert!(why.probability.get() < 0.5);
    assert_eq!(why, index.explain((&b.0, &b.1), (&a.0, &a.1)).unwrap());
    assert!(index.explain((&a.0, &a.1), (&a.0, &a.1)).is_err());
    assert!(index.explain((&a.0, "nobody"), (&b.0, &b.1)).is_err());
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|w| w == text.as_bytes())
}

#[cfg(feature = "serde")]
#[test]
fn forget_leaves_nothing_in_any_byte() {
    let (_, records) = shop(150, 4);
    let model = MatchParams::new().fit(&records).unwrap();
    let mut index = IndexParams::new().key(KEY).fit(&model, &records).unwrap();
    let mut old = index.snapshot();
    let person = Record::new("secret-id-77")
        .source("web")
        .value("given_name", "Quuxandra")
        .value("family_name", "Zyxwvut")
        .value("email", "quuxandra.zyxwvut@hidden.example")
        .value("phone", "13912345678");
    let id = index.upsert(&person).unwrap().profile.unwrap();
    index.upsert(&person.clone().value("address", "1 Vanishing Point Plaza")).unwrap();
    let mut late = index.snapshot();
    let others = index.len() - 1;
    let profile = index.profile_of("web", "secret-id-77").unwrap();
    assert_eq!(id, profile);
    let bytes_of = |snapshot: &IndexSnapshot| {
        let mut file = Vec::new();
        crate::persist::write(&mut file, snapshot).unwrap();
        file
    };
    let traces = [
        "secret-id-77",
        "Quuxandra",
        "quuxandra",
        "zyxwvut",
        "Zyxwvut",
        "hidden",
        "13912345678",
        "3912345",
        "Vanishing",
    ];
    assert!(holds(&bytes_of(&late), "Quuxandra"));
    assert_eq!(index.forget(profile).unwrap(), 1);
    assert_eq!(index.len(), others);
    assert_eq!(late.catch_up(&index).unwrap(), 1);
    assert_eq!(old.catch_up(&index).unwrap(), 1);
    let events = index.audit().len();
    let replayed = index.replay(events).unwrap();
    assert_eq!(partition(&replayed), partition(&index));
    // The same history, one step before: the person is absent there too.
    assert_eq!(index.replay(events - 1).unwrap().len(), others);
    for bytes in [
        bytes_of(&index.snapshot()),
        bytes_of(&late),
        bytes_of(&old),
        index.live.bytes(),
        replayed.live.bytes(),
    ] {
        for trace in traces {
            assert!(!holds(&bytes, trace), "{trace}");
        }
    }
    index.verify().unwrap();
    // A record that was removed first is found in the audit all the same.
    index.upsert(&person).unwrap();
    index.remove("web", "secret-id-77").unwrap();
    assert!(holds(&bytes_of(&index.snapshot()), "Quuxandra"));
    index.forget_record("web", "secret-id-77").unwrap();
    assert!(!holds(&bytes_of(&index.snapshot()), "Quuxandra"));
    assert!(index.forget_record("web", "secret-id-77").is_err());
    late.open(KEY).unwrap().verify().unwrap();
    assert_eq!(index.forget(profile).unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[cfg(feature = "serde")]
#[test]
fn a_saved_index_goes_on_as_before() {
    let (_, records) = shop(150, 4);
    let model = MatchParams::new().fit(&records).unwrap();
    let mut index = IndexParams::new().key(KEY).fit(&model, &records).unwrap();
    let (source, id) = name(&records, 3);
    index.remove(&source, &id).unwrap();
    let mut file = Vec::new();
    crate::persist::write(&mut file, &index.snapshot()).unwrap();
    let loaded: IndexSnapshot = crate::persist::read(&file[..]).unwrap();
    let mut loaded = loaded.open(KEY).unwrap();
    assert_eq!(partition(&loaded), partition(&index));
    let back = record(&records, 3);
    assert_eq!(loaded.upsert(&back).unwrap(), index.upsert(&back).unwrap());
    assert_eq!(loaded.audit(), index.audit());
    // A value altered in the file, its checksum set right, is still found out.
    let mut altered = index.snapshot();
    let last = altered.log.blocks.len() - 1;
    altered.log.blocks[last] ^= 1;
    let mut file = Vec::new();
    crate::persist::write(&mut file, &altered).unwrap();
    let error = crate::persist::read::<IndexSnapshot>(&file[..]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::IncompatibleModel);
}

#[test]
fn a_value_that_everybody_has_closes_its_block() {
    let (_, records) = shop(150, 4);
    let model = MatchParams::new().fit(&records).unwrap();
    let mut index = IndexParams::new().key(KEY).fit(&model, &records).unwrap();
    let ids: Vec<String> = (0..400).map(|i| format!("n{i}")).collect();
    for id in &ids {
        let email = format!("{id}@x.org");
        let record = Record::new(id.as_str())
            .source("flood")
            .value("given_name", "Ann")
            .value("family_name", "Smith")
            .value("city", "Ulm")
            .value("email", &email);
        index.upsert(&record).unwrap();
    }
    let (closed, largest) = index.closed_keys();
    assert!(closed > 0 && largest >= 400, "{closed} {largest}");
    for id in &ids {
        index.remove("flood", id).unwrap();
    }
    assert_eq!(index.len(), records.len());
}

#[test]
fn rules_have_no_index_and_debug_no_values() {
    let fields = [Field::new("email", FieldKind::Email)];
    let mut builder = Records::builder(fields).unwrap();
    builder.push(Record::new("1").value("email", "ann@x.org")).unwrap();
    let records = builder.build().unwrap();
    let model = MatchParams::new().method(crate::profile::Method::Rules).fit(&records).unwrap();
    assert_eq!(
        IndexParams::new().key(KEY).fit(&model, &records).unwrap_err().kind(),
        ErrorKind::InvalidInput
    );
    let model = MatchParams::new().fit(&records).unwrap();
    let index = IndexParams::new().key(KEY).fit(&model, &records).unwrap();
    assert_eq!(
        format!("{index:?} {:?}", index.snapshot()),
        "ProfileIndex(1 records, 1 profiles, 1 events) IndexSnapshot(1 events)"
    );
    assert_eq!(format!("{:?}", IndexParams::new().key(KEY)), "IndexParams(largest 200)");
    // Zeros are what a caller has who forgot the key.
    for params in [IndexParams::new(), IndexParams::new().key([0; 32])] {
        let error = params.fit(&model, &records).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidParam);
        assert_eq!(error.place(), Some(&crate::Place::Parameter("key")));
    }
}

/// Under another key the frozen counts would not be found, and strangers would be merged.
#[test]
fn a_saved_index_opens_with_its_own_key_only() {
    let (_, records) = shop(80, 4);
    let model = MatchParams::new().fit(&records).unwrap();
    let mut index = IndexParams::new().key(KEY).fit(&model, &records).unwrap();
    let saved = index.snapshot();
    for bit in 0..256 {
        let mut other = KEY;
        other[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(saved.clone().open(other).unwrap_err().kind(), ErrorKind::IncompatibleModel);
    }
    assert_eq!(saved.clone().open([0; 32]).unwrap_err().kind(), ErrorKind::IncompatibleModel);
    assert_eq!(partition(&saved.clone().open(KEY).unwrap()), partition(&index));
    // What another index has forgotten is of other people.
    let (_, others) = shop(40, 5);
    let mut other = IndexParams::new().key(KEY).fit(&model, &others).unwrap();
    other.forget(other.profiles()[0]).unwrap();
    let mut copy = saved.clone();
    assert_eq!(copy.catch_up(&other).unwrap_err().kind(), ErrorKind::InvalidInput);
    index.forget(index.profiles()[0]).unwrap();
    assert!(copy.catch_up(&index).unwrap() > 0);
}

/// Snapshots of format version 1 hold no digest of the key; once saved again they do.
#[cfg(feature = "serde")]
#[test]
fn an_index_saved_without_a_digest_opens_as_before() {
    let (_, records) = shop(80, 4);
    let model = MatchParams::new().fit(&records).unwrap();
    let index = IndexParams::new().key(KEY).fit(&model, &records).unwrap();
    let mut file = Vec::new();
    crate::persist::write(&mut file, &index.snapshot()).unwrap();
    let digest = super::key_digest(&KEY).to_hex();
    let old = crate::persist::edited(&file, &format!(",\"key\":\"{digest}\""), "");
    let old: IndexSnapshot = crate::persist::read(&old[..]).unwrap();
    assert!(old.clone().open([8; 32]).is_ok());
    let opened = old.open(KEY).unwrap();
    assert_eq!(partition(&opened), partition(&index));
    assert!(opened.snapshot().open([8; 32]).is_err());
    let damaged = crate::persist::edited(&file, &digest[..60], &"g".repeat(60));
    let error = crate::persist::read::<IndexSnapshot>(&damaged[..]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::IncompatibleModel);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Under a veto streamed is batch as well, whatever the order, and no profile breaks the veto.
    #[test]
    fn vetoes_hold_whatever_the_order(seed in 0_u64..1_000, kind in 0_usize..3) {
        let kind = [FieldKind::BirthDate, FieldKind::Phone, FieldKind::Email][kind];
        let (_, records) = shop(60, 6);
        let model = MatchParams::new().veto(kind).fit(&records).unwrap();
        let batch = IndexParams::new().key(KEY).fit(&model, &records).unwrap();
        let mut index = IndexParams::new().key(KEY).fit(&model, &records).unwrap();
        let mut order: Vec<usize> = (0..records.len()).collect();
        crate::kernel::rng::Rng::new(Seed(seed), 0).shuffle(&mut order);
        for row in &order {
            let (source, id) = name(&records, *row);
            index.remove(&source, &id).unwrap();
        }
        index.upsert_all(order.iter().map(|row| record(&records, *row))).unwrap();
        prop_assert_eq!(partition(&index), partition(&batch));
        for profile in index.profiles() {
            let members = index.records_of(profile);
            for (i, a) in members.iter().enumerate() {
                for b in &members[i + 1..] {
                    let why = index.explain(*a, *b).unwrap();
                    for evidence in why.evidence.iter().filter(|e| e.kind == kind) {
                        prop_assert_ne!(evidence.agreement, Agreement::Differ);
                    }
                }
            }
        }
    }

    /// Any sequence of operations ends where a fresh build of what is left ends.
    #[test]
    fn operations_in_any_order_end_in_the_same_partition(
        steps in proptest::collection::vec((0_u8..5, 0_usize..40, 0_usize..40), 1..60),
    ) {
        let (_, records) = shop(30, 6);
        let mut params = MatchParams::new();
        if steps.len() % 2 == 1 {
            params = params.veto(FieldKind::BirthDate);
        }
        let model = params.fit(&records).unwrap();
        let mut index = IndexParams::new().key(KEY).largest(4).fit(&model, &records).unwrap();
        let n = records.len();
        for (what, a, b) in steps {
            let (x, y) = (name(&records, a % n), name(&records, b % n));
            let (p, q) = ((x.0.as_str(), x.1.as_str()), (y.0.as_str(), y.1.as_str()));
            match what {
                0 => drop(index.upsert(&record(&records, a % n)).unwrap()),
                1 => drop(index.remove(p.0, p.1)),
                2 => drop(index.merge(p, q)),
                3 => drop(index.unmerge(p, q)),
                _ => if let Some(id) = index.profile_of(p.0, p.1).filter(|_| b < 4) {
                    index.forget(id).unwrap();
                },
            }
        }
        index.verify().unwrap();
        let replayed = index.replay(index.audit().len()).unwrap();
        prop_assert_eq!(partition(&replayed), partition(&index));
        prop_assert_eq!(index.profile_count(), index.profiles().len());
    }
}
