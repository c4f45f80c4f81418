use super::*;
use proptest::prelude::*;

fn normal(kind: FieldKind, value: &str) -> String {
    Normaliser::new().normalise(kind, value).unwrap_or_default()
}

#[test]
fn each_kind_has_its_form() {
    use FieldKind as K;
    for (kind, given, expected) in [
        (K::Phone, "１３５６４６０７２７１", "+8613564607271"),
        (K::Phone, "0086 199 2941 2039", "+8619929412039"),
        (K::Phone, "86-138-0163-7884", "+8613801637884"),
        (K::Phone, "199****5571", "+86199****5571"),
        (K::Phone, "+44 (0)20 7946 0018", "+442079460018"),
        (K::Phone, "00000000000", ""),
        (K::Email, "DENGYUZHEN0503@126.COM", "dengyuzhen0503@126.com"),
        (K::Email, "mailto:a.b@googlemail.com", "ab@gmail.com"),
        (K::BirthDate, "1954/10/4", "1954-10-04"),
        (K::BirthDate, "20030919", "2003-09-19"),
        (K::BirthDate, "1957年6月2日", "1957-06-02"),
        (K::BirthDate, "31/12/1999", "1999-12-31"),
        (K::BirthDate, "12/31/1999", "1999-12-31"),
        (K::BirthDate, "4 May 1980", "1980-05-04"),
        (K::BirthDate, "1987-10-07T00:00:00", "1987-10-07"),
        (K::BirthDate, "1976-16-24", "1976-16-24"),
        (K::BirthDate, "4-oct-1980", "1980-10-04"),
        (K::BirthDate, "1957年6月2日 10:30", "1957-06-02"),
        (K::BirthDate, "4 de mayo de 1980", "1980-05-04"),
        (K::BirthDate, "1980-03 10:30", ""),
        (K::BirthDate, "03/04/1980", ""),
        (K::BirthDate, "04/04/1980", "1980-04-04"),
        (K::BirthDate, "June 1957", ""),
        (K::BirthDate, "Jan 1966, 10:00", ""),
        (K::BirthDate, "soon", ""),
        (K::NationalId, "11010519491231002x", "11010519491231002X"),
        (K::NationalId, "110105491231002", "11010519491231002X"),
        (K::NationalId, "000-00-0000", ""),
        (K::ChineseName, " 孫　瑩 ", "孙莹"),
        (K::ChineseName, "Li  YING", "li ying"),
        (K::FullName, "Dr. José Núñez", "jose nunez"),
        (K::FullName, "NÚÑEZ, José M.", "jose m nunez"),
        (K::FullName, "de la Cruz, Ana", "ana de la cruz"),
        (K::FullName, "Ann Lee, Jr.", "ann lee"),
        (K::FullName, "Ann Lee, PhD", "ann lee phd"),
        (K::GivenName, "unknown", ""),
        (K::Address, "5 Milne Cove Street", "5 milne cove st"),
        (K::Address, "浙江省杭州市余杭区工业东路169号1栋305室", "杭州工业东路169号1-305"),
        (K::Address, "杭州余杭区工业东路１６９号1号楼305", "杭州工业东路169号1-305"),
        (K::Address, "上海静安区新华路199号七栋1066室", "上海新华路199号7-1066"),
        (K::Address, "上海新华路199号7-1066", "上海新华路199号7-1066"),
        (K::City, "  St.  Gallen ", "st gallen"),
        (K::Number, "1,200.50", "1200.5"),
    ] {
        assert_eq!(normal(kind, given), expected, "{kind} {given}");
    }
}

#[test]
fn a_number_may_be_given_a_country() {
    let n = Normaliser::new().country(44);
    assert_eq!(n.normalise(FieldKind::Phone, "020 7946 0018").as_deref(), Some("+442079460018"));
    assert_eq!(n.normalise(FieldKind::Phone, "+1 202 555 0143").as_deref(), Some("+12025550143"));
}

/// The country that is stated decides what bare digits mean.
#[test]
fn bare_digits_are_of_the_stated_country() {
    for (country, given, expected) in [
        (Some(1), "1 305 555 0143", "+13055550143"),
        (Some(1), "305-555-0143", "+13055550143"),
        (Some(1), "1 212 555 0143", "+12125550143"),
        (Some(44), "44 20 7946 0018", "+442079460018"),
        (Some(49), "0151 23456789", "+4915123456789"),
        (Some(49), "13912345678", "+4913912345678"),
        (Some(39), "392 123 4567", "+393921234567"),
        (Some(55), "55 91234 5678", "+5555912345678"),
        (Some(86), "139 1234 5678", "+8613912345678"),
        (None, "139 1234 5678", "+8613912345678"),
        (Some(1), "86 139 1234 5678", "+8613912345678"),
        (Some(1), "+86 139 1234 5678", "+8613912345678"),
    ] {
        let n = country.map_or(Normaliser::new(), |code| Normaliser::new().country(code));
        let once = n.normalise(FieldKind::Phone, given).unwrap();
        assert_eq!(once, expected, "{country:?} {given}");
        assert_eq!(n.normalise(FieldKind::Phone, &once).as_deref(), Some(expected));
    }
}

#[test]
fn names_come_apart() {
    let split = |name: &str| split_name(&normal(FieldKind::ChineseName, name));
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(split("歐陽娜"), pair("欧阳", "娜"));
    assert_eq!(split("刘总"), pair("刘", ""));
    assert_eq!(split("黄先生"), pair("黄", ""));
    assert_eq!(split("张**"), pair("张", ""));
    assert_eq!(split("张*伟"), pair("张", "*伟"));
    assert_eq!(split("Lu Lanying"), pair("lu", "lanying"));
    assert_eq!(split("Yan ZHAO"), pair("zhao", "yan"));
    assert_eq!(split("Ann Mary Lee"), pair("lee", "ann mary"));
    assert_eq!(pinyin_key("兰英"), "lanying");
    assert_eq!(pinyin_key("吕"), pinyin_key("lv"));
    assert_eq!(pinyin_key("单"), "shan");
}

#[test]
fn length_is_bounded() {
    let long = "长".repeat(1 << 20);
    for kind in FieldKind::ALL {
        assert!(Normaliser::new().normalise(kind, &long).is_none_or(|n| n.chars().count() <= 2 * MAX_CHARS));
    }
}

proptest! {
    #[test]
    fn a_second_time_changes_nothing(value in "\\PC{0,24}") {
        for kind in FieldKind::ALL {
            if let Some(once) = Normaliser::new().normalise(kind, &value) {
                let twice = Normaliser::new().normalise(kind, &once);
                prop_assert_eq!(twice.as_deref(), Some(once.as_str()), "{} {:?}", kind, value);
            }
        }
    }

    #[test]
    fn a_second_time_changes_nothing_where_it_matters(value in "[ 0-9+*号栋楼路市区省張张王总一十ABc@.lvé'-]{0,20}") {
        for kind in FieldKind::ALL {
            if let Some(once) = Normaliser::new().normalise(kind, &value) {
                let twice = Normaliser::new().normalise(kind, &once);
                prop_assert_eq!(twice.as_deref(), Some(once.as_str()), "{} {:?}", kind, value);
            }
        }
    }
}
