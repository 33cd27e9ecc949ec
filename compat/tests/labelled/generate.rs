//! Documents that a schema is likely to accept, and small changes of them. Deterministic.

use std::collections::BTreeSet;

use regex_syntax::hir::{Class, Hir, HirKind};
use serde_json::{Map, Number, Value, json};

/// Nesting after which only small values are made.
const MAX_DEPTH: usize = 6;

/// Numbers that look random and are the same each time.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        // Another multiplier than that of the steps, or neighbouring seeds would give shifted copies of one sequence.
        Self(seed.wrapping_mul(0xD134_2543_DE82_EF95))
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).expect("below a usize")
    }
}

pub(crate) struct Generator<'s> {
    root: &'s Value,
    random: Random,
    names: Vec<String>,
    scalars: Vec<Value>,
}

impl<'s> Generator<'s> {
    /// Draws from the writer's schema; the reader's lends its names and constants, where a break would hide.
    pub(crate) fn new(writer: &'s Value, reader: &Value) -> Self {
        let mut names = BTreeSet::from(["k".to_owned(), "other".to_owned(), String::new()]);
        let mut scalars: Vec<Value> = vec![
            json!(null),
            json!(true),
            json!(0),
            json!(1),
            json!(-1),
            json!(0.5),
            json!(""),
        ];
        scalars.extend([
            json!("x"),
            json!("a\nb"),
            json!({}),
            json!([]),
            json!(1.0),
            json!({ "k": 1 }),
            json!([1, 1]),
        ]);
        for schema in [writer, reader] {
            harvest(schema, &mut names, &mut scalars);
        }
        Self {
            root: writer,
            random: Random::new(1),
            names: names.into_iter().collect(),
            scalars,
        }
    }

    pub(crate) fn document(&mut self) -> Value {
        self.value(self.root, 0)
    }

    /// The document with one thing changed somewhere.
    pub(crate) fn changed(&mut self, document: &Value) -> Value {
        let mut changed = document.clone();
        self.change(&mut changed, 0);
        changed
    }

    fn change(&mut self, value: &mut Value, depth: usize) {
        let here = depth == MAX_DEPTH || self.below(3) == 0;
        match value {
            Value::Object(members) if !here && !members.is_empty() => {
                let at = self.below(members.len());
                let member = members.values_mut().nth(at).expect("below its length");
                self.change(member, depth + 1);
            }
            Value::Array(items) if !here && !items.is_empty() => {
                let at = self.below(items.len());
                self.change(&mut items[at], depth + 1);
            }
            Value::Object(members) if self.below(4) != 0 => {
                if self.below(2) == 0 && !members.is_empty() {
                    let at = self.below(members.len());
                    let name = members.keys().nth(at).expect("below its length").clone();
                    members.remove(&name);
                } else {
                    members.insert(self.name(), self.scalar());
                }
            }
            Value::Array(items) if self.below(4) != 0 => {
                if self.below(2) == 0 {
                    items.pop();
                } else {
                    items.push(self.scalar());
                }
            }
            other => *other = self.scalar(),
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        self.random.below(bound)
    }

    fn name(&mut self) -> String {
        let at = self.below(self.names.len());
        self.names[at].clone()
    }

    fn scalar(&mut self) -> Value {
        let at = self.below(self.scalars.len());
        self.scalars[at].clone()
    }

    fn value(&mut self, schema: &Value, depth: usize) -> Value {
        let Value::Object(map) = schema else {
            return self.scalar();
        };
        if depth > MAX_DEPTH {
            return if self.below(2) == 0 { json!({}) } else { json!([]) };
        }
        let mut value = self.own(map, depth);
        for keyword in ["$ref", "$dynamicRef", "$recursiveRef"] {
            if let Some(target) = map
                .get(keyword)
                .and_then(Value::as_str)
                .and_then(|text| self.find(text))
            {
                let more = self.value(&target, depth + 1);
                value = self.merged(value, more);
            }
        }
        for branch in map.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            let more = self.value(branch, depth + 1);
            value = self.merged(value, more);
        }
        for keyword in ["anyOf", "oneOf"] {
            if let Some(branches) = map
                .get(keyword)
                .and_then(Value::as_array)
                .filter(|list| !list.is_empty())
            {
                let at = self.below(branches.len());
                let more = self.value(&branches[at], depth + 1);
                value = self.merged(value, more);
            }
        }
        for keyword in ["if", "then", "else"] {
            if let Some(branch) = map.get(keyword)
                && self.below(2) == 0
            {
                let more = self.value(branch, depth + 1);
                value = self.merged(value, more);
            }
        }
        value
    }

    /// Joins what two schemas of one place asked for.
    fn merged(&mut self, left: Value, right: Value) -> Value {
        match (left, right) {
            (Value::Object(mut left), Value::Object(right)) => {
                for (name, value) in right {
                    let joined = match left.remove(&name) {
                        Some(known) => self.merged(known, value),
                        None => value,
                    };
                    left.insert(name, joined);
                }
                Value::Object(left)
            }
            (Value::Array(mut left), Value::Array(right)) => {
                let extra = right.len().min(left.len());
                left.extend_from_slice(&right[extra..]);
                Value::Array(left)
            }
            (left, right) => {
                if self.below(4) == 0 {
                    left
                } else {
                    right
                }
            }
        }
    }

    fn find(&self, reference: &str) -> Option<Value> {
        if let Some(pointer) = reference.strip_prefix('#')
            && (pointer.is_empty() || pointer.starts_with('/'))
        {
            return self.root.pointer(pointer).cloned();
        }
        let name = reference.trim_start_matches('#');
        let definitions = self.root.get("$defs")?.as_object()?;
        let named = |schema: &&Value| {
            ["$id", "$anchor", "$dynamicAnchor"]
                .iter()
                .any(|keyword| schema.get(keyword) == Some(&json!(name)))
        };
        definitions
            .values()
            .find(named)
            .or_else(|| Some(self.root).filter(|root| named(root)))
            .cloned()
    }

    /// What the schema's own keywords ask for.
    fn own(&mut self, map: &Map<String, Value>, depth: usize) -> Value {
        if let Some(value) = map.get("const")
            && self.below(8) != 0
        {
            return value.clone();
        }
        if let Some(values) = map
            .get("enum")
            .and_then(Value::as_array)
            .filter(|values| !values.is_empty())
            && self.below(8) != 0
        {
            let at = self.below(values.len());
            return values[at].clone();
        }
        let stated: Vec<&str> = match map.get("type") {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => self.hinted(map),
        };
        if stated.is_empty() {
            return self.scalar();
        }
        let at = self.below(stated.len());
        match stated[at] {
            "object" => self.object(map, depth),
            "array" => self.array(map, depth),
            "string" => self.string(map),
            "integer" | "number" => self.number(map, stated[at] == "integer"),
            "boolean" => json!(self.below(2) == 0),
            _ => Value::Null,
        }
    }

    fn hinted(&mut self, map: &Map<String, Value>) -> Vec<&'static str> {
        let mut hinted = Vec::new();
        for (kind, keywords) in [
            (
                "object",
                &[
                    "properties",
                    "required",
                    "additionalProperties",
                    "patternProperties",
                    "dependentSchemas",
                ][..],
            ),
            ("array", &["items", "prefixItems", "contains", "uniqueItems"][..]),
            ("string", &["pattern", "format", "maxLength"][..]),
            ("number", &["minimum", "maximum", "multipleOf"][..]),
        ] {
            if keywords.iter().any(|keyword| map.contains_key(*keyword)) {
                hinted.push(kind);
            }
        }
        if self.below(6) == 0 { Vec::new() } else { hinted }
    }

    fn object(&mut self, map: &Map<String, Value>, depth: usize) -> Value {
        let mut members = Map::new();
        let share = self.below(3) + 1;
        if let Some(Value::Object(properties)) = map.get("properties") {
            for (name, schema) in properties {
                if self.below(4) < share {
                    members.insert(name.clone(), self.value(schema, depth + 1));
                }
            }
        }
        if let Some(Value::Object(patterns)) = map.get("patternProperties") {
            for (pattern, schema) in patterns {
                for _ in 0..self.below(3) {
                    let name = self.matching(pattern);
                    members.insert(name, self.value(schema, depth + 1));
                }
            }
        }
        let declares = ["properties", "patternProperties", "required"]
            .iter()
            .any(|keyword| map.contains_key(*keyword));
        let rest = ["additionalProperties", "unevaluatedProperties"]
            .iter()
            .find_map(|keyword| map.get(*keyword));
        if (rest.is_some() || !declares || self.below(6) == 0) && rest != Some(&json!(false)) {
            for _ in 0..self.below(3) {
                let name = match map
                    .get("propertyNames")
                    .and_then(|names| names.get("pattern"))
                    .and_then(Value::as_str)
                {
                    Some(pattern) => self.matching(pattern),
                    None => self.name(),
                };
                let value = self.value(rest.unwrap_or(&json!(true)), depth + 1);
                members.insert(name, value);
            }
        }
        for keyword in ["dependentSchemas", "dependencies", "dependentRequired"] {
            for (trigger, dependency) in map.get(keyword).and_then(Value::as_object).into_iter().flatten() {
                if !members.contains_key(trigger) {
                    continue;
                }
                if let Value::Array(names) = dependency {
                    self.require(map, names, &mut members, depth);
                } else if let Value::Object(more) = self.value(dependency, depth + 1) {
                    members.extend(more);
                }
            }
        }
        if let Some(Value::Array(names)) = map.get("required") {
            self.require(map, names, &mut members, depth);
        }
        Value::Object(members)
    }

    fn require(
        &mut self,
        map: &Map<String, Value>,
        names: &[Value],
        members: &mut Map<String, Value>,
        depth: usize,
    ) {
        for name in names.iter().filter_map(Value::as_str) {
            if !members.contains_key(name) {
                let schema = map.get("properties").and_then(|properties| properties.get(name));
                let value = self.value(schema.unwrap_or(&json!(true)), depth + 1);
                members.insert(name.to_owned(), value);
            }
        }
    }

    fn array(&mut self, map: &Map<String, Value>, depth: usize) -> Value {
        let tuple_keyword = if map.contains_key("prefixItems") {
            "prefixItems"
        } else {
            "items"
        };
        let tuple = map
            .get(tuple_keyword)
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        let rest = match map.get("items") {
            Some(Value::Array(_)) => map.get("additionalItems"),
            other => other,
        };
        let rest = rest
            .or_else(|| map.get("unevaluatedItems"))
            .or_else(|| map.get("contains"));
        let least = map.get("minItems").and_then(Value::as_u64).unwrap_or(0);
        let length = usize::try_from(least).unwrap_or(0).min(10) + self.below(4);
        let length = if self.below(2) == 0 {
            length.max(tuple.len())
        } else {
            length
        };
        let contained = map.get("contains").filter(|_| self.below(4) != 0);
        let items = (0..length)
            .map(|at| {
                let schema = match (tuple.get(at), contained) {
                    (Some(schema), _) => schema.clone(),
                    (None, Some(schema)) if self.below(2) == 0 => schema.clone(),
                    _ => rest.cloned().unwrap_or(json!(true)),
                };
                self.value(&schema, depth + 1)
            })
            .collect();
        Value::Array(items)
    }

    fn string(&mut self, map: &Map<String, Value>) -> Value {
        if let Some(Value::String(pattern)) = map.get("pattern") {
            return Value::String(self.matching(pattern));
        }
        let known: &[&str] = match map.get("format").and_then(Value::as_str) {
            Some("uuid") => &[
                "123e4567-e89b-12d3-a456-426614174000",
                "00000000-0000-0000-0000-000000000000",
            ],
            Some("date") => &["2024-02-29", "0001-01-01", "9999-12-31"],
            Some("date-time") => &["2024-02-29T23:59:59.999Z", "1990-12-31t15:59:60-08:00"],
            Some("email") => &["a@example.com", "a+b@example.org"],
            _ => &[],
        };
        if !known.is_empty() && self.below(5) != 0 {
            let at = self.below(known.len());
            return json!(known[at]);
        }
        let least = map.get("minLength").and_then(Value::as_u64).unwrap_or(0);
        let length = usize::try_from(least).unwrap_or(0).min(50) + self.below(3);
        json!(
            (0..length)
                .map(|_| ['a', 'Z', '0', '\n', 'é', '\u{1F600}'][self.below(6)])
                .collect::<String>()
        )
    }

    /// A string that the pattern is likely to match.
    fn matching(&mut self, pattern: &str) -> String {
        let mut text = String::new();
        match regex_syntax::parse(&pattern.replace("(?!x)", "")) {
            Ok(hir) => self.spell(&hir, &mut text),
            Err(_) => text.push_str(&self.name()),
        }
        if !pattern.ends_with('$') && self.below(3) == 0 {
            text.push_str(["a", "1", "-z"][self.below(3)]);
        }
        text
    }

    fn spell(&mut self, hir: &Hir, text: &mut String) {
        match hir.kind() {
            HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
            HirKind::Class(Class::Unicode(class)) => {
                let ranges = class.ranges();
                if !ranges.is_empty() {
                    let range = ranges[self.below(ranges.len().min(4))];
                    let span = u32::from(range.end()) - u32::from(range.start()) + 1;
                    let offset = u32::try_from(self.below(span.min(90) as usize)).expect("it is below 90");
                    text.extend(char::from_u32(u32::from(range.start()) + offset));
                }
            }
            HirKind::Repetition(repetition) => {
                let least = repetition.min as usize;
                let most = repetition
                    .max
                    .map_or(least + 3, |max| max as usize)
                    .min(least + 3);
                for _ in 0..least + self.below(most - least + 1) {
                    self.spell(&repetition.sub, text);
                }
            }
            HirKind::Capture(capture) => self.spell(&capture.sub, text),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.spell(part, text)),
            HirKind::Alternation(parts) => {
                let at = self.below(parts.len());
                self.spell(&parts[at], text);
            }
            HirKind::Empty | HirKind::Look(_) | HirKind::Class(Class::Bytes(_)) => {}
        }
    }

    fn number(&mut self, map: &Map<String, Value>, whole: bool) -> Value {
        let bound = [
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
        ]
        .iter()
        .find_map(|keyword| map.get(*keyword).filter(|value| value.is_number()));
        if let Some(bound) = bound
            && self.below(3) != 0
        {
            return near(bound)[self.below(3)].clone();
        }
        let small = i64::try_from(self.below(41)).expect("it is small") - 20;
        match self.below(if whole { 3 } else { 5 }) {
            0 | 1 => json!(small),
            2 => serde_json::from_str(&format!("{small}.0")).expect("a number"),
            3 => json!(f64::from(i32::try_from(small).expect("it is small")) / 4.0),
            _ => serde_json::from_str("9007199254740993.5").expect("a number"),
        }
    }
}

/// The number and its two neighbours.
fn near(bound: &Value) -> [Value; 3] {
    let around = |step: i64| {
        let text = bound.to_string();
        match text.parse::<i128>() {
            Ok(whole) => {
                serde_json::from_str::<Number>(&(whole + i128::from(step)).to_string()).map(Value::Number)
            }
            Err(_) => Ok(bound.clone()),
        }
        .unwrap_or_else(|_| bound.clone())
    };
    [around(-1), bound.clone(), around(1)]
}

/// Collects names and constants of a schema.
fn harvest(schema: &Value, names: &mut BTreeSet<String>, scalars: &mut Vec<Value>) {
    match schema {
        Value::Object(map) => {
            for (keyword, value) in map {
                match (keyword.as_str(), value) {
                    ("properties" | "dependentSchemas" | "dependentRequired", Value::Object(members)) => {
                        names.extend(members.keys().cloned());
                    }
                    ("required", Value::Array(listed)) => {
                        names.extend(listed.iter().filter_map(Value::as_str).map(str::to_owned));
                    }
                    ("const", value) => scalars.push(value.clone()),
                    ("enum", Value::Array(values)) => scalars.extend(values.iter().cloned()),
                    (_, bound @ Value::Number(_)) => scalars.extend(near(bound)),
                    _ => {}
                }
                harvest(value, names, scalars);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| harvest(item, names, scalars)),
        _ => {}
    }
}
