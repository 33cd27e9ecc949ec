//! Whether values written in a schema (`default`, `examples`) are accepted by that schema.

use std::cell::OnceCell;

use serde_json::{Map, Value};

use super::keywords::{self, Role, types};
use super::object;
use super::values::has_type;
use super::violations::{Violation, violations};
use crate::config::Formats;
use crate::rules::FileContext;
use crate::walk::{Subschema, subschemas_at};

/// The values under `keyword` that their schema rejects: the index of the schema in [`FileContext::subschemas`], the index
/// of the value where there are several, and the first reason.
pub(in crate::rules) fn rejected(
    ctx: &FileContext<'_>,
    keyword: &str,
    values: impl Fn(&Value) -> Vec<&Value>,
) -> Vec<(usize, usize, Violation)> {
    let mut found = Vec::new();
    let mut judge = None;
    for (at, schema) in ctx.subschemas().iter().enumerate() {
        let Some(object) = object(schema) else { continue };
        let Some(held) = object.get(keyword) else { continue };
        if ctx.file.draft.ref_hides_siblings() && object.contains_key("$ref") {
            continue;
        }
        for (index, value) in values(held).into_iter().enumerate() {
            if plainly_accepts(object, value) {
                continue;
            }
            let judge = judge.get_or_insert_with(|| Judge::new(ctx));
            if let Some(violation) = judge.violation(schema, value) {
                found.push((at, index, violation));
            }
        }
    }
    found
}

/// Whether the usual few keywords settle it, without compiling anything.
fn plainly_accepts(schema: &Map<String, Value>, value: &Value) -> bool {
    let others = schema
        .keys()
        .filter_map(|name| keywords::find(name))
        .any(|keyword| {
            keyword.role == Role::Assertion
                && !matches!(keyword.name, "type" | "enum" | "minLength" | "maxLength")
        });
    if others || !types(schema).is_none_or(|types| has_type(value, &types)) {
        return false;
    }
    let length = value.as_str().map(|text| text.chars().count() as u64);
    let bound = |name: &str| {
        schema
            .get(name)
            .map_or(Some(None), |bound| bound.as_u64().map(Some))
    };
    let (Some(least), Some(most)) = (bound("minLength"), bound("maxLength")) else {
        return false;
    };
    let fits = length.is_none_or(|length| {
        least.is_none_or(|least| length >= least) && most.is_none_or(|most| length <= most)
    });
    fits && match schema.get("enum") {
        None => true,
        Some(Value::Array(values)) => values.contains(value),
        Some(_) => false,
    }
}

/// Validates by compiled schemas; made when first needed.
struct Judge<'c, 'r> {
    ctx: &'c FileContext<'r>,
    /// Validators of all schemas of the bundle, for those that refer to others.
    map: OnceCell<Option<jsonschema::ValidatorMap>>,
}

impl<'c, 'r> Judge<'c, 'r> {
    fn new(ctx: &'c FileContext<'r>) -> Self {
        Self {
            ctx,
            map: OnceCell::new(),
        }
    }

    fn options(&self) -> jsonschema::ValidationOptions<'static> {
        let formats = self.ctx.registry.config.compatibility.formats;
        jsonschema::options()
            .with_draft(self.ctx.file.draft.to_jsonschema())
            .should_validate_formats(formats == Formats::Assert)
            .without_content_encoding_support("base64")
            .without_content_media_type_support("application/json")
            .offline()
    }

    /// Why the schema rejects the value; `None` if it does not, or if that cannot be told.
    fn violation(&self, schema: &Subschema<'_>, value: &Value) -> Option<Violation> {
        let refers = subschemas_at(schema.value, self.ctx.file.draft, schema.pointer.clone())
            .iter()
            .any(|inner| {
                ["$ref", "$dynamicRef", "$recursiveRef"]
                    .iter()
                    .any(|keyword| inner.value.get(*keyword).is_some())
            });
        if !refers {
            let validator = self.options().build(schema.value).ok()?;
            return violations(validator.iter_errors(value), 1).pop();
        }
        let pointer = &schema.pointer;
        let validator = self
            .map
            .get_or_init(|| self.compile_all())
            .as_ref()?
            .get(&format!("#{pointer}"))?;
        violations(validator.iter_errors(value), 1).pop()
    }

    fn compile_all(&self) -> Option<jsonschema::ValidatorMap> {
        const LARGEST: usize = 1024 * 1024;
        let bundle = self.ctx.registry.bundle(self.ctx.index).ok()?;
        let is_small = bundle.schema.to_string().len() <= LARGEST;
        is_small
            .then(|| self.options().build_map(&bundle.schema).ok())
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_plain_is_settled_at_once() {
        let accepts = |schema: Value, value: Value| plainly_accepts(schema.as_object().unwrap(), &value);
        assert!(accepts(
            json!({"type": "string", "enum": ["a"], "default": "a"}),
            json!("a")
        ));
        assert!(accepts(json!({"type": ["integer", "null"]}), json!(null)));
        assert!(accepts(
            json!({"type": "string", "minLength": 1, "maxLength": 2}),
            json!("é")
        ));
        assert!(!accepts(json!({"type": "string", "enum": ["a"]}), json!("b")));
        assert!(!accepts(json!({"type": "string", "maxLength": 1}), json!("ab")));
        assert!(!accepts(json!({"type": "integer"}), json!("1")));
        // Not plain: to be asked of the validator.
        assert!(!accepts(json!({"pattern": "a"}), json!("a")));
        assert!(!accepts(json!({"maxLength": 2.0}), json!("a")));
    }
}
