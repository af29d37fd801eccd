//! The room in the data folder's file system while the server runs. Below a reserve no new guest is admitted and
//! attributes are not kept, so that present users continue to call and the records of their calls find room.
//!
//! It is read when somebody asks for room: a question to the kernel, of a microsecond. With PostgreSQL the data are
//! elsewhere, and there is no reserve.

use rustix::fs::statvfs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::http::error::ApiError;
use callbox_settings::data::DatabaseSettings;

/// The file system of the data folder.
#[derive(Debug)]
pub struct Disk {
    /// `None` if there is no reserve.
    folder: Option<PathBuf>,
    reserve_bytes: u64,
    refused: AtomicU64,
    is_low: AtomicBool,
}

/// How much is free for us in this folder's file system; `None` if that is not known.
pub fn free_bytes(folder: &Path) -> Option<u64> {
    statvfs(folder).ok().map(|fs| fs.f_bavail.saturating_mul(fs.f_frsize))
}

impl Disk {
    /// By the settings.
    pub fn new(settings: &DatabaseSettings) -> Self {
        Self {
            folder: settings.is_embedded().then(|| settings.folder.clone()),
            reserve_bytes: settings.reserve_bytes,
            refused: AtomicU64::new(0),
            is_low: AtomicBool::new(false),
        }
    }

    /// Whether there is room for writes that can wait.
    pub fn admit(&self) -> Result<(), ApiError> {
        let is_low = self.free_bytes().is_some_and(|free| free < self.reserve_bytes);
        if self.is_low.swap(is_low, Ordering::Relaxed) != is_low {
            if is_low {
                tracing::error!("the disk is nearly full: no guests and no attributes until there is room");
            } else {
                tracing::info!("there is room on the disk again");
            }
        }
        if !is_low {
            return Ok(());
        }
        self.refused.fetch_add(1, Ordering::Relaxed);
        Err(ApiError::StorageFull)
    }

    /// The free space in the data folder's file system.
    pub fn free_bytes(&self) -> Option<u64> {
        self.folder.as_deref().and_then(free_bytes)
    }

    /// How often somebody was refused for want of room.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}
