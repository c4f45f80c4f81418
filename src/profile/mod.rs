//! Who is who: records of several sources become profiles.
