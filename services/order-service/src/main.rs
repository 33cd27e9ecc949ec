//! The binary of `order-service`: `order-service run`, and the subcommands of every service.

fn main() -> std::process::ExitCode {
    messaging::service::main::<order_service::Orders>()
}
