//! Where corpora are read from and data sets written to: folders and object stores, what lies in them, and names for any path.

#[cfg(feature = "object-store")]
mod bucket;
#[cfg(not(feature = "object-store"))]
#[path = "no_bucket.rs"]
mod bucket;
mod copy;
mod listing;
mod location;
mod path_name;

pub use listing::{FileEntry, Listing};
pub use location::Location;
pub use path_name::encode_path;
pub(crate) use path_name::without_extension;
