#!/usr/bin/env bash
# Makes the binary: `install.sh key` says under which name it can be cached, `install.sh install` fetches or builds it unless
# it came out of the cache, `install.sh asset` prints the name of a release's archive for this machine.
#
# Reads VERSION (x.y.z, or empty for the source that this file came with); `install` also FOLDER, and REPOSITORY
# (owner/name on GitHub) for a VERSION. `asset` reads TARGET, if it is for another machine.
set -euo pipefail

version=${VERSION:-}
if [[ -n $version && ! $version =~ ^[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.-]+)?$ ]]; then
    echo "error: the version ${version@Q} is not x.y.z" >&2
    exit 2
fi
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)

# The digest of everything that the binary is built from.
digest() {
    (
        cd "$source"
        find Cargo.toml Cargo.lock rust-toolchain.toml diagnostics registry compat codegen gate registry-cli \
            -type f \( -name '*.rs' -o -name '*.toml' -o -name '*.lock' -o -name '*.in' \) -print0 |
            LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-32
    )
}

# The machine, as releases call it; empty where there is no binary for it.
target() {
    case $(uname -s)-$(uname -m) in
        Linux-x86_64) echo x86_64-unknown-linux-gnu ;;
        Linux-aarch64) echo aarch64-unknown-linux-gnu ;;
        Darwin-x86_64) echo x86_64-apple-darwin ;;
        Darwin-arm64) echo aarch64-apple-darwin ;;
    esac
}

# What package.sh writes and `fetch` downloads.
asset() { echo "contracts-$version-${TARGET:-$(target)}.tar.gz"; }

checksum() {
    if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

# Puts a release's binary into FOLDER. 1: there is none for this machine, or it does not run here. What is there and is not
# what its checksum says ends the run.
fetch() {
    [[ -n $(target) ]] || return 1
    local name url work expected actual
    name=$(asset)
    url=${GITHUB_SERVER_URL:-https://github.com}/$REPOSITORY/releases/download/v$version/$name
    work=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/contracts.XXXXXX")
    if ! curl --fail --silent --location --retry 2 --output "$work/$name" "$url"; then
        rm -rf "$work"
        return 1
    fi
    if ! curl --fail --silent --location --retry 2 --output "$work/$name.sha256" "$url.sha256"; then
        rm -rf "$work"
        echo "error: $url has no checksum beside it: it is not used" >&2
        exit 2
    fi
    expected=$(cut -d ' ' -f 1 "$work/$name.sha256")
    actual=$(checksum "$work/$name")
    if [[ $actual != "$expected" ]]; then
        rm -rf "$work"
        echo "error: $url is not what its checksum says (sha256 $actual, expected $expected): it is not used" >&2
        exit 2
    fi
    tar -xzf "$work/$name" -C "$work"
    if ! "$work/bin/contracts" --version >/dev/null 2>&1; then
        rm -rf "$work"
        echo "note: the released binary does not run on this machine" >&2
        return 1
    fi
    mkdir -p "$FOLDER/bin"
    mv "$work/bin/contracts" "$FOLDER/bin/contracts"
    rm -rf "$work"
    echo "fetched: $url"
}

case ${1:-} in
    key)
        key=${version:-$(digest)}
        folder=${RUNNER_TOOL_CACHE:-$HOME/.cache}/contracts/$key
        printf 'key=%s\nfolder=%s\n' "$key" "$folder" | tee -a "${GITHUB_OUTPUT:-/dev/null}"
        ;;
    asset)
        asset
        ;;
    install)
        if [[ -x $FOLDER/bin/contracts ]]; then
            echo "cached: $FOLDER"
        elif [[ -z $version ]]; then
            cargo install --locked --path "$source/registry-cli" --root "$FOLDER"
        elif ! fetch; then
            echo "note: no released binary of $version for this machine: building it" >&2
            cargo install --locked --git "${GITHUB_SERVER_URL:-https://github.com}/$REPOSITORY" --tag "v$version" \
                --root "$FOLDER" registry-cli
        fi
        ;;
    *)
        echo "usage: install.sh key|install|asset" >&2
        exit 2
        ;;
esac
