use serde::{Deserialize, Serialize};

use super::wire::Wire;
use super::*;

/// A model with all that a file can hold: a float in JSON, floats and text in blocks.
#[derive(Clone, Debug, PartialEq)]
struct Toy {
    rate: f64,
    weights: Vec<f64>,
    name: String,
}

/// Its JSON part.
#[derive(Serialize, Deserialize)]
struct ToyRepr {
    rate: f64,
}

impl Wire for Toy {
    const KIND: &'static str = "toy";
    type Repr = ToyRepr;

    fn to_wire(&self, blocks: &mut BlockWriter) -> ToyRepr {
        blocks.f64s("weights", &self.weights);
        blocks.bytes("name", self.name.as_bytes());
        ToyRepr { rate: self.rate }
    }

    fn from_wire(repr: ToyRepr, blocks: &mut BlockReader) -> Result<Self> {
        if repr.rate <= 0.0 {
            return Err(Error::param("rate", "must be positive", repr.rate));
        }
        Ok(Self { rate: repr.rate, weights: blocks.f64s("weights")?, name: blocks.text("name")? })
    }
}

/// Values that decimal text does not hold without care: 0.1 + 0.2, the smallest normal number, minus zero.
fn toy() -> Toy {
    Toy { rate: 0.1 + 0.2, weights: vec![1.0 / 3.0, f64::MIN_POSITIVE, -0.0], name: "客户".to_owned() }
}

/// The model as a file.
fn saved() -> Vec<u8> {
    let mut file = Vec::new();
    write(&mut file, &toy()).unwrap();
    file
}

/// The error of a file that must be refused.
fn refused(file: &[u8]) -> Error {
    let error = read::<Toy>(file).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::IncompatibleModel, "{error}");
    error
}

#[test]
fn a_model_comes_back_bit_for_bit() {
    let back: Toy = read(saved().as_slice()).unwrap();
    assert_eq!(back, toy());
    assert!(back.weights[2].is_sign_negative());
}

/// The exhaustive test: each prefix and each single-bit flip of a file.
#[test]
fn every_truncation_and_every_flipped_bit_is_an_error() {
    let file = saved();
    for end in 0..file.len() {
        refused(&file[..end]);
    }
    for i in 0..file.len() {
        for bit in 0..8 {
            let mut damaged = file.clone();
            damaged[i] ^= 1 << bit;
            refused(&damaged);
        }
    }
}

/// What was written before there was a checksum of the line.
#[test]
fn a_file_of_version_1_is_read() {
    let file = saved();
    let end = file.iter().position(|b| *b == b'\n').unwrap();
    let line = String::from_utf8(file[..end - SEAL].to_vec()).unwrap();
    let old =
        |line: &str| [line.replace("\"version\":2", "\"version\":1").as_bytes(), b"}", &file[end..]].concat();
    assert_eq!(read::<Toy>(old(&line).as_slice()).unwrap(), toy());
    // Version 2 without its checksum, a checksum under version 1 that does not fit, and a version there never was.
    let error = refused(&[line.as_bytes(), b"}", &file[end..]].concat());
    assert_eq!(error.to_string(), "the header does not match its checksum");
    refused(&old(&format!("{line},\"checksum\":\"0123456789abcdef\"")));
    assert!(refused(&edited(&file, "\"version\":2", "\"version\":0")).to_string().contains("version 0"));
    refused(b"{\"format\":\"regulars-model\",\"version\":2,\"kind\":\"toy\"}\n");
}

#[test]
fn bytes_after_the_model_are_ignored() {
    let file = [saved().as_slice(), b"and more\n"].concat();
    assert_eq!(read::<Toy>(file.as_slice()).unwrap(), toy());
}

#[test]
fn what_no_fit_could_have_made_is_refused() {
    let text = String::from_utf8_lossy(&saved()).into_owned();
    assert!(text.starts_with(r#"{"format":"regulars-model","version":2,"kind":"toy","#), "{text}");
    let edit = |from: &str, to: &str| edited(&saved(), from, to);
    assert_eq!(read::<Toy>(edit("\"rate\":0.3", "\"rate\":1.3").as_slice()).unwrap().weights, toy().weights);
    assert!(refused(&edit("\"version\":2", "\"version\":3")).to_string().contains("newer"));
    for (kind, found) in [("boy", "`boy`"), ("", "none"), ("a\u{7} b", "one that is no name")] {
        let text = serde_json::to_string(kind).unwrap();
        let error = refused(&edit("\"kind\":\"toy\"", &format!("\"kind\":{text}")));
        assert_eq!(error.to_string(), format!("expected a model of kind `toy`, found {found}"));
    }
    refused(&edit("regulars-model", "irregular-model"));
    refused(&edit("\"rate\":0.3", "\"rate\":-0.3"));
    refused(&edit("\"len\":3", "\"len\":2"));
    refused(&edit("\"len\":3", "\"len\":18446744073709551615"));
    refused(&edit("\"f64\"", "\"u64\""));
    refused(b"");
    refused(b"\n");
    refused(b"[1,2]\n");
}

/// A header that claims much must not cost much.
#[test]
fn limits_hold_before_memory_is_taken() {
    let file = saved();
    let header = Limits::default().header_bytes(10);
    assert_eq!(read_with::<Toy>(file.as_slice(), &header).unwrap_err().kind(), ErrorKind::IncompatibleModel);
    let blocks = Limits::default().block_bytes(10);
    assert_eq!(read_with::<Toy>(file.as_slice(), &blocks).unwrap_err().kind(), ErrorKind::IncompatibleModel);
}
