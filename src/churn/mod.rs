//! Who is leaving, how sure are we, and why.
