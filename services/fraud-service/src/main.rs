//! The binary of `fraud-service`: `fraud-service run`, and the subcommands of every service.

fn main() -> std::process::ExitCode {
    messaging::service::main::<fraud_service::Fraud>()
}
