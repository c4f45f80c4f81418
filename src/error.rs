//! One error for the whole crate: what kind, where, and why.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

/// What went wrong, coarse enough to branch on.
///
/// The list may grow; match with a wildcard arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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

struct Repr {
    kind: ErrorKind,
    place: Option<Place>,
    fault: Box<dyn StdError + Send + Sync>,
}

/// Shorthand for results with the crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The coarse kind, to branch on.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Row, column, parameter or stage to blame, where one is.
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

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

    /// The same error with another place: a caller that knows the row adds it to the error of a parser that does not.
    pub(crate) fn at(mut self, place: Place) -> Self {
        self.0.place = Some(place);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.place {
            Some(place) => write!(f, "{place}: {}", self.0.fault),
            None => write!(f, "{}", self.0.fault),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}: {self})", self.0.kind)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.fault.source()
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
