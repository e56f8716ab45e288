//! The engine behind a network: everything every engine must do, and what is its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub)]

#[macro_use]
#[path = "conformance/checks.rs"]
mod checks;

use checks::Factory;
use cluster::Database;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use store::{Clock, PostgresOptions, PostgresStore, Store};
use tokio::sync::OnceCell;

const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// A database of one test.
#[derive(Debug, Default)]
struct Postgres(OnceCell<Database>);

impl Postgres {
    async fn database(&self) -> &Database {
        self.0.get_or_init(Database::make).await
    }

    async fn options(&self, clock: Clock) -> PostgresOptions {
        PostgresOptions { clock, ..PostgresOptions::new(&self.database().await.url) }
    }
}

impl Factory for Postgres {
    fn open(&self, clock: Clock) -> Pin<Box<dyn Future<Output = Arc<dyn Store>> + Send + '_>> {
        Box::pin(async move {
            let options = self.options(clock).await;
            Arc::new(PostgresStore::open(options).await.unwrap()) as Arc<dyn Store>
        })
    }

    fn everything(&self) -> Pin<Box<dyn Future<Output = String> + Send + '_>> {
        Box::pin(async move {
            let database = self.database().await;
            let mut all = String::new();
            // Partitions are tables of their own.
            for table in database
                .ask(
                    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = \
                 'public'::regnamespace",
                )
                .await
            {
                // JSON doubles quotation marks less than a row's own text does; bytea is printed as such.
                let sql = format!("SET bytea_output = escape; SELECT to_jsonb(t)::text FROM \"{table}\" t");
                for row in database.ask(&sql).await {
                    all.push_str(&row);
                    all.push('\n');
                }
            }
            all
        })
    }
}

/// Waits for what happens by itself, and says what did not.
async fn soon(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !is_so().await {
            // tidy: sleep because another process cannot tell this one, it has to be asked
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    };
    checks::in_time(what, waiting).await;
}

conformance!(Postgres::default());

#[path = "postgres/broken.rs"]
mod broken;
#[path = "postgres/growth.rs"]
mod growth;
#[path = "postgres/handing.rs"]
mod handing;
#[path = "postgres/homes.rs"]
mod homes;
#[path = "postgres/indexes.rs"]
mod indexes;
#[path = "postgres/loads.rs"]
mod loads;
#[path = "postgres/nodes.rs"]
mod nodes;
#[path = "postgres/opening.rs"]
mod opening;
#[path = "postgres/plans.rs"]
mod plans;
#[path = "postgres/several.rs"]
mod several;
#[path = "postgres/tls.rs"]
mod tls;
#[path = "postgres/versions.rs"]
mod versions;
#[path = "postgres/wire.rs"]
mod wire;
