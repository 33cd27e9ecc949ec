//! The arguments. Types and help texts only; what they mean is decided in `commands/`.

mod diff;
mod release;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(crate) use diff::{DiffArgs, DiffFormats, DiffMode, DiffWriter};
pub(crate) use release::{BumpArgs, ReleaseArgs, RetireArgs, WaiveArgs};

use crate::render::Target;
use crate::terminal::ColorChoice;

/// Checks event contracts and generates typed Rust from them.
#[derive(Debug, Parser)]
#[command(
    name = "contracts",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 clean, 1 findings, 2 could not run (usage, files, configuration).\n\
                  Documentation of a rule: contracts explain RULE"
)]
pub(crate) struct Cli {
    /// When to colour the output
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: ColorChoice,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands, in the order in which one meets them.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a workspace with a first contract, or one around schemas that are there with --adopt
    Init(InitArgs),
    /// Check contracts, examples, consumers and the freshness of generated code
    Check(CheckArgs),
    /// Write the generated crates, or check them with --check
    Gen(GenArgs),
    /// Say what a change means for those who read and write: proved, refuted by a document, or undecided
    Diff(DiffArgs),
    /// Put schema files into their canonical layout, or check it with --check
    Fmt(FmtArgs),
    /// List the contracts, their owners or their classified fields
    List(ListArgs),
    /// Draw who publishes to which topic and who reads it
    Graph(GraphArgs),
    /// Show the fields, topic and users of one contract
    Show(ShowArgs),
    /// Write a new contract with examples that pass
    New(NewArgs),
    /// Print the documentation of a rule, or list the rules
    Explain(ExplainArgs),
    /// Validate events against a contract: a JSON document, an array or an NDJSON stream
    Validate(ValidateArgs),
    /// Write the versions that changes need into contracts
    Bump(BumpArgs),
    /// Write snapshots of what changed since the last release, and the changelog
    Release(ReleaseArgs),
    /// Take a released version that is past its retention out of the comparison
    Retire(RetireArgs),
    /// Accept a finding, with a reason and an end
    Waive(WaiveArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// For work on this tool itself
    #[command(hide = true, subcommand)]
    Dev(DevCommand),
}

/// Which tree to work on.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct TreeArgs {
    /// Work on the tree in DIR [default: the workspace of the current folder]
    ///
    /// A DIR without a contracts.toml is taken as it is: it needs no configuration, and conventions that need
    /// x-contract metadata stay quiet until a contract has some.
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// How the path of a contract says what it is, for example '{domain}/{event}.v{major}.json'
    ///
    /// Names: {domain}, {aggregate}, {event}, {major}; ** is any number of folders. Replaces what
    /// contracts.toml says.
    #[arg(long, value_name = "TEMPLATE")]
    pub(crate) layout: Option<String>,
}

/// What the tree is compared with.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct BaseArgs {
    /// Compare with a git revision or a folder [default: in a pull request the merge base with its target branch]
    ///
    /// Of a branch that went on, the point where HEAD left it counts. Contracts that were released are compared with
    /// their snapshots, also without a base.
    #[arg(long, value_name = "REF|DIR")]
    pub(crate) against: Option<String>,
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The folder that becomes the workspace [default: the current one]
    #[arg(value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// The first contract
    #[arg(
        long,
        value_name = "DOMAIN/AGGREGATE/EVENT",
        default_value = "shop/order/order.placed",
        conflicts_with = "adopt"
    )]
    pub(crate) event: String,
    /// The team that owns the contract, or that accepts the findings of an adopted tree
    #[arg(long, value_name = "TEAM")]
    pub(crate) owner: Option<String>,
    /// For which service to write a CI file [default: github; none with --adopt]
    #[arg(long, value_enum, value_name = "SERVICE")]
    pub(crate) ci: Option<CiService>,
    /// Take the schemas in TREE as they are: guess layout and draft, accept the findings of today
    #[arg(long, value_name = "TREE")]
    pub(crate) adopt: Option<PathBuf>,
    /// The layout, instead of a guess
    #[arg(long, value_name = "TEMPLATE", requires = "adopt")]
    pub(crate) layout: Option<String>,
    /// Why the findings of today are accepted
    #[arg(long, value_name = "TEXT", requires = "adopt")]
    pub(crate) reason: Option<String>,
    /// Until when they are accepted [default: a year from today]
    #[arg(long, value_name = "DATE", requires = "adopt")]
    pub(crate) until: Option<String>,
}

/// Where CI runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CiService {
    /// .github/workflows/contracts.yml
    Github,
    /// .gitlab/contracts.yml, to be included
    Gitlab,
    /// No file
    None,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Report only what is in these files and folders [default: everything]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) tree: TreeArgs,
    #[command(flatten)]
    pub(crate) base: BaseArgs,
    /// Output format: human, json, github, sarif, junit or markdown; with =FILE into a file. Can be repeated
    ///
    /// In GitHub Actions standard output is `github` unless another format is asked for there.
    #[arg(long = "format", value_name = "FORMAT[=FILE]")]
    pub(crate) formats: Vec<Target>,
    /// The severity from which the exit code is 1
    #[arg(long, value_enum, default_value_t, value_name = "SEVERITY")]
    pub(crate) fail_on: FailOn,
}

/// From which severity on a run fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Only errors
    #[default]
    Error,
    /// Warnings too
    Warning,
}

/// Arguments of `gen`.
#[derive(Debug, Args)]
pub(crate) struct GenArgs {
    /// Write nothing; print the difference and exit with 1 when the generated code is not up to date
    #[arg(long)]
    pub(crate) check: bool,
    /// Only this domain. Can be repeated
    #[arg(long = "domain", value_name = "DOMAIN")]
    pub(crate) domains: Vec<String>,
    /// Write below DIR [default: generate.rust.out of contracts.toml]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// The target language
    #[arg(long, value_enum, default_value_t, value_name = "LANGUAGE")]
    pub(crate) lang: Language,
    #[command(flatten)]
    pub(crate) tree: TreeArgs,
}

/// Languages that `gen` can write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// One crate per domain
    #[default]
    Rust,
}

/// Formats of commands that answer a question rather than judge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnswerFormat {
    /// A table
    #[default]
    Human,
    /// One JSON document
    Json,
}

/// Arguments of `fmt`.
#[derive(Debug, Args)]
pub(crate) struct FmtArgs {
    /// Only these files and folders; - is standard input, formatted to standard output [default: all schema files]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Write nothing; print the difference and exit with 1 when a file would change
    #[arg(long)]
    pub(crate) check: bool,
    #[command(flatten)]
    pub(crate) tree: TreeArgs,
}

/// Arguments of `list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only contracts whose event type contains this
    #[arg(value_name = "TEXT")]
    pub(crate) filter: Option<String>,
    /// List every classified field: its class, how long it is kept, and who reads it
    #[arg(long)]
    pub(crate) pii: bool,
    /// Print CODEOWNERS lines from the owners; with =FILE keep a marked block of that file up to date
    ///
    /// Owners become @OWNER, or @ORG/OWNER with --org; an owner that already is a handle or an address stays as it is.
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        require_equals = true,
        conflicts_with_all = ["pii", "format", "filter"]
    )]
    #[expect(
        clippy::option_option,
        reason = "absent, alone and with a file are three things"
    )]
    pub(crate) codeowners: Option<Option<PathBuf>>,
    /// The organisation whose teams own contracts
    #[arg(long, value_name = "ORG", requires = "codeowners")]
    pub(crate) org: Option<String>,
    /// Write nothing; exit with 1 when the block in the file is not up to date
    #[arg(long, requires = "codeowners")]
    pub(crate) check: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: AnswerFormat,
    #[command(flatten)]
    pub(crate) tree: TreeArgs,
}

/// Arguments of `graph`.
#[derive(Debug, Args)]
pub(crate) struct GraphArgs {
    /// Only contracts whose event type contains this
    #[arg(value_name = "TEXT")]
    pub(crate) filter: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: GraphFormat,
    #[command(flatten)]
    pub(crate) tree: TreeArgs,
}

/// Formats of `graph`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// A Mermaid flowchart, as GitHub and GitLab draw it in Markdown
    #[default]
    Mermaid,
    /// One JSON document
    Json,
}

/// Arguments of `show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The event type, for example ecommerce.order.created or ecommerce.order.created@1 [default major: the newest]
    #[arg(value_name = "TYPE[@MAJOR]")]
    pub(crate) event_type: String,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: AnswerFormat,
    #[command(flatten)]
    pub(crate) tree: TreeArgs,
}

/// Arguments of `new`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct NewArgs {
    #[command(subcommand)]
    pub(crate) other: Option<NewOther>,
    /// What to create, for example ecommerce/order/order.shipped
    #[arg(value_name = "DOMAIN/AGGREGATE/EVENT", required = true)]
    pub(crate) path: Option<String>,
    /// The team that owns the contract [default: the owner of the domain's other contracts]
    #[arg(long, value_name = "TEAM")]
    pub(crate) owner: Option<String>,
    /// The major version
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) major: u64,
    /// The workspace to write into [default: that of the current folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
}

/// What else than a contract can be new.
#[derive(Debug, Subcommand)]
pub(crate) enum NewOther {
    /// Write a service crate around one handler, with a test that passes
    Service(NewServiceArgs),
}

/// Arguments of `new service`.
#[derive(Debug, Args)]
pub(crate) struct NewServiceArgs {
    /// The domain whose event it handles, and its name, for example ecommerce/shipping-service
    #[arg(value_name = "DOMAIN/NAME")]
    pub(crate) path: String,
    /// The event that it handles, TYPE or TYPE@MAJOR [default: the domain's first that has a topic]
    #[arg(long, value_name = "EVENT")]
    pub(crate) event: Option<String>,
    /// The team that owns the service [default: the owner of the domain's contracts]
    #[arg(long, value_name = "TEAM")]
    pub(crate) owner: Option<String>,
    /// Where the crate `messaging` is: a folder or a version [default: messaging beside contracts.toml]
    #[arg(long, value_name = "DIR|VERSION")]
    pub(crate) messaging: Option<String>,
    /// Write into DIR [default: services/NAME]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// The workspace to write into [default: that of the current folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The rule's id, as findings name it [default: list all rules]
    #[arg(value_name = "RULE")]
    pub(crate) rule: Option<String>,
}

/// Arguments of `validate`.
#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    /// The event type, for example ecommerce.order.created or ecommerce.order.created@1 [default major: the newest]
    #[arg(value_name = "TYPE[@MAJOR]")]
    pub(crate) event_type: String,
    /// The file with the events; - is standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// How the events lie in the file
    #[arg(long, value_enum, default_value_t, value_name = "SHAPE")]
    pub(crate) input: InputShape,
    /// Whether each event is the payload alone or lies in `data` of an envelope
    #[arg(long, value_enum, default_value_t, value_name = "WHETHER")]
    pub(crate) envelope: EnvelopeShape,
    #[command(flatten)]
    pub(crate) tree: TreeArgs,
}

/// How events lie in the input of `validate`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum InputShape {
    /// By the file's name and its first lines
    #[default]
    Auto,
    /// One JSON document is one event
    Document,
    /// One JSON array of events
    Array,
    /// One event a line
    Ndjson,
}

/// Whether events carry the envelope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum EnvelopeShape {
    /// By the members of each event
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

/// Commands for work on this tool itself.
#[derive(Debug, Subcommand)]
pub(crate) enum DevCommand {
    /// Write docs/rules and docs/schemas from the code
    Docs(DocsArgs),
}

/// Arguments of `dev docs`.
#[derive(Debug, Args)]
pub(crate) struct DocsArgs {
    /// Write nothing; exit with 1 when a file is not up to date
    #[arg(long)]
    pub(crate) check: bool,
    /// The folder of the documentation
    #[arg(long, value_name = "DIR", default_value = "docs")]
    pub(crate) out: PathBuf,
}
