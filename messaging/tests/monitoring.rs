//! Dashboards and alerts name only metrics that services expose.

use std::collections::BTreeSet;

use messaging::metrics::Metrics;

#[test]
fn dashboards_and_alerts_name_metrics_that_exist() {
    let metrics = Metrics::default();
    let exposed: BTreeSet<&str> = metrics.names().iter().map(String::as_str).collect();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/monitoring");
    for name in ["alerts.yml", "grafana-dashboard.json"] {
        let text = std::fs::read_to_string(folder.join(name)).expect("it is committed");
        let words = text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
        let named: BTreeSet<&str> = words.filter(|word| word.starts_with("messaging_")).collect();
        assert!(named.len() > 3, "{name} names metrics");
        for metric in named {
            let base = metric.trim_end_matches("_total").trim_end_matches("_bucket");
            assert!(
                exposed.contains(base),
                "{name} names {metric}, which no service exposes"
            );
        }
    }
    let dashboard = std::fs::read_to_string(folder.join("grafana-dashboard.json")).expect("it is committed");
    let dashboard: serde_json::Value = serde_json::from_str(&dashboard).expect("it is JSON");
    assert!(
        dashboard["panels"]
            .as_array()
            .is_some_and(|panels| panels.len() >= 10)
    );
}
