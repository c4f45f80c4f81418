//! Records: any text is normalised to a form that normalising leaves alone, and any table of records becomes profiles.
#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use regulars::data::{Field, FieldKind, Record, Records};
use regulars::profile::{GoldenParams, MatchParams, Method, Normaliser};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    kinds: Vec<u8>,
    values: Vec<Vec<&'a str>>,
    rules: bool,
}

/// Comparing is tried on tables of at most this many rows, so that an input takes milliseconds.
const ROWS: usize = 40;
const FIELDS: usize = 8;

fuzz_target!(|data: &[u8]| {
    let Ok(input) = Input::arbitrary(&mut Unstructured::new(data)) else { return };
    let kind = |byte: &u8| FieldKind::ALL[usize::from(*byte) % FieldKind::ALL.len()];
    regulars_fuzz::guarded(data, |_| {
        for value in input.values.iter().flatten() {
            for kind in input.kinds.iter().take(FIELDS).map(kind) {
                if let Some(once) = Normaliser::new().normalise(kind, value) {
                    let twice = Normaliser::new().normalise(kind, &once);
                    assert_eq!(twice.as_deref(), Some(once.as_str()), "{kind}");
                }
            }
        }
    });
    let names: Vec<String> = (0..input.kinds.len().min(FIELDS)).map(|i| i.to_string()).collect();
    let fields = names.iter().zip(&input.kinds).map(|(name, byte)| Field::new(name, kind(byte)));
    let Ok(mut builder) = Records::builder(fields) else { return };
    for (row, values) in input.values.iter().take(ROWS).enumerate() {
        let mut record = Record::new(row as u64);
        for (i, value) in values.iter().enumerate() {
            record = record.value(&names[i % names.len()], value);
        }
        builder.push(record).unwrap();
    }
    let Ok(records) = builder.build() else { return };
    let method = if input.rules { Method::Rules } else { Method::Probabilistic };
    let people = MatchParams::new().method(method).fit(&records).unwrap().merge(&records).unwrap();
    let members: usize = (0..people.len()).map(|p| people.records_of(p).len()).sum();
    assert_eq!(members, records.len());
    for profile in 0..people.len() {
        people.golden(&records, profile, &GoldenParams::new()).unwrap();
    }
});
