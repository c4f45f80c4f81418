//! Comparators, through the explanation of a pair: any two values of any kind agree at some level, the same in either
//! order, `Equal` exactly where their normal forms are and nothing of them is masked; weights are finite and probabilities lie in [0, 1].
#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use regulars::data::{Field, FieldKind, Record, Records};
use regulars::profile::{Agreement, MatchParams, Normaliser};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    kind: u8,
    values: [&'a str; 3],
    /// Where a slip is made in the first value, and which: it becomes a fourth one.
    slip: (u8, char, Slip),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Slip {
    Insert,
    Delete,
    Replace,
    Swap,
    Mask,
}

fn slipped(text: &str, (at, with, slip): (u8, char, Slip)) -> String {
    let mut chars: Vec<char> = text.chars().take(64).collect();
    if chars.is_empty() {
        return with.to_string();
    }
    let at = usize::from(at) % chars.len();
    match slip {
        Slip::Insert => chars.insert(at, with),
        Slip::Delete => drop(chars.remove(at)),
        Slip::Replace => chars[at] = with,
        Slip::Swap => chars.swap(at, (at + 1) % text.chars().take(64).count()),
        Slip::Mask => chars[at] = '*',
    }
    chars.into_iter().collect()
}

fuzz_target!(|data: &[u8]| {
    let Ok(input) = Input::arbitrary(&mut Unstructured::new(data)) else { return };
    let kind = FieldKind::ALL[usize::from(input.kind) % FieldKind::ALL.len()];
    let slip = slipped(input.values[0], input.slip);
    let [a, b, c] = input.values;
    let values = [a, b, c, &slip, a];
    let Ok(mut builder) = Records::builder([Field::new("value", kind)]) else { return };
    for (row, value) in values.iter().enumerate() {
        builder.push(Record::new(row as u64).value("value", value)).unwrap();
    }
    let records = builder.build().unwrap();
    let model = MatchParams::new().fit(&records).unwrap();
    let explainer = model.explainer(&records).unwrap();
    // Values are cut at the records' door before they are normalised.
    let normal: Vec<Option<String>> = (0..values.len())
        .map(|row| records.values(row, "value").next().and_then(|v| Normaliser::new().normalise(kind, v)))
        .collect();
    for x in 0..values.len() {
        for y in 0..values.len() {
            if x == y {
                continue;
            }
            let there = explainer.explain(x, y).unwrap();
            let back = explainer.explain(y, x).unwrap();
            assert_eq!(there, back, "{kind}");
            let p = there.probability.get();
            assert!((0.0..=1.0).contains(&p) && there.total.is_finite(), "{kind}: {p}");
            let known = normal[x].is_some() && normal[y].is_some();
            for evidence in &there.evidence {
                assert!(evidence.bits.is_finite() && evidence.same > 0.0 && evidence.chance > 0.0, "{kind}");
                if !known {
                    assert_eq!(evidence.agreement, Agreement::Unknown, "{kind}");
                }
            }
            let one_part = there.evidence.len() == 1;
            if known && one_part {
                let equal = there.evidence[0].agreement == Agreement::Equal;
                let hidden = normal[x].as_deref().is_some_and(|n| n.contains('*'));
                let same = normal[x] == normal[y] && !hidden;
                assert_eq!(equal, same, "{kind}: {:?} {:?}", normal[x], normal[y]);
            }
        }
    }
});
