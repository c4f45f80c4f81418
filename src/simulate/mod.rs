//! A deterministic shop with known truth, for examples, tests, benches and users who need test data.
