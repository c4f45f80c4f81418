//! One error for the whole crate: what kind, where, and why.
//!
//! Callers branch on [`ErrorKind`], show [`Place`] to whoever can mend the data, and print the rest. Inside, a module
//! may have an enum of faults of its own (`Fault`); no dependency's error type is ever part of the public surface,
//! so that changing a dependency breaks nobody's `match`.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

/// What went wrong, coarse enough to branch on.
///
/// The list may grow; match with a wildcard arm.
///
/// | kind | who can do something about it |
/// |---|---|
/// | `InvalidParam` | the programmer: a setting is wrong, whatever the data |
/// | `InvalidInput`, `ShapeMismatch` | whoever delivers the data; [`Error::place`] says where |
/// | `EmptyInput` | nobody, perhaps: no customer yet as of that day |
/// | `NotConverged` | the programmer: more iterations, other data |
/// | `Overflow` | whoever delivers the data: such sums are faults as a rule |
/// | `IncompatibleModel` | whoever deploys: model and library or data do not belong together |
/// | `Io` | the operating system |
///
/// ```
/// use regulars::{ErrorKind, types::Horizon};
///
/// let message = match Horizon::days(0).map_err(|error| error.kind()) {
///     Ok(_) => "fine",
///     Err(ErrorKind::InvalidParam) => "check the configuration",
///     Err(_) => "ask somebody",
/// };
/// assert_eq!(message, "check the configuration");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ErrorKind {
    /// A parameter is outside its domain: `bins = 1`, a tolerance of NaN.
    InvalidParam,
    /// The data break a rule: an unreadable date, a negative weight, a foreign index.
    InvalidInput,
    /// There is nothing to work on: no rows, or none left as of the day asked for.
    EmptyInput,
    /// Two things that must have the same length or width do not.
    ShapeMismatch,
    /// An iterative method stopped before its criterion was met.
    NotConverged,
    /// An exact sum or an index does not fit its type.
    Overflow,
    /// A saved model cannot be used: newer version, other model, damaged, or made for other columns.
    IncompatibleModel,
    /// Reading or writing failed in the operating system.
    Io,
}

/// Where it went wrong.
///
/// Rows are numbered from 1 in the order given. A CSV file counts its header as row 1, as a spreadsheet shows it.
///
/// ```
/// use regulars::Place;
/// use regulars::data::Matrix;
/// use regulars::data::Customers;
///
/// let error = Matrix::new(Customers::numbered(2)?, ["x"], vec![1.0, f64::NAN]).unwrap_err();
/// match error.place() {
///     Some(Place::Row { row, column }) => assert_eq!((*row, column.as_deref()), (2, Some("x"))),
///     _ => unreachable!("the row is known"),
/// }
/// assert_eq!(error.to_string(), "row 2, column `x`: must be finite");
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Place {
    /// A row, and the column where one is to blame.
    Row {
        /// Row number from 1 (see the type's note on headers).
        row: u64,
        /// Name of the column.
        column: Option<Cow<'static, str>>,
    },
    /// A whole column.
    Column(Cow<'static, str>),
    /// A parameter, by the name of its setter.
    Parameter(&'static str),
    /// A stage of a longer computation.
    Stage(&'static str),
}

/// As it begins a message: row and column, a column, a parameter or a stage, names in backticks.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row { row, column: None } => write!(f, "row {row}"),
            Self::Row { row, column: Some(column) } => write!(f, "row {row}, column `{column}`"),
            Self::Column(column) => write!(f, "column `{column}`"),
            Self::Parameter(name) => write!(f, "parameter `{name}`"),
            Self::Stage(name) => write!(f, "stage `{name}`"),
        }
    }
}

/// The error of every fallible call in this crate: one word wide, with a [kind](Error::kind), a
/// [place](Error::place) and the cause as [source](std::error::Error::source) where there is one.
///
/// Messages say the rule that was broken. They print the value of a parameter, never the value of a customer's
/// field.
///
/// ```
/// use regulars::{ErrorKind, Place, types::Probability};
///
/// let error = Probability::new(f64::NAN).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidParam);
/// assert_eq!(error.place(), Some(&Place::Parameter("probability")));
/// assert_eq!(error.to_string(), "parameter `probability`: must lie in [0, 1], got NaN");
/// ```
pub struct Error(Box<Repr>);

/// Boxed, so that a `Result` on the fast path is one word wider than its value at most.
struct Repr {
    kind: ErrorKind,
    place: Option<Place>,
    fault: Box<dyn StdError + Send + Sync>,
}

/// Shorthand for results with the crate's [`Error`]; the second parameter lets code that imports it name another.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The coarse kind, to branch on.
    ///
    /// Stable: a message may be worded better in a later version, its kind will not change for the same fault.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Row, column, parameter or stage to blame, where one is; `None` where it is the input as a whole.
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

    /// Any kind at any place. `fault` is a text, or an error that is kept as the source.
    pub(crate) fn new(
        kind: ErrorKind,
        place: impl Into<Option<Place>>,
        fault: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self(Box::new(Repr { kind, place: place.into(), fault: fault.into() }))
    }

    /// A parameter outside its domain: `rule` reads on from "parameter `name`:".
    pub(crate) fn param(name: &'static str, rule: &str, got: impl fmt::Display) -> Self {
        Self::new(ErrorKind::InvalidParam, Place::Parameter(name), format!("{rule}, got {got}"))
    }

    /// Nothing to work on.
    pub(crate) fn empty(what: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::EmptyInput, None, what.into())
    }

    /// Two lengths or widths that must agree.
    pub(crate) fn shape(what: &str, expected: usize, got: usize) -> Self {
        Self::new(ErrorKind::ShapeMismatch, None, format!("{what}: expected {expected}, got {got}"))
    }

    /// An exact sum or an index that does not fit.
    pub(crate) fn overflow(what: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Overflow, None, what.into())
    }

    /// Data that break a rule, no particular row.
    pub(crate) fn input(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::InvalidInput, None, message.into())
    }

    /// Data that break a rule in one row (numbered from 1) and perhaps one column.
    pub(crate) fn row(row: u64, column: Option<&'static str>, message: impl Into<Cow<'static, str>>) -> Self {
        let place = Place::Row { row, column: column.map(Cow::Borrowed) };
        Self::new(ErrorKind::InvalidInput, place, message.into())
    }

    /// The same kind and place with a further remark after the message.
    pub(crate) fn and(self, remark: impl fmt::Display) -> Self {
        let message = format!("{}; {remark}", self.0.fault);
        Self::new(self.0.kind, self.0.place, message)
    }

    /// The same error with another place: a caller that knows the row adds it to the error of a parser that does not.
    pub(crate) fn at(mut self, place: Place) -> Self {
        self.0.place = Some(place);
        self
    }
}

/// Place, colon, rule: `parameter `horizon`: must be 1 to 365250 days, got 0`. Lower case, no full stop, so that a
/// caller can embed it.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.place {
            Some(place) => write!(f, "{place}: {}", self.0.fault),
            None => write!(f, "{}", self.0.fault),
        }
    }
}

/// Kind and message in one line: what `unwrap` prints is readable.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}: {self})", self.0.kind)
    }
}

/// The cause, where the fault has one: an I/O error of the operating system, for example.
impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.fault.source()
    }
}

/// Kind, place and message, for the answer of a service.
///
/// ```
/// # #[cfg(feature = "serde")] {
/// use regulars::types::Horizon;
/// let error = "soon".parse::<Horizon>().unwrap_err();
/// let json: serde_json::Value = serde_json::to_value(&error).expect("plain text");
/// assert_eq!(json["kind"], "invalid_input");
/// assert!(json["place"].is_null() && json["message"].is_string());
/// # }
/// ```
#[cfg(feature = "serde")]
impl serde::Serialize for Error {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut fields = to.serialize_struct("Error", 3)?;
        fields.serialize_field("kind", &self.kind())?;
        fields.serialize_field("place", &self.place())?;
        fields.serialize_field("message", &self.0.fault.to_string())?;
        fields.end()
    }
}

/// A module's private error: it knows its own kind and place, so that `?` turns it into an [`Error`].
pub(crate) trait Fault: StdError + Send + Sync + 'static {
    fn kind(&self) -> ErrorKind;
    fn place(&self) -> Option<Place> {
        None
    }
}

impl<F: Fault> From<F> for Error {
    fn from(fault: F) -> Self {
        Self::new(fault.kind(), fault.place(), fault)
    }
}
