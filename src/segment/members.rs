//! Who is typical of a segment, who stands at its border, and who hardly belongs.
//!
//! A segment is easier to believe with faces. The outlier score is the distance to the own centre over the segment's
//! radius, the root mean square of that distance: in a normal cloud of d equal columns d · score² follows χ² with d degrees
//! of freedom, so that a score of 2 is exceeded by 4.6 % of members in one column, 0.7 % in three and 0.01 % in eight.

use crate::error::Result;
use crate::kernel::par;
use crate::types::CustomerIx;

use super::input::SegmentInput;
use super::model::{Placement, Segment, SegmentModel};

/// From this outlier score on a member counts as unusual: twice the segment's radius away from its centre.
const UNUSUAL: f64 = 2.0;

/// One member of a segment.
///
/// ```
/// use regulars::data::{Customers, Matrix};
/// use regulars::segment::KMeansParams;
///
/// let matrix = Matrix::unnamed(Customers::numbered(4)?, 1, vec![1.0, 2.0, 3.0, 50.0])?;
/// let model = KMeansParams::new(2).fit(&matrix)?;
/// let typical = model.members(&matrix, 1)?[0].typical[0];
/// assert_eq!((typical.row, typical.placement.distance), (1, 0.0));
/// assert_eq!(matrix.customers().row(typical.customer)?, Some(1));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Member {
    /// Row of the customer in the table.
    pub row: usize,
    /// The customer.
    pub customer: CustomerIx,
    /// Distances to the nearest two centres, and the outlier score.
    pub placement: Placement,
}

/// Members of one segment that are worth a look, as [`SegmentModel::members`] finds them.
///
/// ```
/// use regulars::data::{Customers, Matrix};
/// use regulars::segment::KMeansParams;
///
/// // Twenty customers about 0, one of them far out, and five about 1,000.
/// let values = (0..19).map(|i| (i % 3) as f64).chain([200.0]).chain([998.0, 999.0, 1000.0, 1001.0, 1002.0]);
/// let matrix = Matrix::unnamed(Customers::numbered(25)?, 1, values.collect())?;
/// let model = KMeansParams::new(2).fit(&matrix)?;
/// let first = &model.members(&matrix, 3)?[0];
/// assert_eq!((first.typical.len(), first.borderline.len(), first.outliers.len()), (3, 3, 1));
/// assert_eq!((first.outliers[0].row, first.borderline[0].row), (19, 19));
/// assert!(first.outliers[0].placement.outlier_score > Some(4.0));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Members {
    /// The segment.
    pub segment: Segment,
    /// Those nearest to the centre, the nearest first: show these to explain the segment.
    pub typical: Vec<Member>,
    /// Those nearest to the border with another segment, the nearest first: the first to move.
    pub borderline: Vec<Member>,
    /// Those farthest from the centre, the farthest first, from an outlier score of 2 on: check these before believing
    /// a mean.
    pub outliers: Vec<Member>,
}

impl SegmentModel {
    /// For each segment, in order, up to `count` typical members, as many at the border, and as many outliers; ties go to
    /// the lower key. O(n · k · width + n log n).
    ///
    /// ```
    /// use regulars::data::{Customers, Features, Keys};
    /// use regulars::segment::KMeansParams;
    ///
    /// let customers = Customers::all(Keys::new(["ann", "bob", "cat", "dan", "eve", "fay"])?.into());
    /// let spend = [10.0, 11.0, 12.0, 60.0, 900.0, 1000.0];
    /// let features = Features::builder(customers).numeric("spend", spend)?.build()?;
    /// let model = KMeansParams::new(2).fit(&features)?;
    /// let low = &model.members(&features, 1)?[0];
    /// let name = |row| features.customers().key(row).unwrap().to_string();
    /// assert_eq!(name(low.typical[0].row), "cat");
    /// assert_eq!(name(low.borderline[0].row), "dan");
    /// assert!(low.borderline[0].placement.borderline() > low.typical[0].placement.borderline());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`assign`](Self::assign).
    pub fn members<'a>(&self, data: impl Into<SegmentInput<'a>>, count: usize) -> Result<Vec<Members>> {
        let placed = self.explain(data)?;
        let customers = placed.customers();
        let mut of: Vec<Vec<Member>> = vec![Vec::new(); self.k()];
        for (row, placement) in placed.values().iter().enumerate() {
            let Some(customer) = customers.customer(row) else { continue };
            of[placement.segment.index()].push(Member { row, customer, placement: *placement });
        }
        let segments: Vec<Segment> = self.segments().collect();
        let list = |i: std::ops::Range<usize>| {
            let members = &of[i.start];
            let top = |key: &dyn Fn(&Member) -> Option<f64>| {
                let mut keyed: Vec<(f64, &Member)> =
                    members.iter().filter_map(|m| Some((key(m)?, m))).collect();
                keyed.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.row.cmp(&b.1.row)));
                keyed.into_iter().take(count).map(|(_, m)| *m).collect::<Vec<Member>>()
            };
            Members {
                segment: segments[i.start],
                typical: top(&|m| Some(-m.placement.distance)),
                borderline: top(&|m| m.placement.runner_up.map(|_| m.placement.borderline())),
                outliers: top(&|m| m.placement.outlier_score.filter(|s| *s >= UNUSUAL)),
            }
        };
        Ok(par::map_chunks(self.k(), 1, list))
    }
}
