//! A registry of any size, in the shape of a real one: 50 contracts a domain, shared parts, one example each.

use std::fs;
use std::io;
use std::path::Path;

const A_DOMAIN: usize = 50;

const CONFIG: &str = r#"root = "event-contracts"
layout = "{domain}/{aggregate}/{event}.v{major}.json"

[generate.rust]
out = "generated"
events = { version = "0.1" }
"#;

const MONEY: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "$id": "https://contracts.example/common/money.v1.json",
  "title": "Money",
  "description": "An amount in one currency.",
  "type": "object",
  "properties": {
    "amount": {
      "type": "string",
      "description": "The amount as a decimal.",
      "pattern": "^-?[0-9]{1,15}(\\.[0-9]{1,4})?$",
      "maxLength": 21
    },
    "currency": { "type": "string", "description": "ISO 4217.", "pattern": "^[A-Z]{3}$", "maxLength": 3 }
  },
  "required": ["amount", "currency"]
}
"#;

const ADDRESS: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "$id": "https://contracts.example/common/address.v1.json",
  "title": "Address",
  "description": "Where something is sent.",
  "type": "object",
  "properties": {
    "street": { "type": "string", "description": "Street and number.", "maxLength": 200, "x-classification": "pii" },
    "city": { "type": "string", "description": "The city.", "maxLength": 100, "x-classification": "pii" },
    "country": { "type": "string", "description": "ISO 3166-1 alpha-2.", "pattern": "^[A-Z]{2}$", "maxLength": 2 }
  },
  "required": ["street", "city", "country"]
}
"#;

const CONTRACT: &str = r##"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "$id": "https://contracts.example/DOMAIN/AGGREGATE/AGGREGATE.created.v1.json",
  "title": "AGGREGATE created",
  "description": "One AGGREGATE was accepted.",
  "x-contract": {
    "version": "1.0.0",
    "owner": "team-DOMAIN",
    "status": "active",
    "topic": {
      "name": "DOMAIN.AGGREGATE.created.v1",
      "partitions": 12,
      "retention": "P14D",
      "cleanup": "delete",
      "maxBytes": 1048576
    },
    "key": "/entityId",
    "producers": ["DOMAIN-service"]
  },
  "type": "object",
  "properties": {
    "entityId": { "type": "string", "format": "uuid", "description": "Which one." },
    "createdAt": { "type": "string", "format": "date-time", "description": "When it was accepted." },
    "state": { "type": "string", "enum": ["open", "held", "closed"], "description": "The state it starts in." },
    "lines": {
      "type": "array",
      "description": "What it consists of.",
      "minItems": 1,
      "maxItems": 200,
      "items": { "$ref": "#/$defs/Line" }
    },
    "total": { "$ref": "../../common/money.v1.json", "description": "What it costs." },
    "shipTo": { "$ref": "../../common/address.v1.json", "description": "Where it goes.", "x-classification": "pii" },
    "note": { "type": "string", "maxLength": 500, "description": "Free text of the clerk.", "x-classification": "internal" }
  },
  "required": ["entityId", "createdAt", "state", "lines", "total"],
  "$defs": {
    "Line": {
      "type": "object",
      "description": "One position.",
      "properties": {
        "sku": {
          "type": "string",
          "description": "What is sold.",
          "pattern": "^[A-Z0-9][A-Z0-9-]{2,31}$",
          "maxLength": 32
        },
        "quantity": { "type": "integer", "minimum": 1, "maximum": 10000, "description": "How many." },
        "unitPrice": { "$ref": "../../common/money.v1.json", "description": "What one costs." }
      },
      "required": ["sku", "quantity", "unitPrice"]
    }
  }
}
"##;

const EXAMPLE: &str = r#"{
  "entityId": "6fa459ea-ee8a-4ca4-894e-db77e160355e",
  "createdAt": "2026-11-23T21:24:27.000+02:00",
  "state": "open",
  "lines": [
    { "sku": "TEA-0042", "quantity": 2, "unitPrice": { "amount": "4.50", "currency": "EUR" } },
    { "sku": "CUP-0007", "quantity": 1, "unitPrice": { "amount": "12.00", "currency": "EUR" } }
  ],
  "total": { "amount": "21.00", "currency": "EUR" },
  "shipTo": { "street": "Main Street 1", "city": "Springfield", "country": "US" },
  "note": "leave at the door"
}
"#;

/// Writes a workspace of `contracts` contracts below `workspace`.
pub(crate) fn write(workspace: &Path, contracts: usize) -> io::Result<()> {
    fs::write(workspace.join("contracts.toml"), CONFIG)?;
    let root = workspace.join("event-contracts");
    fs::create_dir_all(root.join("common"))?;
    fs::write(root.join("common/money.v1.json"), MONEY)?;
    fs::write(root.join("common/address.v1.json"), ADDRESS)?;
    for number in 0..contracts {
        let domain = format!("domain{}", number / A_DOMAIN);
        let aggregate = format!("entity{number}");
        let folder = root.join(&domain).join(&aggregate);
        let examples = folder.join(format!("examples/{aggregate}.created.v1/valid"));
        fs::create_dir_all(&examples)?;
        let text = CONTRACT
            .replace("DOMAIN", &domain)
            .replace("AGGREGATE", &aggregate);
        fs::write(folder.join(format!("{aggregate}.created.v1.json")), text)?;
        fs::write(examples.join("typical.json"), EXAMPLE)?;
    }
    Ok(())
}
