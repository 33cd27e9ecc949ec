//! The binary of `chat-service`: `chat-service run`, and the subcommands of every service.

fn main() -> std::process::ExitCode {
    messaging::service::main::<chat_service::Chat>()
}
