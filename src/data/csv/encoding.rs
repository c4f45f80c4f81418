//! `Encoding`, and a reader that hands out UTF-8 whatever the file is written in.
//!
//! The decision falls at the first byte that is not ASCII, however late it comes, on what follows it: a file whose first
//! gigabyte is ASCII is still read right. Until then nothing needs deciding, since all candidates agree on ASCII.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use encoding_rs::{CoderResult, Decoder};

use crate::error::{Error, Result};

/// The encoding of a text file.
///
/// ```
/// use regulars::data::csv::Encoding;
///
/// assert_eq!("gbk".parse::<Encoding>()?.to_string(), "GBK");
/// assert_eq!("latin1".parse::<Encoding>()?, Encoding::WINDOWS_1252);
/// assert!("klingon".parse::<Encoding>().is_err());
/// assert_eq!(Encoding::GB18030.name(), "gb18030");
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// Constants for the usual ones; every other of the WHATWG Encoding Standard (<https://encoding.spec.whatwg.org>) by its
/// label.
///
/// ```
/// use regulars::data::{Ledger, csv::{CsvParams, Encoding}};
/// use regulars::types::Currency;
///
/// let file = b"customer,date,amount\nRen\xe9e,2024-05-01,12.50\n"; // windows-1252
/// let params = CsvParams::new(Currency::EUR);
/// assert!(Ledger::read_csv(&file[..], &params).is_err()); // neither UTF-8 nor GB18030
/// let ledger = Ledger::read_csv(&file[..], &params.encoding(Encoding::WINDOWS_1252))?;
/// assert!(ledger.customer("Renée").is_some());
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Encoding(&'static encoding_rs::Encoding);

impl Encoding {
    /// UTF-8.
    pub const UTF_8: Self = Self(encoding_rs::UTF_8);
    /// The Chinese standard; GBK and GB2312 are parts of it.
    pub const GB18030: Self = Self(encoding_rs::GB18030);
    /// UTF-16, low byte first.
    pub const UTF_16LE: Self = Self(encoding_rs::UTF_16LE);
    /// UTF-16, high byte first.
    pub const UTF_16BE: Self = Self(encoding_rs::UTF_16BE);
    /// Western European; what is called Latin-1 in practice.
    pub const WINDOWS_1252: Self = Self(encoding_rs::WINDOWS_1252);

    /// The name in the WHATWG Encoding Standard.
    pub fn name(self) -> &'static str {
        self.0.name()
    }
}

/// Reads any label of the WHATWG Encoding Standard: `utf-8`, `gb18030`, `gbk`, `big5`, `shift_jis`, `latin1`, ...
impl FromStr for Encoding {
    type Err = Error;

    fn from_str(label: &str) -> Result<Self> {
        encoding_rs::Encoding::for_label_no_replacement(label.as_bytes()).map(Self).ok_or_else(|| {
            Error::param("encoding", "must be a label such as utf-8, gb18030 or windows-1252", label)
        })
    }
}

/// The name in the WHATWG Encoding Standard.
#[cfg(feature = "serde")]
impl serde::Serialize for Encoding {
    fn serialize<S: serde::Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

/// Any label of the WHATWG Encoding Standard.
#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Encoding {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The name in the WHATWG Encoding Standard.
impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl fmt::Debug for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encoding({})", self.0.name())
    }
}

/// Bytes that are looked at before a decision, counted from the first one that is not ASCII.
const WINDOW: usize = 1 << 16;

/// Hands out UTF-8. Bytes that are wrong in UTF-8 pass through for the reader of the field to find; wrong bytes of other
/// encodings become U+FFFD and raise [`has_replaced`](Self::has_replaced).
///
/// It counts bytes and quotes on the way: an odd number of quotes at the end of a file is how a quote that was never
/// closed is told from a long field.
pub(crate) struct Utf8Reader<R> {
    inner: R,
    /// What has been decided.
    mode: Mode,
    /// Stated or detected; `None` until then.
    encoding: Option<Encoding>,
    /// Bytes read and not yet decoded.
    raw: Vec<u8>,
    /// Text decoded and not yet handed out, from `position` on.
    ready: Vec<u8>,
    position: usize,
    /// Whether the inner reader has nothing more.
    at_end: bool,
    /// Whether the decoder met bytes that mean nothing.
    replaced: bool,
    /// Bytes and quotes handed out.
    served: u64,
    quotes: u64,
}

/// What is known of the encoding so far.
enum Mode {
    /// Nothing read yet.
    Start,
    /// Only ASCII so far.
    Undecided,
    Utf8,
    Decode(Box<Decoder>),
    /// The last bytes were decoded.
    Done,
}

impl<R: Read> Utf8Reader<R> {
    /// With the encoding that the caller stated, or none.
    pub(crate) fn new(inner: R, encoding: Option<Encoding>) -> Self {
        Self {
            inner,
            mode: Mode::Start,
            encoding,
            raw: Vec::new(),
            ready: Vec::new(),
            position: 0,
            at_end: false,
            replaced: false,
            served: 0,
            quotes: 0,
        }
    }

    /// Bytes handed out so far.
    pub(crate) fn served(&self) -> u64 {
        self.served
    }

    /// Quotes among them.
    pub(crate) fn quotes(&self) -> u64 {
        self.quotes
    }

    /// What the file turned out to be; pure ASCII counts as UTF-8.
    pub(crate) fn encoding(&self) -> Encoding {
        self.encoding.unwrap_or(Encoding::UTF_8)
    }

    /// Whether some bytes so far meant nothing in the encoding.
    pub(crate) fn has_replaced(&self) -> bool {
        self.replaced
    }

    /// The beginning of the text, decoded, without taking it.
    pub(crate) fn peek(&mut self) -> io::Result<&[u8]> {
        if self.position == self.ready.len() {
            self.refill()?;
        }
        Ok(&self.ready[self.position..])
    }

    /// Fills `raw` up to `bytes`, or less at the end of the file.
    fn gather(&mut self, bytes: usize) -> io::Result<()> {
        let wanted = bytes.saturating_sub(self.raw.len());
        if wanted > 0 && !self.at_end {
            let got = Read::by_ref(&mut self.inner).take(wanted as u64).read_to_end(&mut self.raw)?;
            self.at_end = got < wanted;
        }
        Ok(())
    }

    /// Decodes the next stretch into `ready`; leaves it empty at the end of the file only.
    ///
    /// Reads a window, decides at its first byte that is not ASCII, decodes. A character cut by the window's end is kept by
    /// the decoder until the next one.
    fn refill(&mut self) -> io::Result<()> {
        self.position = 0;
        self.ready.clear();
        while self.ready.is_empty() && !matches!(self.mode, Mode::Done) {
            self.raw.clear();
            self.gather(WINDOW)?;
            if matches!(self.mode, Mode::Start) {
                self.start();
            }
            if matches!(self.mode, Mode::Undecided)
                && let Some(first) = self.raw.iter().position(|b| !b.is_ascii())
            {
                self.gather(first + WINDOW)?;
                let encoding = detect(&self.raw[first..], self.at_end)?;
                self.encoding = Some(encoding);
                self.mode = mode_of(encoding);
            }
            match &mut self.mode {
                Mode::Decode(decoder) => {
                    let most = decoder.max_utf8_buffer_length(self.raw.len()).unwrap_or(0);
                    self.ready.resize(most, 0);
                    let (result, _, written, replaced) =
                        decoder.decode_to_utf8(&self.raw, &mut self.ready, self.at_end);
                    debug_assert_eq!(result, CoderResult::InputEmpty);
                    self.ready.truncate(written);
                    self.replaced |= replaced;
                }
                _ => std::mem::swap(&mut self.raw, &mut self.ready),
            }
            if self.at_end {
                self.mode = Mode::Done;
            }
        }
        Ok(())
    }

    /// Takes a byte-order mark away and believes it, unless the caller stated an encoding.
    fn start(&mut self) {
        let mark = match self.raw.as_slice() {
            [0xef, 0xbb, 0xbf, ..] => Some(Encoding::UTF_8),
            [0xff, 0xfe, ..] => Some(Encoding::UTF_16LE),
            [0xfe, 0xff, ..] => Some(Encoding::UTF_16BE),
            _ => None,
        };
        self.encoding = self.encoding.or(mark);
        self.mode = self.encoding.map_or(Mode::Undecided, mode_of);
        if mark == Some(Encoding::UTF_8) && matches!(self.mode, Mode::Utf8) {
            self.raw.drain(..3);
        }
    }
}

/// UTF-8 is passed on as it is; everything else is decoded, a byte-order mark removed.
fn mode_of(encoding: Encoding) -> Mode {
    if encoding == Encoding::UTF_8 {
        Mode::Utf8
    } else {
        Mode::Decode(Box::new(encoding.0.new_decoder_with_bom_removal()))
    }
}

impl<R: Read> Read for Utf8Reader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = if self.position < self.ready.len() || !matches!(self.mode, Mode::Utf8) {
            if self.position == self.ready.len() {
                self.refill()?;
            }
            let n = out.len().min(self.ready.len() - self.position);
            out[..n].copy_from_slice(&self.ready[self.position..self.position + n]);
            self.position += n;
            n
        } else {
            // Nothing to decide or decode any more: no copy.
            self.inner.read(out)?
        };
        self.served += n as u64;
        self.quotes += count_quotes(&out[..n]);
        Ok(n)
    }
}

/// Quotes among the bytes.
#[expect(clippy::naive_bytecount, reason = "the loop is vectorised and costs nothing beside the parser")]
fn count_quotes(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|b| **b == b'"').count() as u64
}

/// UTF-8 or GB18030, from the first bytes that are not ASCII on.
///
/// UTF-8 has so much structure that other texts of some length cannot pass for it; one character in ten may be damaged.
/// Almost anything passes for GB18030, so a text must also use it as Chinese does: most pairs lie in the area of GB2312.
///
/// "Most" is two pairs in three. A run of western text decoded as GB18030 pairs letters with accents at random and falls
/// short of it by far. A decision that cannot be made is an error that says what to state.
///
/// | pair of bytes | counts as |
/// |---|---|
/// | A1–F7, A1–FE | usual: the area of GB2312, where everyday Chinese lies |
/// | 81–FE, 40–FE otherwise | a pair of GBK |
/// | 81–FE, 30–39 | the first half of four bytes of GB18030: skipped |
/// | anything else | two pairs against it |
fn detect(window: &[u8], at_end: bool) -> io::Result<Encoding> {
    let (mut good, mut bad) = (0_usize, 0_usize);
    let chunks = window.utf8_chunks();
    for chunk in chunks {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    // The window may end inside a character.
    if !at_end && std::str::from_utf8(window).is_err_and(|e| e.error_len().is_none()) {
        bad -= 1;
    }
    if good >= 10 * bad {
        return Ok(Encoding::UTF_8);
    }
    let (mut pairs, mut usual, mut i) = (0_usize, 0_usize, 0);
    while i + 1 < window.len() {
        match (window[i], window[i + 1]) {
            (byte, _) if byte.is_ascii() => i += 1,
            (0x81..=0xfe, 0x30..=0x39) => i += 4,
            (0xa1..=0xf7, 0xa1..=0xfe) => (pairs, usual, i) = (pairs + 1, usual + 1, i + 2),
            (0x81..=0xfe, 0x40..=0xfe) => (pairs, i) = (pairs + 1, i + 2),
            _ => (pairs, i) = (pairs + 2, i + 1),
        }
    }
    if usual > 0 && usual * 3 >= pairs * 2 {
        return Ok(Encoding::GB18030);
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidData,
        "neither UTF-8 nor GB18030; state the encoding, for instance windows-1252",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let n = self.0.len().min(out.len()).min(1);
            out[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    /// Text, encoding and damage, from a slow reader and from a fast one, which must agree.
    fn read(bytes: &[u8], stated: Option<Encoding>) -> (String, Encoding, bool) {
        let mut slow = Utf8Reader::new(Slow(bytes), stated);
        let mut text = Vec::new();
        slow.read_to_end(&mut text).unwrap();
        let mut fast = Utf8Reader::new(bytes, stated);
        let mut same = Vec::new();
        let start = fast.peek().unwrap().to_vec();
        fast.read_to_end(&mut same).unwrap();
        assert_eq!(text, same);
        assert!(same.starts_with(&start));
        (String::from_utf8_lossy(&text).into_owned(), slow.encoding(), slow.has_replaced())
    }

    /// The same text in every encoding that is detected, byte by byte and in one piece.
    #[test]
    fn tells_utf_8_from_gb18030_and_utf_16() {
        let text = "客户编号,下单时间,实付金额\n张三,2024-01-02,12.50\n";
        let gb = encoding_rs::GB18030.encode(text).0.into_owned();
        assert_eq!(read(text.as_bytes(), None), (text.to_owned(), Encoding::UTF_8, false));
        assert_eq!(read(&gb, None), (text.to_owned(), Encoding::GB18030, false));
        assert_eq!(
            read(format!("\u{feff}{text}").as_bytes(), None),
            (text.to_owned(), Encoding::UTF_8, false)
        );
        let units = || std::iter::once(0xfeff).chain(text.encode_utf16());
        let little: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
        assert_eq!(read(&little, None), (text.to_owned(), Encoding::UTF_16LE, false));
        assert_eq!(read(&big, None), (text.to_owned(), Encoding::UTF_16BE, false));
    }

    /// Twenty thousand rows of ASCII before the first Chinese one.
    #[test]
    fn decides_at_the_first_text_that_is_not_ascii_however_late() {
        let head = "id,name\n".to_owned() + &"1,plain\n".repeat(20_000);
        let text = head.clone() + &"2,上海市浦东新区\n".repeat(9_000);
        assert_eq!(read(text.as_bytes(), None), (text.clone(), Encoding::UTF_8, false));
        let gb = encoding_rs::GB18030.encode(&text).0.into_owned();
        assert_eq!(read(&gb, None), (text, Encoding::GB18030, false));
        assert_eq!(read(head.as_bytes(), None), (head, Encoding::UTF_8, false));
    }

    /// Western text cannot be told; stated, it is read.
    #[test]
    fn a_statement_overrides_and_western_text_must_be_stated() {
        let latin = b"id,name\n1,Ren\xe9e\n2,Zo\xeb Fran\xe7ois\n";
        let mut out = String::new();
        let error = Utf8Reader::new(latin.as_slice(), None).read_to_string(&mut out).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert!(read(latin, Some(Encoding::WINDOWS_1252)).0.contains("Zoë François"));
        let (_, encoding, replaced) = read(b"1,\xff\xff\n", Some(Encoding::GB18030));
        assert_eq!((encoding, replaced), (Encoding::GB18030, true));
    }

    /// A file of a thousand good characters is not GB18030 because of one bad one.
    #[test]
    fn one_damaged_character_does_not_turn_utf_8_into_something_else() {
        let mut bytes = "姓名,城市\n李雷,北京\n韩梅梅,上海\n".as_bytes().to_vec();
        bytes.extend(b"\xe5\xbc,x\n");
        assert_eq!(read(&bytes, None).1, Encoding::UTF_8);
    }
}
