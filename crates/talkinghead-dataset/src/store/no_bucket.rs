//! Instead of object stores in builds without them: a bucket that cannot be opened.

use std::path::{Path, PathBuf};

use super::listing::Listing;
use crate::error::DatasetError;

/// A bucket of a build without object stores: there is none.
#[derive(Debug)]
pub enum Bucket {}

impl Bucket {
    pub(crate) fn parse(address: &str) -> Result<Self, DatasetError> {
        let detail = "this build reaches no object stores; build it with `cargo build --release --features s3`".to_owned();
        Err(DatasetError::Address { address: address.to_owned(), detail })
    }

    pub(crate) fn list(&self, _: &str) -> Result<Listing, DatasetError> {
        match *self {}
    }

    pub(crate) fn download(&self, _: &str, _: &Path) -> Result<PathBuf, DatasetError> {
        match *self {}
    }

    pub(crate) fn read(&self, _: &str) -> Result<Option<Vec<u8>>, DatasetError> {
        match *self {}
    }

    pub(crate) fn write(&self, _: &str, _: &[u8]) -> Result<(), DatasetError> {
        match *self {}
    }

    pub(crate) fn exists(&self, _: &str) -> Result<bool, DatasetError> {
        match *self {}
    }

    pub(crate) fn upload_folder(&self, _: &Path, _: &str) -> Result<(), DatasetError> {
        match *self {}
    }

    pub(crate) fn upload(&self, _: &Path, _: &str) -> Result<(), DatasetError> {
        match *self {}
    }

    pub(crate) fn remove(&self, _: &str) -> Result<(), DatasetError> {
        match *self {}
    }
}

impl std::fmt::Display for Bucket {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {}
    }
}
