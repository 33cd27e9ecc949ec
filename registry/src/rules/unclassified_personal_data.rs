//! Fields whose names say that they hold personal data, and which no one classified.

use std::collections::HashMap;
use std::sync::LazyLock;

use diagnostics::{Rule, Scope, Severity};
use serde_json::{Map, Value};

use super::support::keywords::types;
use super::support::refs::targets;
use super::support::words::words;
use super::support::{ancestors, object};
use super::{Check, FileContext, Findings, LintRule};
use crate::metadata::CLASSIFICATION_KEYWORD;
use crate::walk::Subschema;

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "unclassified-personal-data",
        severity: Severity::Error,
        scope: Scope::House,
        summary: "a field whose name says personal data has no `x-classification`",
        docs: r#"## What it does
Cuts the names of properties into words (`billingEmail` is `billing` and `email`) and reports those that name personal data: e-mail, phone and postal addresses, IP addresses, names of persons, dates and places of birth, numbers of identity papers, bank accounts and cards, and the like. `name` alone counts only below something that is a person, such as `customer`. What is about the data and not the data itself (`emailVerified`, `phoneCount`, `addressId`) is left alone.

A classification counts wherever it applies: at the property, at its items, behind its `$ref`, or at an object around it. Any classification will do: the rule asks for a decision, it does not make it.

## Why
`pii` and `confidential` values are kept out of logs, errors and dumps by the generated code. That works only for fields that say what they are; the one that was forgotten is the one that leaks.

## Example
```json
"billingEmail": { "type": "string", "format": "email" }
```

## How to fix
```json
"billingEmail": { "type": "string", "format": "email", "x-classification": "pii" }
```
The classes are `public`, `internal`, `confidential` and `pii`.

## Configuration
`exceptions` lists names of properties; `words` adds words, or several in a row, that name personal data in your domain:
```toml
[rules.unclassified-personal-data]
exceptions = ["companyName"]
words = ["badge", "employee number"]
```
"#,
    },
    check: Check::File(check),
};

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    let schemas = ctx.subschemas();
    for schema in schemas {
        let Some(name) = schema.property() else { continue };
        let Some(what) = personal(name, schemas, schema, findings.words()) else {
            continue;
        };
        if !holds_data(ctx, schema) || is_classified(ctx, schemas, schema) || findings.is_exception(name) {
            continue;
        }
        findings
            .report(
                ctx.key(schema.pointer.clone()),
                format!("`{name}` looks like personal data ({what}) and is not classified"),
            )
            .help("add `\"x-classification\": \"pii\"`, or the class that it is of");
    }
}

/// Personal data, and words in a row that name it.
const PERSONAL: &[(&str, &str)] = &[
    ("a bank account", "bank account, iban"),
    ("a birth", "birth, birthdate, birthday, birthplace, dob"),
    ("a gender", "gender"),
    ("a nationality", "nationality"),
    ("a number plate", "licence plate, license plate"),
    ("a payment card", "card number, credit card, cvv"),
    (
        "a person's name",
        "card holder, cardholder, contact name, display name, family name, first name, firstname, full name, fullname, given name, last name, lastname, maiden name, middle name, nickname, surname, user name, username",
    ),
    (
        "a phone number",
        "cell phone, cellphone, fax, mobile number, msisdn, phone, phones, telephone",
    ),
    (
        "a postal address",
        "house number, postal code, postcode, street, zip code, zipcode",
    ),
    ("a religion", "religion"),
    ("an IP address", "ip, ipaddr, ipv4, ipv6, remote addr"),
    ("an e-mail address", "e mail, email, emails"),
    ("an ethnicity", "ethnicity"),
    (
        "an identity paper",
        "driver licence, driver license, drivers licence, drivers license, national id, passport, social security, ssn, tax id",
    ),
];

/// The words of a phrase, and what it names.
type Phrase = (Vec<&'static str>, &'static str);

/// The phrases by their first word, each with what it names.
static PHRASES: LazyLock<HashMap<&str, Vec<Phrase>>> = LazyLock::new(|| {
    let mut phrases: HashMap<&str, Vec<Phrase>> = HashMap::new();
    for (what, listed) in PERSONAL {
        for phrase in listed.split(", ") {
            let phrase: Vec<&str> = phrase.split(' ').collect();
            phrases.entry(phrase[0]).or_default().push((phrase, what));
        }
    }
    phrases
});

/// Who has a name.
const PERSONS: &str = "\
    applicant author beneficiary buyer cardholder child client consignee contact customer driver \
    employee guardian guest holder member parent participant passenger patient payee payer people person \
    player recipient requester resident seller sender shopper signatory student subscriber tenant \
    traveler traveller user visitor worker";

/// Whose address is not a person's.
const PLACES: &str = "\
    api base broker bus contract datacenter host listen mac memory node queue register server service \
    site smtp socket store warehouse web";

/// Last words of names that are about personal data and do not hold any.
const ABOUT: &str = "\
    allowed at confirmed consent count enabled format id ids kind length locale mandatory optional \
    pattern policy preference provider required sent status subject template type types valid validated \
    verified version";

fn listed(words: &str, word: &str) -> bool {
    words.split_ascii_whitespace().any(|listed| listed == word)
}

/// What a name says is personal, if it does.
fn personal(
    name: &str,
    schemas: &[Subschema<'_>],
    schema: &Subschema<'_>,
    more: &[String],
) -> Option<&'static str> {
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let last = *words.last()?;
    let in_a_row = |wanted: &[&str]| {
        words
            .windows(wanted.len().max(1))
            .position(|found| found == wanted)
    };
    let own = more.iter().any(|word| {
        let wanted = self::words(word);
        in_a_row(&wanted.iter().map(String::as_str).collect::<Vec<_>>()).is_some()
    });
    if own {
        return Some("a word that your configuration lists");
    }
    let found = words.iter().enumerate().find_map(|(at, word)| {
        let phrases = PHRASES.get(word)?;
        phrases
            .iter()
            .find(|(phrase, _)| words[at..].starts_with(phrase))
            .map(|(phrase, what)| (at + phrase.len(), *what))
    });
    if let Some((end, what)) = found {
        let is_about = end < words.len() && listed(ABOUT, last);
        return (!is_about).then_some(what);
    }
    if let Some(at) = words
        .iter()
        .position(|word| matches!(*word, "address" | "addresses"))
    {
        let is_place = at > 0 && listed(PLACES, words[at - 1]);
        let is_about = at + 1 < words.len() && listed(ABOUT, last);
        return (!is_place && !is_about).then_some("an address");
    }
    if last != "name" && last != "names" {
        return None;
    }
    let of_person = match words.len() {
        1 => holder_words(schemas, schema)
            .iter()
            .any(|word| listed(PERSONS, word)),
        length => listed(PERSONS, words[length - 2]),
    };
    of_person.then_some("a person's name")
}

/// The words of what the object around a property is called: by its own property, its definition or its title.
fn holder_words(schemas: &[Subschema<'_>], schema: &Subschema<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for holder in ancestors(schemas, schema) {
        let title = holder.value.get("title").and_then(Value::as_str);
        let name = holder
            .name
            .or(title.filter(|_| holder.parent.is_none() || found.is_empty()));
        let Some(name) = name else { continue };
        // `customers` are persons as well.
        found.extend(
            words(name)
                .into_iter()
                .map(|word| word.strip_suffix('s').map_or(word.clone(), str::to_owned)),
        );
        break;
    }
    found
}

/// Whether the property can hold the data itself: no flag, and no object that only groups fields, which are judged
/// themselves.
fn holds_data(ctx: &FileContext<'_>, schema: &Subschema<'_>) -> bool {
    let judge = |object: &Map<String, Value>| {
        let groups = object.contains_key("properties");
        let is_flag =
            types(object).is_some_and(|types| types.iter().all(|name| matches!(*name, "boolean" | "null")));
        let is_tag = object.contains_key("const");
        !groups && !is_flag && !is_tag
    };
    let Some(own) = object(schema) else { return false };
    judge(own)
        && targets(ctx, &schema.pointer)
            .iter()
            .all(|target| target.as_object().is_none_or(judge))
}

/// Whether a classification applies to a property.
fn is_classified(ctx: &FileContext<'_>, schemas: &[Subschema<'_>], schema: &Subschema<'_>) -> bool {
    let classified = |value: &Value| value.get(CLASSIFICATION_KEYWORD).is_some();
    let with_items = |value: &Value| classified(value) || value.get("items").is_some_and(classified);
    let branches = |value: &Value| {
        ["allOf", "anyOf", "oneOf"].iter().any(|keyword| {
            value
                .get(*keyword)
                .and_then(Value::as_array)
                .is_some_and(|all| all.iter().any(classified))
        })
    };
    let own = |value: &Value| with_items(value) || branches(value);
    own(schema.value)
        || ancestors(schemas, schema).any(|holder| classified(holder.value))
        || targets(ctx, &schema.pointer).into_iter().any(own)
        || schemas
            .iter()
            .filter(|inner| {
                inner.keyword == Some("items") && inner.pointer.parent().as_ref() == Some(&schema.pointer)
            })
            .any(|items| targets(ctx, &items.pointer).into_iter().any(own))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Draft;
    use crate::walk::subschemas;

    fn judge(name: &str, holder: &str) -> Option<&'static str> {
        let schema = json!({"properties": {holder: {"properties": {name: {"type": "string"}}}}});
        let schemas = subschemas(&schema, Draft::Draft202012);
        let found = schemas
            .iter()
            .rfind(|schema| schema.property() == Some(name))
            .unwrap();
        personal(name, &schemas, found, &["badge".to_owned()])
    }

    #[test]
    fn names_say_personal_data_or_do_not() {
        for name in [
            "email",
            "eMail",
            "e_mail",
            "billingEmail",
            "emails",
            "emailAddress",
            "phone",
            "phoneNumber",
            "address",
            "shippingAddress",
            "ip",
            "clientIp",
            "ipAddress",
            "ipv4Address",
            "firstName",
            "lastName",
            "fullName",
            "customerName",
            "username",
            "birthDate",
            "dateOfBirth",
            "dob",
            "ssn",
            "iban",
            "IBAN",
            "passportNumber",
            "creditCardNumber",
            "street",
            "postalCode",
            "badge",
        ] {
            assert!(judge(name, "thing").is_some(), "{name}");
        }
        for name in [
            "emailVerified",
            "emailId",
            "phoneCount",
            "addressId",
            "addressType",
            "macAddress",
            "serverAddress",
            "name",
            "fileName",
            "productName",
            "eventName",
            "shipment",
            "tip",
            "recipe",
            "description",
            "emailTemplate",
            "skip",
            "ship",
            "zone",
            "status",
            "",
        ] {
            assert_eq!(judge(name, "thing"), None, "{name}");
        }
        assert!(judge("name", "customer").is_some());
        assert!(judge("name", "passengers").is_some());
        assert_eq!(judge("name", "product"), None);
    }
}
