//! What the files of a new workspace say. Text only.

use registry::config::Config;

use crate::args::CiService;

/// The folder of the contracts of a new workspace.
pub(super) const ROOT: &str = "event-contracts";

/// `contracts.toml` of a new workspace.
pub(super) const CONFIG: &str = r#"# The registry's configuration. Every key, with its meaning, is in the JSON Schema contracts-toml.schema.json.

root = "event-contracts"
layout = "{domain}/{aggregate}/{event}.v{major}.json"

[compatibility]
# full: writers and readers are deployed in any order. backward, forward and none ask for less.
mode = "full"
# A new version is compared with every released one of its major: a topic holds events of all of them.
history = "all"
# Writers emit what their contract declares, as generated ones do; "open" if they may emit any other member.
writer = "declared"
# Readers reject what violates a format, as generated types do; "annotate" if they only document it.
formats = "assert"

# Typed Rust, one crate a domain, written by `contracts gen`:
# [generate.rust]
# out = "generated"
# events = { version = "0.1" }
"#;

/// `contracts.toml` around an existing tree. Says nothing that is not in `config`.
pub(super) fn adopted_config(config: &Config) -> String {
    let list = |items: &[String]| {
        let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
        format!("[{}]", items.join(", "))
    };
    let discriminators = if config.compatibility.discriminators.is_empty() {
        String::new()
    } else {
        format!(
            "# Fields that pin the contract's own version by one value: they differ in each version and mean nothing else.\n\
             discriminators = {}\n",
            list(&config.compatibility.discriminators)
        )
    };
    let domain = config.domain.as_deref().map_or_else(String::new, |domain| {
        format!(
            "# The layout names none, and another clone may call its folder otherwise.\ndomain = {}\n",
            quoted(domain)
        )
    });
    format!(
        r#"# Written by `contracts init --adopt`, which guessed: correct it where it is wrong.

root = {}
# How the path of a contract says what it is. Files that it does not match are shared schemas.
layout = {}
{domain}# Owners, topics and names are asked of a contract once it carries `x-contract`.
house-rules = "with-metadata"
# What files without `$schema` are read as.
default-draft = {}

[compatibility]
# full: writers and readers are deployed in any order. backward, forward and none ask for less.
mode = "full"
# Writers emit what their contract declares; "open" if they may emit any other member.
writer = "declared"
# Readers reject what violates a format; "annotate" if they only document it.
formats = "assert"
{discriminators}"#,
        quoted(&config.root),
        quoted(&config.layout),
        quoted(&config.default_draft.to_string()),
    )
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// The CI file: path and text.
pub(super) fn ci(service: CiService) -> Option<(String, String)> {
    // Filled in where the package says where it comes from.
    let source = env!("CARGO_PKG_REPOSITORY");
    let version = env!("CARGO_PKG_VERSION");
    match service {
        CiService::None => None,
        CiService::Github => Some((
            ".github/workflows/contracts.yml".to_owned(),
            GITHUB
                .replace(
                    "{source}",
                    if source.is_empty() {
                        "${{ vars.CONTRACTS_SOURCE }}"
                    } else {
                        source
                    },
                )
                .replace("{version}", version),
        )),
        CiService::Gitlab => Some((
            ".gitlab/contracts.yml".to_owned(),
            GITLAB
                .replace(
                    "{source}",
                    if source.is_empty() {
                        "$CONTRACTS_SOURCE"
                    } else {
                        source
                    },
                )
                .replace("{version}", version),
        )),
    }
}

const GITHUB: &str = r#"# The gate: contracts are valid, changes are compatible or carry the version that they need, generated code is fresh.
# Findings appear beside the code and on the page of the run; nothing needs write access, so forks work as well.
# The source of the tool is the git URL below; where that is a variable, set it once for the repository.
name: contracts
on:
  pull_request:
  push:
    branches: [main]

permissions:
  contents: read

jobs:
  contracts:
    runs-on: ubuntu-latest
    timeout-minutes: 15
    steps:
      - uses: actions/checkout@v4
        with:
          # A change is compared with where the branch left its target: that takes the history.
          fetch-depth: 0
          persist-credentials: false
      - id: tool
        uses: actions/cache@v4
        with:
          path: ~/.cache/contracts
          key: contracts-${{ runner.os }}-${{ runner.arch }}-{version}
      - if: steps.tool.outputs.cache-hit != 'true'
        env:
          SOURCE: {source}
        run: cargo install --locked --git "$SOURCE" --tag v{version} --root ~/.cache/contracts registry-cli
      - run: ~/.cache/contracts/bin/contracts check --fail-on warning --format sarif=contracts.sarif
      - if: always() && hashFiles('contracts.sarif') != ''
        uses: actions/upload-artifact@v4
        with:
          name: contracts
          path: contracts.sarif
"#;

const GITLAB: &str = r#"# The gate: contracts are valid, changes are compatible or carry the version that they need, generated code is fresh.
# Use it from .gitlab-ci.yml: `include: { local: .gitlab/contracts.yml }`.
contracts:
  image: rust:1
  variables:
    # A change is compared with where the branch left its target: that takes the history.
    GIT_DEPTH: "0"
  cache:
    key: contracts-{version}
    paths: [.contracts-tool]
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
  before_script:
    - |
      [ -x .contracts-tool/bin/contracts ] ||
        cargo install --locked --git "{source}" --tag v{version} --root .contracts-tool registry-cli
    - |
      [ -z "$CI_MERGE_REQUEST_TARGET_BRANCH_NAME" ] || git fetch --no-tags origin \
        "+refs/heads/$CI_MERGE_REQUEST_TARGET_BRANCH_NAME:refs/remotes/origin/$CI_MERGE_REQUEST_TARGET_BRANCH_NAME"
  script:
    - .contracts-tool/bin/contracts check --fail-on warning --format junit=contracts.xml --format human
  artifacts:
    when: always
    reports:
      junit: contracts.xml
"#;

#[cfg(test)]
mod tests {
    use registry::Draft;
    use registry::config::HouseRules;

    use super::*;

    #[test]
    fn what_is_written_is_what_was_guessed() {
        let mut config = Config {
            root: "a \"b\"\n\\c".to_owned(),
            domain: Some("cd'events\"".to_owned()),
            layout: "{event}.json".to_owned(),
            house_rules: HouseRules::WithMetadata,
            default_draft: Draft::Draft7,
            ..Config::default()
        };
        for discriminators in [vec![], vec!["/context/type".to_owned(), "/a\"]".to_owned()]] {
            config.compatibility.discriminators = discriminators;
            let read: Config = toml::from_str(&adopted_config(&config)).unwrap();
            assert_eq!(read, config);
        }
    }

    #[test]
    fn a_new_workspace_says_the_defaults() {
        let read: Config = toml::from_str(CONFIG).unwrap();
        assert_eq!(read, Config::default());
    }
}
