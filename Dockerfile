# talkinghead with ffmpeg:
#   docker build -t talkinghead .
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/work" talkinghead \
#     generate --reference portrait.jpg --audio speech.wav --output video.mp4
FROM rust:1.95.0-slim-bookworm AS build
# The image's own toolchain, without the lints that rust-toolchain.toml asks for.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /source
COPY . .
RUN cargo build --profile dist --locked --bin talkinghead

FROM debian:bookworm-slim
# Debian's own security updates are wanted: no version is named.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ffmpeg \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /source/target/dist/talkinghead /usr/local/bin/talkinghead
COPY LICENSE-MIT LICENSE-APACHE NOTICE /usr/share/doc/talkinghead/
# No one in particular, and whoever `--user` says.
USER 65534:65534
WORKDIR /work
ENTRYPOINT ["talkinghead"]
CMD ["help"]
