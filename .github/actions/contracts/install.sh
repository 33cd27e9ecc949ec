#!/usr/bin/env bash
# Makes the binary: `install.sh key` says under which name it can be cached, `install.sh install` builds it unless it came
# out of the cache.
#
# Reads VERSION (x.y.z, or empty for the source that this file came with); `install` also FOLDER, and REPOSITORY
# (owner/name on GitHub) for a VERSION.
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

case ${1:-} in
    key)
        key=${version:-$(digest)}
        folder=${RUNNER_TOOL_CACHE:-$HOME/.cache}/contracts/$key
        printf 'key=%s\nfolder=%s\n' "$key" "$folder" | tee -a "${GITHUB_OUTPUT:-/dev/null}"
        ;;
    install)
        if [[ -x $FOLDER/bin/contracts ]]; then
            echo "cached: $FOLDER"
        elif [[ -n $version ]]; then
            cargo install --locked --git "${GITHUB_SERVER_URL:-https://github.com}/$REPOSITORY" --tag "v$version" \
                --root "$FOLDER" registry-cli
        else
            cargo install --locked --path "$source/registry-cli" --root "$FOLDER"
        fi
        ;;
    *)
        echo "usage: install.sh key|install" >&2
        exit 2
        ;;
esac
