# Every service of this workspace in one image; compose.yaml says which of them a container runs.
#
#   docker build -t contracts-services .
#   docker run contracts-services order-service run

FROM rust:1.95-bookworm AS build
# librdkafka and SQLite are built from the sources that their crates ship; TLS is the system's OpenSSL.
RUN apt-get update \
    && apt-get install -y --no-install-recommends build-essential zlib1g-dev libssl-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --release --locked --features messaging/tls,messaging/zstd \
        -p order-service -p inventory-service -p fraud-service -p chat-service -p iot-service -p social-service \
    && mkdir /out \
    && for service in order-service inventory-service fraud-service chat-service iot-service social-service; do \
        cp "target/release/$service" /out/; \
    done

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libssl3 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /var/lib/service service
COPY --from=build /out/ /usr/local/bin/
USER service
# SQLite files, where no database is named, go here.
WORKDIR /var/lib/service
EXPOSE 8080
