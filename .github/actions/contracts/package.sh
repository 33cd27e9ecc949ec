#!/usr/bin/env bash
# Builds the binary and packs it for a release, under the name that install.sh downloads, with its checksum beside it:
# `VERSION=0.1.0 bash .github/actions/contracts/package.sh`.
#
# Reads VERSION (x.y.z, that of the workspace), TARGET (a triple; default: this machine), OUT (a folder; default: dist), and
# BINARY (one that is built already).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source=$(cd "$here/../../.." && pwd)
out=${OUT:-dist}

declared=$(sed -n '/^\[workspace.package\]/,/^\[/ s/^version = "\(.*\)"$/\1/p' "$source/Cargo.toml")
if [[ ${VERSION:-} != "$declared" ]]; then
    echo "error: VERSION is ${VERSION@Q}, and the workspace says $declared: tag the commit that raises it" >&2
    exit 2
fi
name=$(bash "$here/install.sh" asset)

binary=${BINARY:-}
if [[ -z $binary ]]; then
    arguments=(build --release --locked -p registry-cli --manifest-path "$source/Cargo.toml")
    [[ -z ${TARGET:-} ]] || arguments+=(--target "$TARGET")
    cargo "${arguments[@]}"
    binary=${CARGO_TARGET_DIR:-$source/target}/${TARGET:+$TARGET/}release/contracts
fi

work=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/contracts.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/bin" "$out"
cp "$binary" "$work/bin/contracts"
cp "$source/LICENSE-APACHE" "$source/LICENSE-MIT" "$work"
tar -czf "$out/$name" -C "$work" bin LICENSE-APACHE LICENSE-MIT
(
    cd "$out"
    if command -v sha256sum >/dev/null; then sha256sum "$name"; else shasum -a 256 "$name"; fi >"$name.sha256"
)
echo "packed: $out/$name"
