//! The binary of `iot-service`: `iot-service run`, and the subcommands of every service.

fn main() -> std::process::ExitCode {
    messaging::service::main::<iot_service::Iot>()
}
