# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The Tidegate Authors
#
# Runs tgload for tests and looks at what it reports. Needs net/lib.sh.

tgload=${TG_BUILD:-$top/build-tests/gcc}/app/tgload/tgload
[[ -x $tgload ]] || die "there is no $tgload: run tests/run, or set TG_BUILD to a build tree"
load_pid=
load_code=

# load_start ARGUMENT...: tgload in the background on the device file $work/load.yaml. Its
# report goes to $work/load.json, the rest to $work/load.log.
load_start() {
    env --default-signal=INT,QUIT setsid ip netns exec "$ns" "$tgload" \
        --pmd "$work/load.yaml" --json "$@" >"$work/load.json" 2>"$work/load.log" </dev/null &
    load_pid=$!
}

# load_wait: waits for its end and sets load_code, 137 when it had to be killed.
load_wait() {
    wait_for 60 has_ended "$load_pid" || kill -s KILL "$load_pid"
    load_code=0
    wait "$load_pid" || load_code=$?
    load_pid=
}

load_down() {
    [[ -z $load_pid ]] || end_process "$load_pid"
}

# figure PATH: one number of the report, such as errors.refused.
figure() {
    python3 -c '
import functools, json, sys
print(functools.reduce(lambda v, k: v.get(k, 0), sys.argv[2].split("."), json.load(open(sys.argv[1]))))
' "$work/load.json" "$1"
}

# expect_load EXIT-CODE [PATH=NUMBER | PATH+]...: what the last run came to; + is more than 0.
expect_load() {
    local want
    expect_eq "exit code" "$load_code" "$1" || {
        cat "$work/load.log" "$work/load.json"
        return 1
    }
    for want in "${@:2}"; do
        case $want in
        *+) (($(figure "${want%+}") > 0)) ;;
        *) expect_eq "${want%=*}" "$(figure "${want%=*}")" "${want#*=}" ;;
        esac || {
            printf 'not as expected: %s\n' "$want"
            cat "$work/load.json"
            return 1
        }
    done
    figures_add_up
}

figures_add_up() {
    python3 -c '
import json, sys
r = json.load(open(sys.argv[1]))
t = r["totals"]
assert t["opened"] == t["closed"] + sum(r["errors"].values()), "connections"
assert t["responses"] == sum(t[f"status_{c}xx"] for c in range(2, 6)), "statuses"
assert t["responses"] == r["request_ns"]["count"], "request latencies"
assert t["established"] == r["handshake_ns"]["count"], "handshake latencies"
for h in r["request_ns"], r["handshake_ns"]:
    p = [h[k] for k in ("min", "p50", "p90", "p99", "p99_9", "max")]
    assert p == sorted(p), "percentiles"
' "$work/load.json"
}
