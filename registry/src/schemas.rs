//! The JSON Schemas of what people write: `contracts.toml`, `x-contract` and consumer files, for editors.
//!
//! They come from the same types that parse; `docs/schemas/` holds copies that are checked for freshness.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};

use crate::config::Config;
use crate::consumer::ConsumerFile;
use crate::metadata::Metadata;

/// (file name, text) of every schema, as `docs/schemas/` holds them.
pub fn all() -> [(&'static str, String); 3] {
    [
        ("contracts-toml.schema.json", contracts_toml()),
        ("x-contract.schema.json", x_contract()),
        ("consumer.schema.json", consumer()),
    ]
}

/// The schema of `contracts.toml`.
pub fn contracts_toml() -> String {
    text::<Config>()
}

/// The schema of the value of `x-contract`.
pub fn x_contract() -> String {
    text::<Metadata>()
}

/// The schema of `consumers/<service>.toml`.
pub fn consumer() -> String {
    text::<ConsumerFile>()
}

fn text<T: JsonSchema>() -> String {
    let schema = SchemaGenerator::new(SchemaSettings::draft2020_12()).into_root_schema_for::<T>();
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is plain data");
    text.push('\n');
    text
}
