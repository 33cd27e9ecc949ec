//! The order in which a question is tried.

use serde_json::Value;

use crate::validators::Validators;
use crate::{Options, Proof, Reason, Verdict, Witness};

/// Whether a reader at `reader` accepts everything that a writer at `writer` emits.
///
/// Both are self-contained schemas. Never panics; takes at most about [`Options::budget`].
pub fn compare(writer: &Value, reader: &Value, options: &Options) -> Verdict {
    if writer == reader && options.draft_of_writer(writer) == options.draft_of_reader(reader) {
        return Verdict::Compatible(Proof::Identical);
    }
    let validators = Validators::new(writer, reader, options);
    for document in [
        Value::Null,
        Value::Object(serde_json::Map::new()),
        serde_json::json!(1),
        serde_json::json!(""),
    ] {
        match validators.confirm(&document) {
            Ok(true) => return Verdict::Breaking(Witness { document }),
            Ok(false) => {}
            Err(reason) => return Verdict::Undecided(reason),
        }
    }
    Verdict::Undecided(Reason::Unsupported("everything".to_owned()))
}
