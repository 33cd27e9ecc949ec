#!/usr/bin/env bash
# The gate: compares the contracts with where the branch left its target, and fails when a change must not go in. Works
# in any CI; what GitHub Actions sets is used where it is set.
#
# Reads CONTRACTS (the binary), ROOT, AGAINST, FAIL_ON. Writes contracts.sarif and contracts.md into a folder for
# temporary files and says where in GITHUB_OUTPUT. Ends like `contracts check`: 0 clean, 1 findings, 2 could not run.
set -euo pipefail

contracts=${CONTRACTS:-contracts}
root=${ROOT:-.}
against=${AGAINST:-}
fail_on=${FAIL_ON:-error}
target=${GITHUB_BASE_REF:-${CI_MERGE_REQUEST_TARGET_BRANCH_NAME:-}}

note() { printf 'note: %s\n' "$1" >&2; }

# Brings the history that the comparison takes. Best effort: without rights or network the tool says what is missing.
fetch_base() {
    git rev-parse --git-dir >/dev/null 2>&1 || return 0
    git remote get-url origin >/dev/null 2>&1 || return 0
    # `HEAD` is an empty tree before the first commit.
    git rev-parse --verify --quiet HEAD >/dev/null || return 0
    local depth=()
    [[ $(git rev-parse --is-shallow-repository) == true ]] && depth=(--unshallow)
    if [[ -n $against ]]; then
        git rev-parse --verify --quiet "$against^{commit}" >/dev/null && [[ ${#depth[@]} -eq 0 ]] && return 0
        [[ -d $root/$against || -d $against ]] && return 0
        git fetch --quiet --no-tags "${depth[@]}" origin '+refs/heads/*:refs/remotes/origin/*' 2>/dev/null ||
            note "the history could not be fetched"
    elif [[ -n $target ]]; then
        if git merge-base HEAD "refs/remotes/origin/$target" >/dev/null 2>&1; then
            return 0
        fi
        git fetch --quiet --no-tags "${depth[@]}" origin \
            "+refs/heads/$target:refs/remotes/origin/$target" 2>/dev/null ||
            note "the branch $target could not be fetched from origin"
    fi
}
if [[ ! -d $root ]]; then
    echo "error: the root ${root@Q} is no folder" >&2
    exit 2
fi
(cd "$root" && fetch_base)

out=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/contracts.XXXXXX")
arguments=(check --fail-on "$fail_on" --format "sarif=$out/contracts.sarif" --format "markdown=$out/contracts.md")
# Without it the workspace is found from the folder, as people find it.
[[ $root == . ]] || arguments+=(--root "$root")
[[ -z $against ]] || arguments+=(--against "$against")

code=0
"$contracts" "${arguments[@]}" || code=$?

{
    printf 'exit-code=%s\n' "$code"
    # A run that could not start writes no reports.
    [[ ! -e $out/contracts.sarif ]] || printf 'sarif=%s\n' "$out/contracts.sarif"
    [[ ! -e $out/contracts.md ]] || printf 'comment=%s\n' "$out/contracts.md"
} >>"${GITHUB_OUTPUT:-/dev/null}"
exit "$code"
