//! What a tester has to know of the envelope of saved models, to alter a part and set the file right again. Shared by
//! `tests/model_files.rs` and the fuzz target `models`.

use serde_json::Value;

/// The line of a header with the checksum that fits it, line feed included. Files of version 1 have no checksum.
pub(crate) fn line(header: &Value) -> Vec<u8> {
    let mut header = header.clone();
    if let Some(fields) = header.as_object_mut() {
        fields.remove("checksum");
    }
    let mut bytes = serde_json::to_vec(&header).unwrap_or_default();
    if header["version"] != 1 {
        bytes.pop();
        let end = format!(",\"checksum\":\"{}\"}}", checksum(&bytes));
        bytes.extend(end.as_bytes());
    }
    bytes.push(b'\n');
    bytes
}

/// The envelope's checksum, so that an altered part is read at all.
pub(crate) fn checksum(bytes: &[u8]) -> String {
    let step = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(29);
    let mut hash = step(0xcbf2_9ce4_8422_2325, bytes.len() as u64);
    for block in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..block.len()].copy_from_slice(block);
        hash = step(hash, u64::from_le_bytes(word));
    }
    format!("{hash:016x}")
}

/// Bytes of one value of a block, by the name of its type.
pub(crate) fn width(kind: &str) -> usize {
    match kind {
        "u8" => 1,
        "u32" | "i32" => 4,
        _ => 8,
    }
}
