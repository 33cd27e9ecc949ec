//! The binary of `social-service`: `social-service run`, and the subcommands of every service.

fn main() -> std::process::ExitCode {
    messaging::service::main::<social_service::Social>()
}
