//! The services as child processes: this program again, with its role in the environment.

use std::net::SocketAddr;
use std::process::{Child, Command, ExitCode};
use std::time::{Duration, Instant};

use inventory_service::Inventory;
use messaging::Broker;
use messaging::config::Config;
use messaging::service::{self, Service};
use messaging::topics::{self, MorePartitions};
use order_service::Orders;

use crate::load::{self, SKUS, sku};

const ROLE: &str = "LATENCY_ROLE";

/// Runs the service that the environment names, if it names one.
pub(crate) fn play_role() -> Option<ExitCode> {
    match std::env::var(ROLE).ok()?.as_str() {
        Orders::NAME => Some(service::main::<Orders>()),
        Inventory::NAME => Some(service::main::<Inventory>()),
        other => panic!("there is no role {other}"),
    }
}

/// Both services at work on empty databases, with goods in stock.
pub(crate) struct Scene {
    pub(crate) orders: SocketAddr,
    children: Vec<Child>,
    /// Holds SQLite's files until the services have ended.
    folder: tempfile::TempDir,
}

impl Scene {
    pub(crate) async fn set(servers: &str, database: Option<&str>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let broker = Broker::at(servers).expect("the address is well-formed");
        let orders = service::definition::<Orders>(&Config::default()).topics();
        let inventory = service::definition::<Inventory>(&Config::default()).topics();
        let changes = topics::plan(&broker, &orders).await.expect("planned");
        assert_eq!(
            changes.len(),
            orders.len(),
            "topics are there already: this wants a broker of its own"
        );
        for specs in [orders, inventory] {
            let changes = topics::plan(&broker, &specs).await.expect("planned");
            topics::apply(&broker, &changes, MorePartitions::Refuse)
                .await
                .expect("applied");
        }
        let mut scene = Self {
            orders: free_port(),
            children: Vec::new(),
            folder,
        };
        let inventory = free_port();
        for (name, http) in [(Orders::NAME, scene.orders), (Inventory::NAME, inventory)] {
            let database = match database {
                Some(server) => emptied(server, name).await,
                None => scene
                    .folder
                    .path()
                    .join(format!("{name}.db"))
                    .display()
                    .to_string(),
            };
            let child = Command::new(std::env::current_exe().expect("this program"))
                .arg("run")
                .env(ROLE, name)
                .env("MESSAGING__BROKER__SERVERS", servers)
                .env("MESSAGING__DATABASE", database)
                .env("MESSAGING__HTTP", http.to_string())
                .env("RUST_LOG", "warn")
                .spawn()
                .expect("this program runs");
            scene.children.push(child);
            ready(http).await;
        }
        for number in 0..SKUS {
            let goods = format!("{{\"sku\": \"{}\", \"quantity\": 100000}}", sku(number));
            let (status, answer) = load::ask(inventory, "POST /stock HTTP/1.1", &goods)
                .await
                .expect("the service answers");
            assert_eq!(status, 201, "{answer}");
        }
        scene
    }

    /// Ends the services as an operator would.
    pub(crate) fn strike(mut self) {
        for child in &self.children {
            let ended = Command::new("kill").arg(child.id().to_string()).status();
            assert!(ended.is_ok_and(|status| status.success()), "a service was gone");
        }
        for child in &mut self.children {
            let status = child.wait().expect("a child can be waited for");
            assert!(status.success(), "a service ended with {status}");
        }
    }
}

/// What fails leaves no processes behind.
impl Drop for Scene {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ended = child.kill();
            let _reaped = child.wait();
        }
    }
}

fn free_port() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("bound")
}

async fn ready(http: SocketAddr) {
    let begun = Instant::now();
    loop {
        let answer = load::ask(http, "GET /readyz HTTP/1.1", "").await;
        if answer.is_ok_and(|(status, _)| status == 200) {
            return;
        }
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "a service is not ready after a minute"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A new database of that service on the server; its URL.
async fn emptied(server: &str, service: &str) -> String {
    let name = format!("latency_{}", service.replace('-', "_"));
    let (client, connection) = tokio_postgres::connect(server, tokio_postgres::NoTls)
        .await
        .expect("the server answers");
    let connection = tokio::spawn(connection);
    for statement in ["DROP DATABASE IF EXISTS", "CREATE DATABASE"] {
        client
            .execute(&format!("{statement} {name}"), &[])
            .await
            .expect("the user may create databases");
    }
    drop(client);
    let _closed = connection.await;
    let (base, _) = server
        .rsplit_once('/')
        .expect("the URL ends with a database's name");
    format!("{base}/{name}")
}
