//! What a tester has to know of the envelope of saved models, to alter a block and set the file right again. Shared by
//! `tests/model_files.rs` and the fuzz target `models`.

/// The envelope's checksum, so that an altered block is read at all.
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
