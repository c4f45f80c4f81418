//! Saved models: a versioned envelope, validated on the way back.
