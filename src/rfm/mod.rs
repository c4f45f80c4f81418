//! Recency, frequency, monetary: the field's oldest and most used score.
