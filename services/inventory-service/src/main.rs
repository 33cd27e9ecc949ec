//! The binary of `inventory-service`: `inventory-service run`, and the subcommands of every service.

fn main() -> std::process::ExitCode {
    messaging::service::main::<inventory_service::Inventory>()
}
