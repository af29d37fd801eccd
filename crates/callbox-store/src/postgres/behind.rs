//! Records whose answer nobody awaits: they gather for half a second and are written in one transaction.
//!
//! If the database is unreachable they wait for it, and are tried again with growing pauses. Bounds: 1,024 records;
//! one more is lost, and the log says so.

use callbox_core::backoff::Backoff;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::Maker;
use super::connection::Connection;
use super::lease::Lease;
use crate::StoreError;
use crate::effects::{Effects, Pending};
use crate::sql::Work;

/// As for SQLite's queue: a second's worth of a slow disk.
const JOBS_MAX: usize = 1_024;
/// Jobs of one transaction.
const GROUP_MAX: usize = 256;
const GATHER_TIME: Duration = Duration::from_millis(500);
/// Between tries while the database is unreachable.
const PAUSES: Backoff = Backoff::new(100, 5_000);
/// How long the end of the process waits for the database.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Whether this process may write now.
pub(super) type Check = Box<dyn Fn() -> Result<(), StoreError> + Send + Sync>;
pub(super) type Job = Box<dyn for<'d> Fn(&'d mut Lease, &'d mut Pending) -> Work<'d, ()> + Send + Sync>;

enum Message {
    Write(&'static str, Job),
    /// To be answered when all before it are written.
    Settle(oneshot::Sender<()>),
}

/// The queue, and the task at its end.
pub(super) struct Behind {
    messages: Mutex<Option<mpsc::Sender<Message>>>,
    sender: mpsc::WeakSender<Message>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Behind {
    pub(super) fn start(maker: Arc<Maker>, effects: Arc<Effects>, check: Check) -> Self {
        let (sender, messages) = mpsc::channel(JOBS_MAX);
        let task = tokio::spawn(run(Writer { maker, effects, check, connection: None }, messages));
        let weak = sender.downgrade();
        Self { messages: Mutex::new(Some(sender)), sender: weak, task: Mutex::new(Some(task)) }
    }

    pub(super) fn push(&self, what: &'static str, job: Job) {
        let sent =
            self.sender.upgrade().is_some_and(|sender| sender.try_send(Message::Write(what, job)).is_ok());
        if !sent {
            tracing::warn!(what, "a write was lost: too many wait for the database");
        }
    }

    /// Records that wait.
    pub(super) fn waiting(&self) -> usize {
        self.sender.upgrade().map_or(0, |sender| sender.max_capacity() - sender.capacity())
    }

    pub(super) async fn settle(&self) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        let sender = self.sender.upgrade().ok_or(StoreError::Closed)?;
        sender.try_send(Message::Settle(answer)).map_err(|_| StoreError::Busy)?;
        drop(sender);
        timeout(super::QUEUE_TIMEOUT, answered)
            .await
            .map_err(|_| StoreError::Busy)?
            .map_err(|_| StoreError::Closed)
    }

    pub(super) async fn close(&self) {
        drop(self.messages.lock().await.take());
        if let Some(task) = self.task.lock().await.take()
            && timeout(CLOSE_TIMEOUT, task).await.is_err()
        {
            tracing::warn!("records of the last seconds were lost: the database did not take them");
        }
    }
}

async fn run(mut writer: Writer, mut messages: mpsc::Receiver<Message>) {
    while let Some(first) = messages.recv().await {
        let (mut jobs, mut settled) = (Vec::new(), Vec::new());
        take(first, &mut jobs, &mut settled);
        // A waiting caller ends the gathering, and so does the end of the process.
        let gather = async {
            while settled.is_empty() && jobs.len() < GROUP_MAX {
                let Some(message) = messages.recv().await else { break };
                take(message, &mut jobs, &mut settled);
            }
        };
        let _ = timeout(GATHER_TIME, gather).await;
        writer.write(jobs).await;
        for answer in settled {
            let _ = answer.send(());
        }
    }
}

fn take(message: Message, jobs: &mut Vec<(&'static str, Job)>, settled: &mut Vec<oneshot::Sender<()>>) {
    match message {
        Message::Write(what, job) => jobs.push((what, job)),
        Message::Settle(answer) => settled.push(answer),
    }
}

struct Writer {
    maker: Arc<Maker>,
    effects: Arc<Effects>,
    check: Check,
    connection: Option<Arc<Connection>>,
}

impl Writer {
    /// Writes all of them in one transaction; or each alone, if one of them cannot be written.
    async fn write(&mut self, jobs: Vec<(&'static str, Job)>) {
        if jobs.is_empty() {
            return;
        }
        for failed in 0.. {
            match self.try_all(&jobs).await {
                Ok(()) => return,
                Err(StoreError::Unavailable(_) | StoreError::Busy | StoreError::Contended) => {
                    self.connection = None;
                    sleep(Duration::from_millis(PAUSES.pause_ms(failed))).await;
                }
                Err(_) => break,
            }
        }
        for (what, job) in jobs {
            if let Err(error) = self.try_all(&[(what, job)]).await {
                tracing::warn!(what, %error, "a write was lost");
            }
        }
    }

    async fn try_all(&mut self, jobs: &[(&'static str, Job)]) -> Result<(), StoreError> {
        (self.check)()?;
        let connection = match self.connection.clone().filter(|connection| !connection.is_spent()) {
            Some(connection) => connection,
            None => Arc::new(self.maker.connect().await?),
        };
        self.connection = Some(Arc::clone(&connection));
        // Losing the last moment of these in a crash of PostgreSQL is what NORMAL means for SQLite.
        connection.batch("BEGIN; SET LOCAL synchronous_commit TO off").await?;
        let mut lease = Lease::plain(Arc::clone(&connection));
        let mut pending = Pending::new(Arc::clone(&self.effects));
        for (_, job) in jobs {
            if let Err(error) = job(&mut lease, &mut pending).await {
                let _ = connection.batch("ROLLBACK").await;
                return Err(error);
            }
        }
        connection.batch("COMMIT").await?;
        pending.apply();
        Ok(())
    }
}
