//! What each customer will buy next, and why.
