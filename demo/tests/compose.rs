//! What `compose.yaml` and the files around it say is what the repository has and the services know: files, binaries,
//! variables, databases, ports. No Docker is needed for that.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use messaging::config::Config;
use saphyr::{LoadableYamlNode, Yaml};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn list<'y>(node: Option<&'y Yaml<'y>>) -> Vec<&'y str> {
    node.and_then(Yaml::as_sequence)
        .map(|all| all.iter().filter_map(Yaml::as_str).collect())
        .unwrap_or_default()
}

/// A service of `compose.yaml` that runs one of ours.
struct Ours {
    name: String,
    config: Config,
    /// Ports in the container that are published.
    ports: BTreeSet<String>,
}

/// Every service of the file, and ours among them.
fn services(compose: &Yaml<'_>) -> (BTreeSet<String>, Vec<Ours>) {
    let all = compose["services"].as_mapping().expect("there are services");
    let mut names = BTreeSet::new();
    let mut ours = Vec::new();
    for (name, service) in all {
        let name = name.as_str().expect("a name").to_owned();
        names.insert(name.clone());
        let command = list(service.as_mapping_get("command"));
        let [binary, "run"] = command[..] else { continue };
        assert_eq!(binary, name, "a service runs the binary of its name");
        let variables = service["environment"].as_mapping().expect("it is configured");
        let variables: Vec<(String, String)> = variables
            .iter()
            .map(|(key, value)| {
                let text = |node: &Yaml<'_>| node.as_str().expect("text").to_owned();
                (text(key), text(value))
            })
            .collect();
        assert!(
            variables.iter().all(|(key, _)| key.starts_with("MESSAGING__")),
            "{name}: {variables:?}"
        );
        // What a service does not know is refused here.
        let config =
            Config::parse("", variables.into_iter()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let ports = list(service.as_mapping_get("ports"))
            .iter()
            .map(|port| port.rsplit(':').next().unwrap_or_default().to_owned())
            .collect();
        ours.push(Ours { name, config, ports });
    }
    (names, ours)
}

fn load(path: &str) -> Vec<Yaml<'static>> {
    // Leaked, because the documents borrow from their text; a test ends soon.
    let text: &'static str = Box::leak(read(path).into_boxed_str());
    Yaml::load_from_str(text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn files_that_are_mounted_or_built_from_exist() {
    let compose = load("compose.yaml");
    let mut mounted = BTreeSet::new();
    for (name, service) in compose[0]["services"].as_mapping().expect("there are services") {
        for volume in list(service.as_mapping_get("volumes")) {
            let source = volume.split(':').next().unwrap_or_default();
            if let Some(path) = source.strip_prefix("./") {
                assert!(root().join(path).is_file(), "{name:?} mounts {path}");
                mounted.insert(path.to_owned());
            } else {
                assert!(
                    compose[0]["volumes"].contains_mapping_key(source),
                    "{name:?} uses the volume {source}, which is not declared"
                );
            }
        }
    }
    for path in [
        "prometheus.yml",
        "alerts.yml",
        "grafana-dashboard.json",
        "databases.sql",
        "grafana/datasource.yml",
        "grafana/dashboards.yml",
    ] {
        assert!(
            mounted.contains(&format!("docs/monitoring/{path}")),
            "{path} is mounted"
        );
    }
    assert!(root().join("Dockerfile").is_file());
}

#[test]
fn every_service_is_built_run_and_configured_as_it_knows() {
    let compose = load("compose.yaml");
    let (names, ours) = services(&compose[0]);
    let binaries: BTreeSet<String> = std::fs::read_dir(root().join("services"))
        .expect("there are services")
        .map(|entry| entry.expect("read").path())
        .filter(|path| path.join("src/main.rs").is_file())
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    let run: BTreeSet<String> = ours.iter().map(|service| service.name.clone()).collect();
    assert_eq!(run, binaries, "every service of the workspace runs");
    let dockerfile = read("Dockerfile");
    let topics = compose[0]["services"]["topics"]["command"]
        .as_sequence()
        .and_then(|command| command.last()?.as_str())
        .expect("a script");
    let databases = read("docs/monitoring/databases.sql");
    let mut used = BTreeSet::new();
    for Ours { name, config, ports } in &ours {
        assert!(dockerfile.contains(&format!("-p {name}")), "{name} is built");
        assert!(
            topics.contains(&format!("{name} topics apply")),
            "the topics of {name} are created"
        );
        let (host, _) = config.broker.servers.split_once(':').expect("HOST:PORT");
        assert!(names.contains(host), "{name}: there is no {host}");
        let url = config.database.as_deref().expect("a database");
        let (place, database) = url.rsplit_once('/').expect("a URL");
        assert!(place.contains("@postgres:"), "{name}: {url}");
        assert!(
            databases.contains(&format!("CREATE DATABASE {database};")),
            "{name}: nobody creates {database}"
        );
        assert!(used.insert(database), "{database} is of one service alone");
        let http = config.http.as_deref().expect("it answers HTTP");
        let (_, port) = http.rsplit_once(':').expect("HOST:PORT");
        assert!(
            ports.contains(port),
            "{name} listens at {port}, published are {ports:?}"
        );
    }
}

#[test]
fn prometheus_and_grafana_look_where_the_services_are() {
    let compose = load("compose.yaml");
    let (names, ours) = services(&compose[0]);
    let prometheus = load("docs/monitoring/prometheus.yml");
    let targets: BTreeSet<&str> = prometheus[0]["scrape_configs"]
        .as_sequence()
        .expect("jobs")
        .iter()
        .flat_map(|job| job["static_configs"].as_sequence().expect("targets"))
        .flat_map(|group| list(group.as_mapping_get("targets")))
        .collect();
    let expected: BTreeMap<String, &str> = ours
        .iter()
        .map(|service| {
            let http = service.config.http.as_deref().expect("it answers HTTP");
            let (_, port) = http.rsplit_once(':').expect("HOST:PORT");
            (format!("{}:{port}", service.name), port)
        })
        .collect();
    assert_eq!(targets, expected.keys().map(String::as_str).collect());
    let mounted = |service: &str| -> BTreeSet<String> {
        list(compose[0]["services"][service].as_mapping_get("volumes"))
            .iter()
            .filter_map(|volume| Some(volume.split(':').nth(1)?.to_owned()))
            .collect()
    };
    let rules = list(prometheus[0].as_mapping_get("rule_files"));
    assert!(!rules.is_empty());
    for rule in rules {
        assert!(mounted("prometheus").contains(rule), "{rule} is mounted");
    }
    let source = load("docs/monitoring/grafana/datasource.yml");
    let url = source[0]["datasources"][0]["url"].as_str().expect("a URL");
    let host = url
        .trim_start_matches("http://")
        .split(':')
        .next()
        .expect("a host");
    assert!(names.contains(host), "Grafana asks {host}");
    let dashboards = load("docs/monitoring/grafana/dashboards.yml");
    let folder = dashboards[0]["providers"][0]["options"]["path"]
        .as_str()
        .expect("a folder");
    assert!(
        mounted("grafana").iter().any(|path| path.starts_with(folder)),
        "{folder} holds a dashboard"
    );
}
