//! Runs the experiment with partition strategies: prints its table, writes `docs/partitions.md` and its picture.

use messaging::experiment::{page, run, svg, table};

fn main() -> std::io::Result<()> {
    let reports = run();
    print!("{}", table(&reports));
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    std::fs::write(docs.join("partitions.md"), page(&reports))?;
    std::fs::write(docs.join("partitions.svg"), svg(&reports))
}
