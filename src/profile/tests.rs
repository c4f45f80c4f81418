use super::*;
use crate::ErrorKind;
use crate::data::{Field, FieldKind, Record, Records};
use crate::types::{Day, Probability};

fn table(rows: &[(&str, &str, &str)]) -> Records {
    let fields = [Field::new("email", FieldKind::Email), Field::new("phone", FieldKind::Phone)];
    let mut builder = Records::builder(fields).unwrap();
    for (id, email, phone) in rows {
        builder.push(Record::new(*id).value("email", email).value("phone", phone)).unwrap();
    }
    builder.build().unwrap()
}

fn rules() -> MatchParams {
    MatchParams::new().method(Method::Rules)
}

#[test]
fn equal_identifiers_join_across_fields() {
    let records = table(&[
        ("1", "a@x.org", ""),
        ("2", "A@x.org", "138 0013 8000"),
        ("3", "", "+8613800138000"),
        ("4", "b@x.org", "138****8000"),
    ]);
    let people = rules().fit(&records).unwrap().merge(&records).unwrap();
    assert_eq!(people.labels(), [0, 0, 0, 1]);
    assert_eq!(people.largest(), 3);
    assert_eq!(people.profile_of_account("3"), people.id(0));
    assert_eq!(people.profile_by_id(people.id(1).unwrap()), Some(1));
    assert_eq!(people.records_of(9), [0_u32; 0]);
}

#[test]
fn a_value_over_its_limit_joins_nobody() {
    let records = table(&[("1", "a@x.org", ""), ("2", "a@x.org", ""), ("3", "a@x.org", "")]);
    let labels = |limit| {
        let params = rules().limit(FieldKind::Email, limit);
        params.fit(&records).unwrap().merge(&records).unwrap().len()
    };
    assert_eq!((labels(3), labels(2)), (1, 3));
}

#[test]
fn the_first_record_names_the_profile() {
    let one = table(&[("7", "a@x.org", ""), ("8", "b@x.org", "")]);
    let two = table(&[("9", "b@x.org", ""), ("8", "B@x.org", ""), ("7", "a@x.org", "")]);
    let people = |records: &Records| rules().fit(records).unwrap().merge(records).unwrap();
    assert_eq!(people(&one).profile_of_account("8"), people(&two).profile_of_account("9"));
    assert_eq!(people(&one).profile_of_account("7"), people(&two).profile_of_account("7"));
}

#[test]
fn wrong_parameters_and_wrong_records_are_errors() {
    let records = table(&[("1", "a@x.org", "")]);
    let kind = |params: MatchParams| params.fit(&records).unwrap_err().kind();
    assert_eq!(kind(rules().limit(FieldKind::City, 3)), ErrorKind::InvalidParam);
    assert_eq!(kind(rules().limit(FieldKind::Email, 0)), ErrorKind::InvalidParam);
    assert_eq!(kind(rules().threshold(Probability::new(1.0).unwrap())), ErrorKind::InvalidParam);
    let mut builder = Records::builder([Field::new("x", FieldKind::City)]).unwrap();
    builder.push(Record::new("1")).unwrap();
    let other = builder.build().unwrap();
    let model = rules().fit(&records).unwrap();
    assert_eq!(model.merge(&other).unwrap_err().kind(), ErrorKind::ShapeMismatch);
}

#[test]
fn golden_values_know_where_they_come_from() {
    let fields = [Field::new("email", FieldKind::Email), Field::new("city", FieldKind::City)];
    let mut builder = Records::builder(fields).unwrap();
    let day = |d| Day::ymd(2024, 1, d).unwrap();
    let push = [
        Record::new("1").source("crm").updated(day(3)).value("email", "a@x.org").value("city", "Ulm"),
        Record::new("2").source("web").updated(day(9)).value("email", "a@x.org").value("city", "Bonn"),
        Record::new("3").source("app").updated(day(5)).value("email", "A@x.org").value("city", "ULM"),
        Record::new("4").source("app").updated(day(30)).value("email", "a@x.org").value("city", "unknown"),
    ];
    for record in push {
        builder.push(record).unwrap();
    }
    let records = builder.build().unwrap();
    let people = rules().fit(&records).unwrap().merge(&records).unwrap();
    let city = |params: GoldenParams| {
        let golden = people.golden(&records, 0, &params).unwrap();
        (golden.value("city").unwrap(), golden.row("city").unwrap())
    };
    assert_eq!(city(GoldenParams::new()), ("Bonn", 1));
    assert_eq!(city(GoldenParams::new().field("city", Survivorship::Majority)), ("ULM", 2));
    let crm = GoldenParams::new().default_rule(Survivorship::Source).source_priority(["crm", "web"]);
    assert_eq!(city(crm), ("Ulm", 0));
    let golden = people.golden(&records, 0, &GoldenParams::new()).unwrap();
    assert_eq!(format!("{golden:?}"), "GoldenRecord(2 of 2 fields)");
    assert_eq!(people.golden(&records, 1, &GoldenParams::new()).unwrap_err().kind(), ErrorKind::InvalidInput);
}
