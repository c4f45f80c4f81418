//! What each customer will buy and be worth.
