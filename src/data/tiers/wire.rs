//! How tiers are saved by themselves; a pipeline holds them in its own file.

use crate::error::Result;
use crate::persist::wire::Wire;
use crate::persist::{BlockReader, BlockWriter};

use super::Tiers;

impl Wire for Tiers {
    const KIND: &'static str = "tiers";
    type Repr = Tiers;

    fn to_wire(&self, _: &mut BlockWriter) -> Tiers {
        self.clone()
    }

    fn from_wire(repr: Tiers, _: &mut BlockReader) -> Result<Self> {
        repr.check()?;
        Ok(repr)
    }
}

#[cfg(test)]
mod tests {
    use crate::data::{Customers, PerCustomer, TierParams, Tiers};
    use crate::{ErrorKind, persist};

    #[test]
    fn tiers_come_back_or_are_refused() {
        let scores = PerCustomer::new(Customers::numbered(3).unwrap(), vec![3.5, 0.1, -7.0]).unwrap();
        let tiers = TierParams::new().names(["一", "二", "三"]).hysteresis(0.25).fit(&scores).unwrap();
        let mut file = Vec::new();
        persist::write(&mut file, &tiers).unwrap();
        assert!(persist::read::<Tiers>(&file[..]).unwrap() == tiers);
        for (from, to) in [("0.25", "7.0"), ("\"bounds\":[3.5", "\"bounds\":[-9.0"), ("\"一\",", "")] {
            let error = persist::read::<Tiers>(&persist::edited(&file, from, to)[..]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::IncompatibleModel, "{from}");
        }
    }
}
