//! `FieldKind`: what a field is, from which follows how it is read, compared and searched.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// What the values of a field are.
///
/// A kind says all that matching needs: how values are normalised, how two of them are compared, which of them are
/// useful to look for candidates, and what is usual for people (e-mail addresses are nearly unique, cities are not).
///
/// ```
/// use regulars::data::FieldKind;
///
/// assert_eq!("e-mail".parse::<FieldKind>()?, FieldKind::Email);
/// assert_eq!(FieldKind::from_header("手机号"), Some(FieldKind::Phone));
/// assert_eq!(FieldKind::from_header("Given Name"), Some(FieldKind::GivenName));
/// assert_eq!(FieldKind::ALL.len(), 19);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// Where two kinds fit, take the narrower one: `GivenName` and `FamilyName` for two columns, `FullName` for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum FieldKind {
    /// First or given name.
    GivenName,
    /// Surname or family name.
    FamilyName,
    /// Whole name in one field, Latin or Chinese.
    FullName,
    /// Name in Han characters or its pinyin, family name first or last.
    ChineseName,
    /// Day of birth.
    BirthDate,
    /// E-mail address.
    Email,
    /// Telephone number.
    Phone,
    /// Number of an identity card or social security.
    NationalId,
    /// Customer number or account in one of the systems: the key of a ledger, by which orders find their person.
    CustomerAccount,
    /// Name or number of a person in a messenger or social network.
    Handle,
    /// Whole postal address, or street and number.
    Address,
    /// Part of an address that has no kind of its own: a second line, a building.
    AddressPart,
    /// House or flat number.
    HouseNumber,
    /// Postcode.
    Postcode,
    /// City, town or suburb.
    City,
    /// State, province or country.
    Region,
    /// One of few values: gender, level.
    Category,
    /// A number.
    Number,
    /// Anything else.
    FreeText,
}

impl FieldKind {
    /// All kinds, in the order of their declaration.
    pub const ALL: [Self; 19] = [
        Self::GivenName,
        Self::FamilyName,
        Self::FullName,
        Self::ChineseName,
        Self::BirthDate,
        Self::Email,
        Self::Phone,
        Self::NationalId,
        Self::CustomerAccount,
        Self::Handle,
        Self::Address,
        Self::AddressPart,
        Self::HouseNumber,
        Self::Postcode,
        Self::City,
        Self::Region,
        Self::Category,
        Self::Number,
        Self::FreeText,
    ];

    /// The kind's name, as it is parsed and printed.
    ///
    /// ```
    /// use regulars::data::FieldKind;
    /// for kind in FieldKind::ALL {
    ///     assert_eq!(kind.name().parse::<FieldKind>()?, kind);
    /// }
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Self::GivenName => "given_name",
            Self::FamilyName => "family_name",
            Self::FullName => "full_name",
            Self::ChineseName => "chinese_name",
            Self::BirthDate => "birth_date",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::NationalId => "national_id",
            Self::CustomerAccount => "customer_account",
            Self::Handle => "handle",
            Self::Address => "address",
            Self::AddressPart => "address_part",
            Self::HouseNumber => "house_number",
            Self::Postcode => "postcode",
            Self::City => "city",
            Self::Region => "region",
            Self::Category => "category",
            Self::Number => "number",
            Self::FreeText => "free_text",
        }
    }

    /// The kind that a column's header names, in the usual forms of a dozen languages; `None` where it names none. Case,
    /// spaces, signs and numbers behind (`email_2`) do not matter; nor do words in front (`billing city`), except before
    /// words that say too little: a `company name` is not the name of a person.
    ///
    /// ```
    /// use regulars::data::FieldKind;
    /// assert_eq!(FieldKind::from_header("Date of Birth"), Some(FieldKind::BirthDate));
    /// assert_eq!(FieldKind::from_header("soc_sec_id"), Some(FieldKind::NationalId));
    /// assert_eq!(FieldKind::from_header("收货地址"), Some(FieldKind::Address));
    /// assert_eq!(FieldKind::from_header("custFirstName"), Some(FieldKind::GivenName));
    /// assert_eq!(FieldKind::from_header("Geburtsdatum"), Some(FieldKind::BirthDate));
    /// assert_eq!(FieldKind::from_header("billing_phone_2"), Some(FieldKind::Phone));
    /// assert_eq!(FieldKind::from_header("company_name"), None);
    /// assert_eq!(FieldKind::from_header("patient_name"), Some(FieldKind::FullName));
    /// assert_eq!(FieldKind::from_header("remarks"), None);
    /// ```
    pub fn from_header(header: &str) -> Option<Self> {
        let words = header_words(header);
        let joined = |words: &[String]| words.concat();
        if let Some(kind) = Self::from_key(&joined(&words)) {
            return Some(kind);
        }
        (1..words.len()).find_map(|skip| {
            let kind = Self::from_key(&joined(&words[skip..]))?;
            let before = words[skip - 1].as_str();
            let vague = match kind {
                Self::FullName => !PEOPLE.contains(&before),
                Self::Category => true,
                _ => false,
            };
            let other =
                ["ip", "mac", "web", "url", "company", "file", "order", "product", "item", "of", "and"];
            (!vague && !other.contains(&before)).then_some(kind)
        })
    }

    /// The kind of a header without blanks, signs and capitals.
    #[expect(
        clippy::too_many_lines,
        reason = "one list of names, kind by kind; cut in two it would be looked up twice"
    )]
    fn from_key(key: &str) -> Option<Self> {
        Some(match key {
            "givenname" | "firstname" | "forename" | "fname" | "christianname" | "first" | "given" | "名"
            | "名字" | "vorname" | "prénom" | "prenom" | "nombre" | "nombres" | "primernombre"
            | "voornaam" | "имя" | "imię" | "imie" | "förnamn" | "fornavn" | "etunimi" | "이름" => {
                Self::GivenName
            }
            "familyname" | "surname" | "lastname" | "lname" | "last" | "family" | "姓" | "姓氏"
            | "nachname" | "familienname" | "nomdefamille" | "apellido" | "apellidos" | "primerapellido"
            | "cognome" | "sobrenome" | "achternaam" | "фамилия" | "nazwisko" | "efternamn" | "etternavn"
            | "sukunimi" => Self::FamilyName,
            "name" | "fullname" | "customername" | "contactname" | "clientname" | "membername"
            | "personname" | "姓名" | "客户姓名" | "客户名称" | "会员姓名" | "收货人" | "联系人" | "氏名"
            | "nomcomplet" | "nombrecompleto" | "nomecompleto" | "nominativo" | "фио" | "성명" => {
                Self::FullName
            }
            "chinesename" | "中文名" => Self::ChineseName,
            "dob"
            | "dateofbirth"
            | "birthdate"
            | "birthday"
            | "born"
            | "birth"
            | "生日"
            | "出生日期"
            | "出生年月"
            | "生年月日"
            | "geburtsdatum"
            | "geburtstag"
            | "datedenaissance"
            | "naissance"
            | "fechadenacimiento"
            | "fechanacimiento"
            | "datadinascita"
            | "datadenascimento"
            | "geboortedatum"
            | "датарождения"
            | "dataurodzenia"
            | "생년월일" => Self::BirthDate,
            "email"
            | "mail"
            | "emailaddress"
            | "邮箱"
            | "电子邮箱"
            | "电子邮件"
            | "邮件"
            | "emailadresse"
            | "courriel"
            | "correo"
            | "correoelectrónico"
            | "correoelectronico"
            | "メール"
            | "メールアドレス"
            | "почта"
            | "이메일" => Self::Email,
            "phone" | "mobile" | "tel" | "telephone" | "cell" | "cellphone" | "phonenumber" | "phoneno"
            | "mobilephone" | "mobilenumber" | "telephonenumber" | "手机" | "手机号" | "手机号码"
            | "电话" | "联系电话" | "电话号码" | "telefon" | "telefonnummer" | "handy" | "mobil"
            | "téléphone" | "portable" | "teléfono" | "telefono" | "móvil" | "celular" | "cellulare"
            | "telefone" | "telefoon" | "телефон" | "電話" | "電話番号" | "전화번호" => {
                Self::Phone
            }
            "nationalid"
            | "idcard"
            | "idnumber"
            | "idno"
            | "ssn"
            | "socsecid"
            | "socialsecurity"
            | "socialsecuritynumber"
            | "nationalinsurance"
            | "nino"
            | "nhsnumber"
            | "passport"
            | "passportnumber"
            | "身份证"
            | "身份证号"
            | "身份证号码"
            | "证件号"
            | "证件号码"
            | "dni"
            | "cpf"
            | "codicefiscale"
            | "personnummer"
            | "pesel"
            | "curp" => Self::NationalId,
            "customerid"
            | "customeraccount"
            | "account"
            | "accountid"
            | "memberid"
            | "customerno"
            | "customernumber"
            | "accountno"
            | "accountnumber"
            | "clientid"
            | "userid"
            | "patientid"
            | "mrn"
            | "medicalrecordnumber"
            | "membernumber"
            | "memberno"
            | "membershipnumber"
            | "membershipno"
            | "cardno"
            | "cardnumber"
            | "loyaltyid"
            | "policyno"
            | "policynumber"
            | "客户编号"
            | "会员号"
            | "客户号"
            | "会员编号"
            | "会员卡号"
            | "kundennummer" => Self::CustomerAccount,
            "wechat" | "wechatid" | "weixin" | "openid" | "unionid" | "twitter" | "handle" | "username"
            | "qq" | "微信" | "微信号" | "用户名" => Self::Handle,
            "address" | "street" | "streetaddress" | "address1" | "addressline1" | "addressline" | "addr"
            | "postaladdress" | "地址" | "详细地址" | "收货地址" | "联系地址" | "住址" | "住所"
            | "adresse" | "anschrift" | "straße" | "strasse" | "rue" | "dirección" | "direccion"
            | "calle" | "indirizzo" | "endereço" | "endereco" | "straat" | "adres" | "адрес" | "주소" => {
                Self::Address
            }
            "address2" | "addressline2" | "addr2" | "address3" | "building" | "flat" | "unit" => {
                Self::AddressPart
            }
            "streetnumber" | "housenumber" | "houseno" | "streetno" | "门牌号" | "hausnummer"
            | "huisnummer" => Self::HouseNumber,
            "postcode" | "zip" | "zipcode" | "postalcode" | "邮编" | "邮政编码" | "plz" | "postleitzahl"
            | "codepostal" | "códigopostal" | "codigopostal" | "cap" | "cep" | "郵便番号" | "индекс" => {
                Self::Postcode
            }
            "city" | "town" | "suburb" | "locality" | "village" | "城市" | "市" | "stadt" | "ort"
            | "ville" | "ciudad" | "città" | "cidade" | "woonplaats" | "город" | "miasto" => Self::City,
            "state" | "province" | "region" | "county" | "country" | "省" | "省份" | "国家"
            | "bundesland" | "provincia" | "estado" => Self::Region,
            "gender" | "sex" | "title" | "salutation" | "level" | "性别" | "等级" | "anrede"
            | "geschlecht" => Self::Category,
            _ => return None,
        })
    }

    /// Whether one value is meant to belong to one person only. Meant to: families share telephones, and agreement is
    /// weighed, not believed.
    ///
    /// ```
    /// use regulars::data::FieldKind;
    /// assert!(FieldKind::Email.is_identifier());
    /// assert!(!FieldKind::FullName.is_identifier());
    /// ```
    pub const fn is_identifier(self) -> bool {
        matches!(self, Self::Email | Self::Phone | Self::NationalId | Self::CustomerAccount | Self::Handle)
    }
}

impl fmt::Display for FieldKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whose `.. name` is that of a person.
const PEOPLE: [&str; 16] = [
    "patient",
    "student",
    "employee",
    "guest",
    "passenger",
    "person",
    "user",
    "holder",
    "owner",
    "recipient",
    "buyer",
    "subscriber",
    "voter",
    "donor",
    "applicant",
    "insured",
];

/// The words of a header in lower case, parted at signs and at capitals behind small letters; a number behind, other than
/// the line of an address, goes.
pub(super) fn header_words(header: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small = false;
    for c in header.chars() {
        if !c.is_alphanumeric() || small && c.is_uppercase() {
            words.push(String::new());
        }
        small = c.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|w| !w.is_empty());
    let line = words.concat().contains("addr");
    if let Some(last) = words.last_mut().filter(|_| !line) {
        last.truncate(last.trim_end_matches(|c: char| c.is_ascii_digit()).len());
    }
    words.retain(|w| !w.is_empty());
    words
}

/// Reads a kind's [`name`](FieldKind::name), whatever its case, hyphens and blanks.
impl FromStr for FieldKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let plain = |s: &str| -> String { s.chars().filter(char::is_ascii_alphanumeric).collect() };
        let wanted = plain(&text.to_ascii_lowercase());
        Self::ALL.into_iter().find(|kind| plain(kind.name()) == wanted).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|k| k.name()).collect();
            Error::param("kind", &format!("must be one of {}", names.join(", ")), text)
        })
    }
}

/// A named field and its kind.
///
/// ```
/// use regulars::data::{Field, FieldKind};
/// let field = Field::new("mail", FieldKind::Email);
/// assert_eq!((field.name(), field.kind()), ("mail", FieldKind::Email));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Field {
    name: String,
    kind: FieldKind,
}

impl Field {
    /// A field of that name and kind.
    pub fn new(name: impl Into<String>, kind: FieldKind) -> Self {
        Self { name: name.into(), kind }
    }

    /// Its name, by which values are given and asked for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its kind, from which all comparing follows.
    pub fn kind(&self) -> FieldKind {
        self.kind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_back() {
        for kind in FieldKind::ALL {
            assert_eq!(kind.to_string().parse::<FieldKind>().unwrap(), kind);
        }
        assert!("surname-ish".parse::<FieldKind>().is_err());
    }
}
