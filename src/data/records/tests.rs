use super::*;
use crate::ErrorKind;

/// A table of one field.
fn builder() -> RecordsBuilder {
    Records::builder([Field::new("email", FieldKind::Email)]).unwrap()
}

#[test]
fn an_id_twice_in_one_source_names_both_rows() {
    let mut records = builder();
    for (source, id) in [("a", "1"), ("b", "1"), ("a", "2"), ("a", "1")] {
        records.push(Record::new(id).source(source)).unwrap();
    }
    let error = records.build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(error.to_string(), "row 4, column `id`: the id of record 1 again, in the same source");
}

#[test]
fn an_unknown_field_is_named_and_the_builder_goes_on() {
    let mut records = builder();
    let error = records.push(Record::new("1").value("mail", "secret@x.org")).unwrap_err();
    assert_eq!(error.to_string(), "row 1, column `mail`: the table has no such field");
    records.push(Record::new("1").value("email", "secret@x.org")).unwrap();
    let records = records.build().unwrap();
    assert_eq!(format!("{records:?}"), "Records(1 records, 1 sources, fields: email=email)");
}

#[test]
fn no_records_and_no_fields_are_empty_input() {
    assert_eq!(builder().build().unwrap_err().kind(), ErrorKind::EmptyInput);
    assert_eq!(Records::builder([]).unwrap_err().kind(), ErrorKind::EmptyInput);
    let twice = [Field::new("a", FieldKind::City), Field::new("a", FieldKind::City)];
    assert_eq!(Records::builder(twice).unwrap_err().kind(), ErrorKind::InvalidParam);
}

#[test]
fn columns_must_have_one_length() {
    let columns = RecordColumns::new(&[1_i64, 2][..]).field("email", FieldKind::Email, &["a@b.c"]);
    assert_eq!(Records::from_columns(&columns).unwrap_err().kind(), ErrorKind::ShapeMismatch);
}

/// A column may name the source row by row, and stands above the file's own.
#[cfg(feature = "csv")]
#[test]
fn files_of_two_sources_share_fields() {
    let mut files = Records::csv(RecordsCsvParams::new().kind("tag", FieldKind::Handle));
    files.read("a", "\u{feff}rec_id,surname,tag\n1,lee,x\n2,,y\n".as_bytes()).unwrap();
    files.read("b", "rec_id,source,surname,updated_at\n1,till,Lee,2024-01-02 10:00\n".as_bytes()).unwrap();
    let records = files.build().unwrap();
    assert_eq!(records.sources().collect::<Vec<_>>(), ["a", "till"]);
    assert_eq!(records.fields().len(), 2);
    assert_eq!(records.updated(2), Some("2024-01-02".parse().unwrap()));
    assert_eq!(records.values(2, "surname").next(), Some("Lee"));
    assert_eq!(records.id(1), Some("2"));
}

#[cfg(feature = "csv")]
#[test]
fn other_encodings_and_wrong_widths() {
    let mut files = Records::csv(RecordsCsvParams::new());
    let (bytes, _, _) = encoding_rs::GB18030.encode("编号,姓名\n1,张伟\n");
    files.read("a", &bytes[..]).unwrap();
    assert_eq!(files.build().unwrap().values(0, "姓名").next(), Some("张伟"));
    let mut files = Records::csv(RecordsCsvParams::new());
    files.read("a", "id,name\n1,x\n2\n".as_bytes()).unwrap();
    assert_eq!(files.rows_skipped().map(|(_, n)| *n).sum::<u64>(), 1);
    let error = Records::csv(RecordsCsvParams::new()).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::EmptyInput);
}

/// A record: id, source, and values of two fields, perhaps several of one.
type Line = (u8, bool, Option<u8>, Vec<u8>);

fn table(lines: &[Line]) -> crate::Result<Records> {
    let fields = [Field::new("email", FieldKind::Email), Field::new("city", FieldKind::City)];
    let mut records = Records::builder(fields)?;
    for (id, till, email, cities) in lines {
        let texts: Vec<String> = cities.iter().map(|city| format!("city {city}")).collect();
        let email = email.map(|email| format!("a{email}@example.org"));
        let record = Record::new(*id).source(if *till { "till" } else { "shop" });
        let record = email.iter().fold(record, |record, email| record.value("email", email));
        records.push(texts.iter().fold(record, |record, city| record.value("city", city)))?;
    }
    records.build()
}

proptest::proptest! {
    /// More records at the end, in one piece or several: the table of one build, and the same error where an
    /// id appears twice.
    #[test]
    fn extending_equals_a_rebuild(
        lines in proptest::collection::vec(
            (0..40_u8, proptest::bool::ANY, proptest::option::of(0..6_u8), proptest::collection::vec(0..4_u8, 0..3)),
            2..25,
        ),
        cut in proptest::prelude::any::<proptest::sample::Index>(),
    ) {
        let (old, new) = lines.split_at(1 + cut.index(lines.len() - 1));
        let (Ok(old), Ok(new)) = (table(old), table(new)) else { return Ok(()) };
        let (grown, rebuilt) = (old.extend(&new), table(&lines));
        match (grown, rebuilt) {
            (Ok(grown), Ok(rebuilt)) => {
                proptest::prop_assert_eq!(grown.fingerprint(), rebuilt.fingerprint());
                proptest::prop_assert_eq!(&grown.by_id, &rebuilt.by_id);
                for row in 0..rebuilt.len() {
                    proptest::prop_assert_eq!(grown.id(row), rebuilt.id(row));
                    proptest::prop_assert_eq!(grown.source_name(row), rebuilt.source_name(row));
                    for field in ["email", "city"] {
                        let values = |records: &Records| records.values(row, field).map(str::to_owned).collect::<Vec<_>>();
                        proptest::prop_assert_eq!(values(&grown), values(&rebuilt));
                    }
                }
            }
            (Err(grown), Err(rebuilt)) => proptest::prop_assert_eq!(grown.to_string(), rebuilt.to_string()),
            (grown, rebuilt) => proptest::prop_assert!(false, "{:?} against {:?}", grown, rebuilt),
        }
    }
}

#[test]
fn records_of_other_fields_do_not_extend_a_table() {
    let own = table(&[(1, true, None, vec![1])]).unwrap();
    let mut other = builder();
    other.push(Record::new(2)).unwrap();
    assert_eq!(own.extend(&other.build().unwrap()).unwrap_err().kind(), ErrorKind::InvalidInput);
}
