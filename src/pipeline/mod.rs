//! All answers together: one row per person.
