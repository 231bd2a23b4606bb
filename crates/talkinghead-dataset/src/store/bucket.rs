//! A corpus or an output in an object store.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt};
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt};
use tokio::runtime::Runtime;

use super::listing::{FileEntry, Listing};
use crate::error::DatasetError;

/// Bytes of one part of an upload; also the size from which an upload is made in parts.
const PART: usize = 16 << 20;

/// An object store and a prefix in it. Calls block.
#[derive(Debug)]
pub struct Bucket {
    store: Arc<dyn ObjectStore>,
    prefix: ObjectPath,
    address: String,
    runtime: Runtime,
}

impl Bucket {
    /// Opens `s3://bucket/prefix` with keys, region and endpoint from the environment (`AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT`, `AWS_ALLOW_HTTP`), or `file:///path`.
    pub(crate) fn parse(address: &str) -> Result<Self, DatasetError> {
        let wrong = |detail: String| DatasetError::Address { address: address.to_owned(), detail };
        let (scheme, rest) = address.split_once("://").ok_or_else(|| wrong("it is no address".to_owned()))?;
        let (store, prefix): (Arc<dyn ObjectStore>, &str) = match scheme {
            "file" => {
                std::fs::create_dir_all(rest).map_err(DatasetError::file("write", rest))?;
                let store =
                    object_store::local::LocalFileSystem::new_with_prefix(rest).map_err(|error| wrong(error.to_string()))?;
                (Arc::new(store), "")
            }
            "s3" | "s3a" => {
                let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
                (open_s3(bucket).map_err(wrong)?, prefix)
            }
            other => return Err(wrong(format!("`{other}://` is not supported; use a folder or s3://bucket/prefix"))),
        };
        Ok(Self { address: address.trim_end_matches('/').to_owned(), ..Self::new(store, prefix)? })
    }

    pub(crate) fn new(store: Arc<dyn ObjectStore>, prefix: &str) -> Result<Self, DatasetError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(DatasetError::file("start", "the network thread"))?;
        let address = format!("{store}/{prefix}");
        let prefix = ObjectPath::parse(prefix.trim_matches('/'))
            .map_err(|error| DatasetError::Address { address: address.clone(), detail: error.to_string() })?;
        Ok(Self { store, prefix, address, runtime })
    }

    fn object(&self, name: &str) -> Result<ObjectPath, DatasetError> {
        // `parse` keeps the name as it is; names of ours may hold `%`, which `from` would write as `%25`.
        let name = name.trim_matches('/');
        let whole = match (self.prefix.as_ref(), name) {
            ("", name) => name.to_owned(),
            (prefix, "") => prefix.to_owned(),
            (prefix, name) => format!("{prefix}/{name}"),
        };
        ObjectPath::parse(whole).map_err(|error| DatasetError::Address { address: name.to_owned(), detail: error.to_string() })
    }

    fn failed(name: &str) -> impl FnOnce(object_store::Error) -> DatasetError {
        let path = name.to_owned();
        move |source| DatasetError::Store { path, source: source.into() }
    }

    pub(crate) fn list(&self, name: &str) -> Result<Listing, DatasetError> {
        let folder = self.object(name)?;
        let objects: Vec<object_store::ObjectMeta> =
            self.runtime.block_on(self.store.list(Some(&folder)).try_collect()).map_err(Self::failed(name))?;
        let mut files: Vec<FileEntry> = objects
            .into_iter()
            .filter_map(|object| {
                let path: PathBuf = object.location.prefix_match(&folder)?.map(|part| part.as_ref().to_owned()).collect();
                let hidden = path.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"."));
                let tag = object.e_tag.unwrap_or_else(|| object.last_modified.timestamp_millis().to_string());
                (!hidden).then(|| FileEntry { path, bytes: object.size, stamp: format!("{}-{tag}", object.size) })
            })
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Listing { files, problems: Vec::new() })
    }

    pub(crate) fn download(&self, name: &str, scratch: &Path) -> Result<PathBuf, DatasetError> {
        let object = self.object(name)?;
        let extension = Path::new(name).extension().and_then(|extension| extension.to_str()).unwrap_or("bin");
        let local = tempfile::Builder::new()
            .prefix("fetched-")
            .suffix(&format!(".{extension}"))
            .tempfile_in(scratch)
            .map_err(DatasetError::file("write", scratch))?;
        let (mut file, path) = local.keep().map_err(|error| DatasetError::file("write", scratch)(error.error))?;
        self.runtime.block_on(async {
            let mut parts = self.store.get(&object).await.map_err(Self::failed(name))?.into_stream();
            while let Some(part) = parts.next().await {
                let part = part.map_err(Self::failed(name))?;
                file.write_all(&part).map_err(DatasetError::file("write", &path))?;
            }
            Ok::<(), DatasetError>(())
        })?;
        Ok(path)
    }

    pub(crate) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, DatasetError> {
        let object = self.object(name)?;
        self.runtime.block_on(async {
            match self.store.get(&object).await {
                Ok(found) => found.bytes().await.map(|bytes| Some(bytes.to_vec())).map_err(Self::failed(name)),
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(Self::failed(name)(error)),
            }
        })
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), DatasetError> {
        let object = self.object(name)?;
        self.runtime.block_on(self.store.put(&object, bytes.to_vec().into())).map(drop).map_err(Self::failed(name))
    }

    pub(crate) fn exists(&self, name: &str) -> Result<bool, DatasetError> {
        let object = self.object(name)?;
        match self.runtime.block_on(self.store.head(&object)) {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(Self::failed(name)(error)),
        }
    }

    pub(crate) fn upload_folder(&self, folder: &Path, name: &str) -> Result<(), DatasetError> {
        self.remove(name)?;
        let mut files = super::listing::list_folder(folder)?.files;
        // The description comes last: whoever sees it may take the rest for complete.
        files.sort_by_key(|file| (file.path == Path::new("clip.json"), file.path.clone()));
        for file in files {
            self.upload(&folder.join(&file.path), &format!("{name}/{}", file.path.to_string_lossy()))?;
        }
        Ok(())
    }

    pub(crate) fn upload(&self, path: &Path, name: &str) -> Result<(), DatasetError> {
        let bytes = std::fs::read(path).map_err(DatasetError::file("read", path))?;
        if bytes.len() <= PART {
            return self.write(name, &bytes);
        }
        let object = self.object(name)?;
        self.runtime.block_on(async {
            let mut upload = self.store.put_multipart(&object).await.map_err(Self::failed(name))?;
            for part in bytes.chunks(PART) {
                upload.put_part(part.to_vec().into()).await.map_err(Self::failed(name))?;
            }
            upload.complete().await.map(drop).map_err(Self::failed(name))
        })
    }

    pub(crate) fn remove(&self, name: &str) -> Result<(), DatasetError> {
        for file in self.list(name)?.files {
            let object = self.object(&format!("{name}/{}", file.path.to_string_lossy()))?;
            match self.runtime.block_on(self.store.delete(&object)) {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(Self::failed(name)(error)),
            }
        }
        Ok(())
    }
}

impl std::fmt::Display for Bucket {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.address)
    }
}

#[cfg(feature = "s3")]
fn open_s3(bucket: &str) -> Result<Arc<dyn ObjectStore>, String> {
    let store = object_store::aws::AmazonS3Builder::from_env().with_bucket_name(bucket).build();
    store.map(|store| Arc::new(store) as Arc<dyn ObjectStore>).map_err(|error| error.to_string())
}

#[cfg(not(feature = "s3"))]
fn open_s3(_: &str) -> Result<Arc<dyn ObjectStore>, String> {
    Err("this build reaches no S3 stores; build it with `cargo build --release --features s3`".to_owned())
}
