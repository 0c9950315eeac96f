use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use diesel::Connection as _;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use futures_util::future::{BoxFuture, select_ok};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_postgres::Config;
use tokio_postgres::config::TargetSessionAttrs;

use super::Connection;
use super::address::Address;
use super::failure::{Failure, explain};
use super::primary::{Primary, timeline};
use crate::store::{Result, StoreError};

/// The connections to the database, on a runtime of their own: a connection has to be attended to while nobody uses
/// it, and threads of a web server come and go.
///
/// Everything is done there, in tasks that run to their end also if the request that wanted it is gone. So a
/// connection never goes back with half an answer in it.
pub(super) struct Pool {
    driver: Arc<Driver>,
    shared: Arc<Shared>,
}

/// What the tasks of a pool hold on to.
pub(super) struct Shared {
    pub(super) address: Address,
    free: Mutex<Vec<AsyncPgConnection>>,
    connections: usize,
    permits: Semaphore,
    primary: Primary,
    /// For how long to try.
    patience: Duration,
}

/// A connection that is in use.
struct Lease<'p> {
    connection: AsyncPgConnection,
    _permit: SemaphorePermit<'p>,
}

impl Pool {
    pub(super) fn new(address: Address, connections: usize, patience: Duration) -> Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(2).thread_name("taxii-postgres").enable_all().build();
        let driver = Arc::new(Driver(Some(runtime.map_err(StoreError::failed)?)));
        Ok(Self::on(driver, address, connections, patience))
    }

    /// Connections to somewhere else, on the same threads.
    pub(super) fn beside(&self, address: Address, patience: Duration) -> Self {
        Self::on(Arc::clone(&self.driver), address, self.shared.connections, patience)
    }

    fn on(driver: Arc<Driver>, address: Address, connections: usize, patience: Duration) -> Self {
        let permits = Semaphore::new(connections.max(1));
        Self {
            driver,
            shared: Arc::new(Shared {
                address,
                free: Mutex::default(),
                connections,
                permits,
                primary: Primary::default(),
                patience,
            }),
        }
    }

    pub(super) fn address(&self) -> &Address {
        &self.shared.address
    }

    /// For long work with connections of its own.
    pub(super) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    pub(super) fn patience(&self) -> Duration {
        self.shared.patience
    }

    /// Where to start tasks that use connections.
    pub(super) fn handle(&self) -> Result<Handle> {
        self.driver.handle()
    }

    /// Does the work, again and again for as long as there is patience and it can help.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl for<'c> Fn(&'c mut AsyncPgConnection) -> BoxFuture<'c, Result<T, Failure>> + Send + Sync + 'static,
    ) -> Result<T> {
        let shared = Arc::clone(&self.shared);
        let task = self.handle()?.spawn(async move {
            let mut patience = Patience::new(shared.patience);
            loop {
                let failure = match shared.lease().await {
                    Err(error) => error.into(),
                    Ok(Lease { mut connection, _permit }) => {
                        let result = work(&mut connection).await;
                        match shared.after(connection, result) {
                            Ok(result) => return Ok(result),
                            Err(failure) => failure,
                        }
                    }
                };
                patience.after(failure).await?;
            }
        });
        task.await.map_err(StoreError::failed)?
    }

    /// Reads by way of Diesel's ordinary interface.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl Fn(&mut Connection) -> Result<T> + Send + Sync + 'static,
    ) -> Result<T> {
        self.block(self.shared.patience, move |connection| Ok(read(connection)?)).await
    }

    /// Writes by way of Diesel's ordinary interface, in one transaction.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        patience: Duration,
        write: impl Fn(&mut Connection) -> Result<T> + Send + Sync + 'static,
    ) -> Result<T> {
        let transact = move |connection: &mut Connection| {
            let mut done = false;
            let result = connection.transaction::<_, Attempt, _>(|connection| {
                let result = write(connection).map_err(Attempt::Refused)?;
                done = true;
                Ok(result)
            });
            result.map_err(|error| match error {
                Attempt::Refused(error) => error.into(),
                Attempt::Database(error) if done => Failure::of_commit(error),
                Attempt::Database(error) => error.into(),
            })
        };
        self.block(patience, transact).await
    }

    /// Does work that waits by blocking its thread.
    async fn block<T: Send + 'static>(
        &self,
        patience: Duration,
        work: impl Fn(&mut Connection) -> Result<T, Failure> + Send + Sync + 'static,
    ) -> Result<T> {
        let shared = Arc::clone(&self.shared);
        let work = Arc::new(work);
        let task = self.handle()?.spawn(async move {
            let mut patience = Patience::new(patience);
            loop {
                let failure = match shared.lease().await {
                    Err(error) => error.into(),
                    Ok(Lease { connection, _permit }) => {
                        let work = Arc::clone(&work);
                        let task = tokio::task::spawn_blocking(move || {
                            let mut connection = Connection::from(connection);
                            let result = work(&mut connection);
                            (connection.into_inner(), result)
                        });
                        let (connection, result) = task.await.map_err(StoreError::failed)?;
                        match shared.after(connection, result) {
                            Ok(result) => return Ok(result),
                            Err(failure) => failure,
                        }
                    }
                };
                patience.after(failure).await?;
            }
        });
        task.await.map_err(StoreError::failed)?
    }
}

impl Shared {
    fn free(&self) -> MutexGuard<'_, Vec<AsyncPgConnection>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn lease(&self) -> Result<Lease<'_>> {
        let busy = || StoreError::Unavailable("all connections to the database are busy".to_owned());
        let permit = tokio::time::timeout(self.patience.max(Duration::from_secs(1)), self.permits.acquire());
        let permit = permit.await.map_err(|_| busy())?.map_err(|_| busy())?;
        let free = self.free().pop();
        let connection = match free {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        Ok(Lease { connection, _permit: permit })
    }

    /// A connection that nobody else gets.
    pub(super) async fn connect(&self) -> Result<AsyncPgConnection> {
        match self.address.hosts.as_slice() {
            [only] => self.connect_to(only).await,
            // Of copies, whichever answers first is as good as the others.
            several if several.iter().all(|host| host.get_target_session_attrs() == TargetSessionAttrs::Any) => {
                let copies = several.iter().map(|host| Box::pin(self.connect_to(host)));
                Ok(select_ok(copies).await?.0)
            }
            several => {
                let connect = async |host| {
                    let mut connection = self.connect_to(host).await?;
                    Ok((timeline(&mut connection).await, connection))
                };
                self.primary.connect(several, connect).await
            }
        }
    }

    async fn connect_to(&self, host: &Config) -> Result<AsyncPgConnection> {
        let Address { tls, greeting, .. } = &self.address;
        let (client, connection) = host.connect(tls.clone()).await.map_err(|error| explain(&error, &self.address))?;
        let broke = |error: &dyn std::error::Error| StoreError::Unavailable(format!("the connection broke: {error}"));
        let connection = AsyncPgConnection::try_from_client_and_connection(client, connection).await;
        let mut connection = connection.map_err(|error| broke(&error))?;
        if !greeting.is_empty() {
            connection.batch_execute(greeting).await.map_err(|error| broke(&error))?;
        }
        Ok(connection)
    }

    /// Keeps the connection for the next who wants one, unless it may be what failed; then the others may fail, too.
    fn after<T>(&self, connection: AsyncPgConnection, result: Result<T, Failure>) -> Result<T, Failure> {
        match &result {
            Ok(_) | Err(Failure::Final(StoreError::Missing(_) | StoreError::Taken(_))) => self.free().push(connection),
            Err(Failure::Again(_)) => self.free().clear(),
            Err(_) => {}
        }
        result
    }
}

/// How long it is still worth trying.
struct Patience {
    begun: Instant,
    ends: Duration,
    attempts: u32,
    pause: Duration,
}

impl Patience {
    fn new(ends: Duration) -> Self {
        Self { begun: Instant::now(), ends, attempts: 0, pause: Duration::from_millis(10) }
    }

    /// Waits a moment before the next attempt, or gives the failure back.
    async fn after(&mut self, failure: Failure) -> Result<()> {
        const LONGEST: Duration = Duration::from_millis(500);
        self.attempts += 1;
        if !failure.allows(self.attempts) || self.begun.elapsed() >= self.ends {
            return Err(failure.error());
        }
        let error = failure.error();
        tracing::debug!(error = %crate::service::chain(&error), attempts = self.attempts, "trying again");
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST);
        Ok(())
    }
}

/// What ended a transaction of Diesel's.
enum Attempt {
    Refused(StoreError),
    Database(diesel::result::Error),
}

impl From<diesel::result::Error> for Attempt {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error)
    }
}

/// Ends a transaction as its result tells.
pub(super) async fn conclude<T>(
    connection: &mut AsyncPgConnection,
    result: Result<T, Failure>,
    of_commit: fn(diesel::result::Error) -> Failure,
) -> Result<T, Failure> {
    match result {
        Ok(result) => {
            connection.batch_execute("COMMIT").await.map_err(of_commit)?;
            Ok(result)
        }
        Err(failure) => {
            // A connection that cannot even do this is not used again.
            match connection.batch_execute("ROLLBACK").await {
                Ok(()) => Err(failure),
                Err(error) => Err(Failure::from(error)),
            }
        }
    }
}

/// The threads of the pool. A runtime may not be dropped where others run: this one is left to end by itself.
struct Driver(Option<Runtime>);

impl Driver {
    fn handle(&self) -> Result<Handle> {
        let gone = || StoreError::Unavailable("the store is being closed".to_owned());
        self.0.as_ref().map(|runtime| runtime.handle().clone()).ok_or_else(gone)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
