//! `cargo run -p demo`: orders, stock, a retry, a dead letter and its redrive, a rebalance, and the books at the end.
//!
//! Everything runs in this process, on librdkafka's mock cluster and SQLite files in a temporary folder. With
//! `--broker HOST:PORT` and `--database postgres://…` the same code runs on the real ones.

mod books;
mod cast;
mod stage;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;

/// What every step may end with.
type AnyError = Box<dyn Error + Send + Sync>;

/// Runs the order → inventory flow and checks the books
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The broker: `mock` (in this process, keeps nothing, no transactions) or HOST:PORT
    #[arg(long, default_value = "mock")]
    broker: String,
    /// The database: a `postgres://` URL; SQLite files in a temporary folder where absent
    #[arg(long)]
    database: Option<String>,
    /// How many orders
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(20..=100_000))]
    orders: u32,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(AnyError::from)
        .and_then(|runtime| runtime.block_on(stage::play(&arguments)));
    match result {
        Ok(problems) if problems.is_empty() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::from(2)
        }
    }
}
