# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The Tidegate Authors
#
# What all scripts share: messages, clean-up, bounded waits and TAP. Source it from a
# script that has set -euo pipefail.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() {
    printf '%s: %s\n' "${0##*/}" "$*"
}

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# ---- Clean-up: commands run in reverse order on every way out.

exit_commands=()
exit_owner=$BASHPID

at_exit() {
    local command
    printf -v command '%q ' "$@"
    exit_commands+=("$command")
}

run_exit_commands() {
    local i
    # A subshell inherits the list but not the duty.
    [[ $BASHPID == "$exit_owner" ]] || return 0
    # A second Ctrl-C must not interrupt the clean-up.
    trap '' INT TERM HUP
    for ((i = ${#exit_commands[@]} - 1; i >= 0; i--)); do
        eval "${exit_commands[i]}" || true
    done
}

trap run_exit_commands EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# ---- Waiting. Every wait has a bound.

# wait_for SECONDS COMMAND...: tries until the command succeeds.
wait_for() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS <= end)) || return 1 # whole seconds: at least as long as said
        sleep 0.1
    done
}

is_running() {
    local state
    # A zombie has ended, it only was not waited for.
    state=$(ps -o stat= -p "$1") && [[ $state != Z* ]]
}

has_ended() {
    ! is_running "$1"
}

# end_process PID [SIGNAL]: ends a child within a bound; its exit code is lost.
end_process() {
    local pid=$1 signal=${2:-TERM}
    kill -s "$signal" "$pid" 2>/dev/null || return 0
    wait_for 10 has_ended "$pid" || kill -s KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
}

# ---- TAP.

tap_count=0
tap_failed=0

tap_ok() {
    printf 'ok %d - %s\n' $((++tap_count)) "$1"
}

tap_not_ok() {
    tap_failed=1
    printf 'not ok %d - %s\n' $((++tap_count)) "$1"
}

tap_skip() {
    printf 'ok %d - %s # SKIP %s\n' $((++tap_count)) "$1" "$2"
}

# check NAME COMMAND...: one test, passed when the command succeeds. It runs in a
# subshell with errexit, so that a test function stops at its first failure; what it
# printed is shown after a failure. Never call this where errexit is off (in an if,
# or before && and ||): the test function would run on after failures.
check() {
    local name=$1 rc=0 out
    shift
    set +e
    out=$(
        set -e
        "$@" 2>&1
    )
    rc=$?
    set -e
    if ((rc == 0)); then
        tap_ok "$name"
    else
        tap_not_ok "$name"
        printf '%s\n' "$out" "exit code $rc" | tail -n 40 | sed 's/^/# /'
    fi
}

# The last line of every test script.
tap_done() {
    printf '1..%d\n' "$tap_count"
    exit "$tap_failed"
}

# skip_all REASON: for a script that cannot run here; its one test is skipped.
skip_all() {
    tap_skip "${0##*/}" "$1"
    tap_done
}

# expect_eq WHAT SEEN EXPECTED
expect_eq() {
    [[ $2 == "$3" ]] && return
    printf '%s: expected "%s", saw "%s"\n' "$1" "$3" "$2"
    return 1
}

# expect_match WHAT SEEN REGEX
expect_match() {
    [[ $2 =~ $3 ]] && return
    printf '%s: expected a match of "%s", saw "%s"\n' "$1" "$3" "$2"
    return 1
}
