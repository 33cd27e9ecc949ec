//! Who is concerned: producers, and the services whose consumer files name the broken field, or no fields at all.

use diagnostics::JsonPointer;
use registry::Registry;

use crate::finding::Affected;

/// Who reads or writes the contract `event_type` at `major`; with `field`, only readers of it or of what is around it.
pub(crate) fn affected(
    registry: &Registry,
    event_type: &str,
    major: u64,
    producers: &[String],
    field: Option<&JsonPointer>,
) -> Affected {
    let mut consumers: Vec<String> = registry
        .consumers
        .iter()
        .filter(|consumer| {
            consumer.reads.iter().any(|read| {
                read.event_type == event_type
                    && read.majors.iter().any(|known| known.number == major)
                    && match (&read.fields, field) {
                        (Some(fields), Some(field)) => {
                            fields.iter().any(|read| touches(&read.pointer, field))
                        }
                        _ => true,
                    }
            })
        })
        .map(|consumer| consumer.service.clone())
        .collect();
    consumers.sort();
    consumers.dedup();
    let mut producers = producers.to_vec();
    producers.sort();
    producers.dedup();
    Affected { producers, consumers }
}

/// Whether one of two fields is, or is around, the other. `*` and a number are any item.
fn touches(read: &JsonPointer, broken: &JsonPointer) -> bool {
    read.tokens().zip(broken.tokens()).all(|(read, broken)| {
        let is_any = |token: &str| token == "*" || token.bytes().all(|byte| byte.is_ascii_digit());
        read == broken || (is_any(&read) && is_any(&broken)) || read == "*" || broken == "*"
    })
}

/// Adds those that another contract concerns.
pub(crate) fn merge(into: &mut Affected, other: Affected) {
    into.producers.extend(other.producers);
    into.producers.sort();
    into.producers.dedup();
    into.consumers.extend(other.consumers);
    into.consumers.sort();
    into.consumers.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_of_a_field_and_of_what_is_around_it_are_concerned() {
        let pointer = |text: &str| JsonPointer::parse(text).unwrap();
        assert!(touches(&pointer("/lines/*/sku"), &pointer("/lines/0/sku")));
        assert!(touches(&pointer("/lines"), &pointer("/lines/0/sku")));
        assert!(touches(&pointer("/lines/*/sku"), &pointer("/lines")));
        assert!(touches(&pointer("/labels/*"), &pointer("/labels/colour")));
        assert!(touches(&pointer("/a"), &pointer("")));
        assert!(!touches(&pointer("/lines/*/sku"), &pointer("/lines/0/quantity")));
        assert!(!touches(&pointer("/a"), &pointer("/b")));
    }
}
