use super::*;
use crate::ErrorKind;
use crate::data::{Field, FieldKind, Record, Records};
use crate::types::{DateOrder, Day, Probability};

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

/// Day and month are the word of the caller, or of the other dates of the column; else the field is
/// named.
#[test]
fn an_order_of_day_and_month_is_never_guessed() {
    let born = |dates: &[&str]| {
        let fields = [Field::new("name", FieldKind::FullName), Field::new("born", FieldKind::BirthDate)];
        let mut builder = Records::builder(fields).unwrap();
        for (id, date) in dates.iter().enumerate() {
            builder.push(Record::new(id.to_string()).value("name", "ann lee").value("born", date)).unwrap();
        }
        builder.build().unwrap()
    };
    let open = born(&["03/04/1980", "1980-04-03", "1980-03-04"]);
    for params in [MatchParams::new(), rules()] {
        let error = params.clone().fit(&open).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.place(), Some(&crate::Place::Column("born".into())));
        let stated = params.normaliser(Normaliser::new().dates(DateOrder::DayFirst));
        stated.fit(&open).unwrap().merge(&open).unwrap();
    }
    let settled = |records: &Records| Normaliser::new().settled(records);
    let normal = |records: &Records| settled(records).unwrap().normalise(FieldKind::BirthDate, "03/04/1980");
    assert_eq!(normal(&born(&["03/04/1980", "13/04/1980"])).as_deref(), Some("1980-04-03"));
    assert_eq!(normal(&born(&["03/04/1980", "04/13/1980"])).as_deref(), Some("1980-03-04"));
    assert_eq!(normal(&born(&["1980-04-03", "4 Apr 1980"])), None);
    assert!(settled(&born(&["03/04/1980", "04/13/1980", "13/04/1980"])).is_err());

    // A model keeps the order of its records; one that saw none refuses a date that needs one.
    let index = |records: &Records| {
        let model = MatchParams::new().fit(records).unwrap();
        IndexParams::new().key([7; 32]).fit(&model, records).unwrap()
    };
    let one = Record::new("new").value("born", "03/04/1980");
    index(&born(&["03/04/1980", "13/04/1980"])).upsert(&one).unwrap();
    let mut without = index(&born(&["1980-04-03", "1980-03-04"]));
    assert_eq!(without.upsert(&one).unwrap_err().place(), Some(&crate::Place::Column("born".into())));
    let quality = quality(&open).unwrap();
    assert_eq!((quality[1].filled, quality[1].valid), (3, 2));
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

mod probabilistic {
    use super::*;
    use crate::metrics::pairwise;
    use crate::simulate::{Script, ShopParams};
    use crate::types::Seed;

    fn quality(script: Script) -> f64 {
        let table =
            ShopParams::new(1_500, Seed(11)).script(script).simulate().unwrap().record_table().unwrap();
        let records = table.to_records().unwrap();
        let model = MatchParams::new().fit(&records).unwrap();
        let people = model.merge(&records).unwrap();
        assert!(people.largest() < 30);
        pairwise(people.labels(), table.people()).unwrap().f1
    }

    #[test]
    fn simulated_people_are_found() {
        let (latin, han) = (quality(Script::Latin), quality(Script::Han));
        assert!(latin > 0.9 && han > 0.9, "Latin {latin}, Han {han}");
    }

    #[test]
    fn the_order_of_rows_does_not_matter() {
        let table = ShopParams::new(400, Seed(3)).simulate().unwrap().record_table().unwrap();
        let n = table.len();
        let build = |order: &[usize]| {
            let fields = [
                Field::new("given_name", FieldKind::GivenName),
                Field::new("family_name", FieldKind::FamilyName),
                Field::new("email", FieldKind::Email),
                Field::new("phone", FieldKind::Phone),
                Field::new("city", FieldKind::City),
            ];
            let columns: Vec<Vec<&str>> =
                fields.iter().map(|f| table.column(f.name()).unwrap().collect()).collect();
            let mut builder = Records::builder(fields.clone()).unwrap();
            for row in order {
                let mut record = Record::new(*row as u64);
                for (field, column) in fields.iter().zip(&columns) {
                    record = record.value(field.name(), column[*row]);
                }
                builder.push(record).unwrap();
            }
            builder.build().unwrap()
        };
        let forwards: Vec<usize> = (0..n).collect();
        let backwards: Vec<usize> = (0..n).rev().collect();
        let ids = |order: &[usize]| {
            let records = build(order);
            let people = MatchParams::new().fit(&records).unwrap().merge(&records).unwrap();
            (0..n).map(|row| people.profile_of_account(row as u64).unwrap()).collect::<Vec<_>>()
        };
        let (a, b) = (ids(&forwards), ids(&backwards));
        // Random pairs and the order of sums differ; a pair on the edge may too.
        let moved = a.iter().zip(&b).filter(|(x, y)| x != y).count();
        assert!(moved * 200 <= n, "{moved} of {n}");
    }

    #[test]
    fn degenerate_tables_have_defined_results() {
        let merge = |rows: &[(&str, &str, &str)]| {
            let records = table(rows);
            MatchParams::new().fit(&records).unwrap().merge(&records).unwrap()
        };
        assert_eq!(merge(&[("1", "", "")]).len(), 1);
        assert_eq!(merge(&[("1", "", ""), ("2", "", ""), ("3", "unknown", "000000")]).len(), 3);
        assert_eq!(merge(&[("1", "a.lee@x.org", ""), ("2", "A.Lee@x.org", "")]).len(), 1);
        assert_eq!(merge(&[("1", "a.lee@x.org", ""), ("2", "bob.fox@y.org", "")]).len(), 2);
    }

    #[test]
    fn a_million_copies_of_one_value_do_not_explode() {
        let records = {
            let fields = [Field::new("city", FieldKind::City), Field::new("email", FieldKind::Email)];
            let mut builder = Records::builder(fields).unwrap();
            for i in 0..20_000_u32 {
                builder.push(Record::new(i).value("city", "Ulm").value("email", "info@shop.org")).unwrap();
            }
            builder.build().unwrap()
        };
        let model = MatchParams::new().fit(&records).unwrap();
        let people = model.merge(&records).unwrap();
        assert!(people.pairs_scored() <= 10 * 20_000, "{}", people.pairs_scored());
        assert_eq!(people.len(), 20_000);
    }

    #[test]
    fn linked_sources_are_joined_one_to_one() {
        let fields = [Field::new("name", FieldKind::FullName), Field::new("email", FieldKind::Email)];
        let mut builder = Records::builder(fields).unwrap();
        for (id, source) in [("1", "a"), ("2", "a"), ("1", "b")] {
            let record =
                Record::new(id).source(source).value("name", "Ann Lee").value("email", "ann.lee@x.org");
            builder.push(record).unwrap();
        }
        let records = builder.build().unwrap();
        let params = MatchParams::new().sources(Sources::FreeOfDuplicates);
        let people = params.fit(&records).unwrap().merge(&records).unwrap();
        assert_ne!(people.profile_of(0), people.profile_of(1));
        assert!(people.largest() <= 2);
    }

    #[test]
    fn explanations_add_up_and_do_not_depend_on_the_order() {
        let records = ShopParams::new(300, Seed(5)).simulate().unwrap().records().unwrap();
        let model = MatchParams::new().fit(&records).unwrap();
        let people = model.merge(&records).unwrap();
        let explainer = model.explainer(&records).unwrap();
        let together = (0..people.len()).find(|p| people.records_of(*p).len() > 1).unwrap();
        let pair: Vec<usize> = people.records_of(together).iter().map(|r| *r as usize).collect();
        let why = explainer.explain(pair[0], pair[1]).unwrap();
        assert_eq!(why, explainer.explain(pair[1], pair[0]).unwrap());
        let sum: f64 = why.evidence.iter().map(|e| e.bits).sum();
        assert!((why.prior + sum + why.household - why.total).abs() < 1e-9);
        assert!(why.household <= 0.0);
        assert_eq!(explainer.explain(0, 0).unwrap_err().kind(), ErrorKind::InvalidInput);
        assert!(why.to_string().contains("probability"));
    }

    #[test]
    fn other_records_of_the_same_fields_can_be_merged() {
        let shop = |seed| ShopParams::new(300, Seed(seed)).simulate().unwrap().record_table().unwrap();
        let (first, second) = (shop(1), shop(2));
        let model = MatchParams::new().fit(&first.to_records().unwrap()).unwrap();
        let people = model.merge(&second.to_records().unwrap()).unwrap();
        assert!(pairwise(people.labels(), second.people()).unwrap().f1 > 0.85);
    }

    /// Labels of half of the people; measured on the other half, of whom nothing was said.
    #[test]
    fn labels_help_those_who_have_none() {
        let table = ShopParams::new(3_000, Seed(17)).simulate().unwrap().record_table().unwrap();
        let records = table.to_records().unwrap();
        let half = |person: u32| person.wrapping_mul(0x9e37_79b1) >> 31 == 0;
        let known = table.people().iter().map(|person| half(*person).then_some(*person));
        let labels = Labels::new().people(known);
        let f1 = |model: &MatchModel| {
            let people = model.merge(&records).unwrap();
            let rows = || (0..records.len()).filter(|row| !half(table.people()[*row]));
            let found: Vec<u32> = rows().map(|row| people.labels()[row]).collect();
            let truth: Vec<u32> = rows().map(|row| table.people()[row]).collect();
            pairwise(&found, &truth).unwrap().f1
        };
        let with = MatchParams::new().fit_labelled(&records, &labels).unwrap();
        let without = MatchParams::new().fit(&records).unwrap();
        let learnt = with.summary().unwrap().labels.unwrap();
        assert!(learnt.corrected && learnt.f1 > learnt.f1_before, "{learnt:?}");
        assert!(f1(&with) > f1(&without) + 0.003, "{} {}", f1(&with), f1(&without));
        // Cross-fitted, so it promises no more than it keeps.
        assert!((learnt.f1 - f1(&with)).abs() < 0.02, "{learnt:?} {}", f1(&with));
        assert_eq!(without.summary().unwrap().labels, None);
        // A threshold of the caller's stays.
        let own = MatchParams::new().threshold(Probability::new(0.9).unwrap());
        let own = own.fit_labelled(&records, &labels).unwrap();
        assert_eq!(own.threshold().map(Probability::get), Some(0.9));
    }

    /// Nothing of an unlabelled record's person can reach the fit: its number may be anything.
    #[test]
    fn few_labels_leave_the_score_alone() {
        let table = ShopParams::new(400, Seed(3)).simulate().unwrap().record_table().unwrap();
        let records = table.to_records().unwrap();
        let people = MatchParams::new().fit(&records).unwrap().merge(&records).unwrap();
        let pair = (0..people.len()).map(|p| people.records_of(p)).find(|rows| rows.len() > 1).unwrap();
        let name = |row: u32| (records.source_name(row as usize).unwrap(), records.id(row as usize).unwrap());
        let other = (0..100).find(|row| !pair.contains(row)).unwrap();
        let links = Links::new().together(name(pair[0]), name(pair[1])).apart(name(pair[0]), name(other));
        let labels = Labels::new().pairs(links);
        let model = MatchParams::new().fit_labelled(&records, &labels).unwrap();
        let learnt = model.summary().unwrap().labels.unwrap();
        assert!(!learnt.corrected && learnt.same == 1, "{learnt:?}");
        assert_eq!(model.threshold().map(Probability::get), Some(0.5));
        assert_eq!(rules().fit_labelled(&records, &labels).unwrap_err().kind(), ErrorKind::InvalidParam);
    }

    #[cfg(feature = "serde")]
    #[test]
    fn what_labels_taught_is_saved_and_explained() {
        let table = ShopParams::new(3_000, Seed(17)).simulate().unwrap().record_table().unwrap();
        let records = table.to_records().unwrap();
        let labels = Labels::new().people(table.people().iter().map(|p| Some(*p)));
        let model = MatchParams::new().fit_labelled(&records, &labels).unwrap();
        let mut file = Vec::new();
        crate::persist::write(&mut file, &model).unwrap();
        let loaded: MatchModel = crate::persist::read(&file[..]).unwrap();
        assert_eq!((loaded.summary(), loaded.threshold()), (model.summary(), model.threshold()));
        let people = model.merge(&records).unwrap();
        assert_eq!(loaded.merge(&records).unwrap().labels(), people.labels());
        assert!(model.summary().unwrap().labels.unwrap().corrected);
        // The waterfall ends at the score by which the review list and the joins go.
        let all = |p| Probability::new(p).unwrap();
        let review = model.review(&records, all(0.0), all(1.0)).unwrap();
        let explainer = model.explainer(&records).unwrap();
        for pair in review.iter().step_by(50) {
            let why = explainer.explain(pair.rows.0, pair.rows.1).unwrap();
            let sum: f64 = why.evidence.iter().map(|e| e.bits).sum();
            assert!((why.prior + sum + why.household + why.labels - why.total).abs() < 1e-9);
            assert!((why.probability.get() - pair.probability.get()).abs() < 1e-4, "{why}");
        }
    }

    /// A third record without a date ties two people: without a veto they are one profile.
    #[test]
    fn a_veto_holds_for_the_whole_profile() {
        let records = ShopParams::new(1_500, Seed(21)).simulate().unwrap().records().unwrap();
        let clashes = |params: &MatchParams| {
            let model = params.fit(&records).unwrap();
            let people = model.merge(&records).unwrap();
            let explainer = model.explainer(&records).unwrap();
            let mut clashes = 0;
            for profile in 0..people.len() {
                let rows = people.records_of(profile);
                for (i, a) in rows.iter().enumerate() {
                    for b in &rows[i + 1..] {
                        let why = explainer.explain(*a as usize, *b as usize).unwrap();
                        let differ =
                            |e: &Evidence| e.kind == FieldKind::BirthDate && e.agreement == Agreement::Differ;
                        clashes += usize::from(why.evidence.iter().any(differ));
                    }
                }
            }
            clashes
        };
        assert!(clashes(&MatchParams::new()) > 0);
        assert_eq!(clashes(&MatchParams::new().veto(FieldKind::BirthDate)), 0);
    }

    #[test]
    fn equal_masks_are_not_equal_values() {
        let records = table(&[
            ("1", "", "138****8000"),
            ("2", "", "138****8000"),
            ("3", "", "13800138000"),
            ("4", "", "13800138000"),
        ]);
        let model = MatchParams::new().fit(&records).unwrap();
        let explainer = model.explainer(&records).unwrap();
        let level = |a, b| explainer.explain(a, b).unwrap().evidence[1].agreement;
        assert_eq!(
            (level(0, 1), level(0, 2), level(2, 3)),
            (Agreement::SameKey, Agreement::SameKey, Agreement::Equal)
        );
    }

    #[cfg(feature = "serde")]
    #[test]
    fn a_saved_matcher_merges_as_before() {
        let table = ShopParams::new(300, Seed(1)).simulate().unwrap().record_table().unwrap();
        let records = table.to_records().unwrap();
        let model = MatchParams::new().fit(&records).unwrap();
        let mut file = Vec::new();
        crate::persist::write(&mut file, &model).unwrap();
        let loaded: MatchModel = crate::persist::read(&file[..]).unwrap();
        assert_eq!(loaded.summary(), model.summary());
        let (a, b) = (model.merge(&records).unwrap(), loaded.merge(&records).unwrap());
        assert_eq!(a.labels(), b.labels());
        let text = String::from_utf8_lossy(&file);
        for value in records.values(0, "email").chain(records.values(1, "family_name")) {
            assert!(!text.contains(value));
        }
    }
}
