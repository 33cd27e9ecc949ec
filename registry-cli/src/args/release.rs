//! Arguments of the commands around a release: `bump`, `release`, `retire`, `waive`.

use clap::Args;

use super::{BaseArgs, TreeArgs};

/// Arguments of `bump`.
#[derive(Debug, Args)]
pub(crate) struct BumpArgs {
    /// Only contracts whose event type contains this
    #[arg(value_name = "TEXT")]
    pub(crate) filter: Option<String>,
    /// Also contracts that changed only in schemas that they refer to
    #[arg(long)]
    pub(crate) affected: bool,
    #[command(flatten)]
    pub(crate) base: BaseArgs,
    #[command(flatten)]
    pub(crate) tree: TreeArgs,
}

/// Arguments of `release`.
#[derive(Debug, Args)]
pub(crate) struct ReleaseArgs {
    /// Write nothing; print what would be released
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) tree: TreeArgs,
}

/// Arguments of `retire`.
#[derive(Debug, Args)]
pub(crate) struct RetireArgs {
    /// The version, for example ecommerce.order.created@1.0.0
    #[arg(value_name = "TYPE@x.y.z")]
    pub(crate) version: String,
    /// Why it no longer counts
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Who says so
    #[arg(long, value_name = "TEAM")]
    pub(crate) owner: String,
    #[command(flatten)]
    pub(crate) tree: TreeArgs,
}

/// Arguments of `waive`.
#[derive(Debug, Args)]
pub(crate) struct WaiveArgs {
    /// The finding's fingerprint, as `contracts check` prints it
    #[arg(value_name = "FINGERPRINT")]
    pub(crate) fingerprint: String,
    /// Why it is accepted
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Who accepts it
    #[arg(long, value_name = "TEAM")]
    pub(crate) owner: String,
    /// The last day on which it may be released
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) until: String,
    #[command(flatten)]
    pub(crate) base: BaseArgs,
    #[command(flatten)]
    pub(crate) tree: TreeArgs,
}
