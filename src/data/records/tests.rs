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
