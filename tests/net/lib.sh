# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The Tidegate Authors
#
# tidegate over net_tap with the kernel's TCP as its peer: configuration, captures and
# their judgement, the status page's numbers. Prints TAP.

# shellcheck source=../lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=../appliance.sh
. "$top/tests/appliance.sh"

tidegate=${TG_BUILD:-$top/build-tests/gcc}/app/tidegate/tidegate
[[ -x $tidegate ]] || die "there is no $tidegate: run tests/run, or set TG_BUILD to a build tree"
iface=tide0
large_bytes=3000000
tx_checksum=auto
idle_timeout_ms=60000
fast_open=false
syn_cookies=auto
half_open=0
key_rotation_s=3600
tide_mac=
tide_ll=

# Lcores 0 to N, all free to run on every CPU we may use: N workers and the control
# thread share them with the clients.
lcores() {
    local cpus
    cpus=$(taskset -cp $$)
    printf '(0-%d)@(%s)' "$1" "${cpus##*: }"
}

# write_config WORKERS [FURTHER ADDRESS...]: the two files of an ordinary test.
write_config() {
    local workers=$1 address
    cat >"$work/pmd.yaml" <<YAML
eal:
  lcores: $(lcores "$workers")
  memory_mb: 256
  huge: false
  file_prefix: $prefix
port:
  vdev: net_tap0,iface=$iface
queues:
  max_queues: 1
offloads:
  tx_checksum: $tx_checksum
YAML
    cat >"$work/tidegate.yaml" <<YAML
workers: $workers
addresses:
  - { address: $addr4/24 }
  - { address: $addr6/64 }
$(for address in "${@:2}"; do printf '  - %s\n' "$address"; done)
listeners:
  - { port: 80, fast_open: $fast_open, syn_cookies: $syn_cookies }
tcp_fast_open:
  key_rotation_s: $key_rotation_s
limits:
  half_open: $half_open
timers:
  msl_ms: 500
  idle_timeout_ms: $idle_timeout_ms
routes:
  - { path: /hello, body: "Hello from behind the gate.\n" }
  - { path: /large, file: $work/large, type: application/octet-stream }
YAML
    head -c "$large_bytes" /dev/urandom >"$work/large"
}

mac_to_link_local() {
    local b
    IFS=: read -ra b <<<"$1"
    printf 'fe80::%x:%xff:fe%s:%x' $((((16#${b[0]} ^ 2) << 8) | 16#${b[1]})) \
        "$((16#${b[2]}))" "${b[3]}" $(((16#${b[4]} << 8) | 16#${b[5]}))
}

# Starts tidegate on the tap and leaves once pages can be had over IPv4 and IPv6.
start_on_tap() {
    appliance_start "$tidegate" || return
    tide_mac=$(sed -nE 's/.* MAC ([0-9a-f:]{17}).*/\1/p' "$work/tidegate.log" | head -n 1)
    tide_ll=$(mac_to_link_local "$tide_mac")
    peer_up "$iface"
    wait_for 15 is_reachable || {
        say "no pages from it:" >&2
        fetch "http://$addr4/healthz" >&2 || true
        fetch "http://[$addr6]/healthz" >&2 || true
        tail -n 30 "$work/tidegate.log" >&2
        return 1
    }
}

# net_up WORKERS [FURTHER ADDRESS...]: what most scripts begin with.
net_up() {
    namespace_up
    write_config "$@"
    start_on_tap || {
        tap_not_ok "tidegate starts"
        tap_done
    }
}

# check_stop NAME: stops tidegate, under that name, as a test: exit code 0, and nothing of it left.
check_stop() {
    appliance_stop TERM
    check "$1 stops with exit code 0" expect_exit_code 0
    check "$1 leaves no runtime directory" test ! -e "$runtime_dir"
}

expect_exit_code() {
    expect_eq "exit code" "$exit_code" "$1" || {
        tail -n 20 "$work/tidegate.log"
        return 1
    }
}

client() {
    in_ns python3 "$top/tests/net/client.py" "$@"
}

# cases PROGRAM [ARGUMENT...]: a Python program of this directory that sends frames of its
# own; every line "ok NAME" or "not ok NAME" that it prints is a test, comments are passed
# on, and the rest goes to $work/cases.log.
cases() {
    local line rc=0
    # The system's own python3, which has the packages that packages.sh names.
    in_ns timeout 120 /usr/bin/python3 "$top/tests/net/$1" "$iface" "$tide_mac" "${@:2}" \
        >"$work/cases.out" 2>&1 || rc=$?
    : >"$work/cases.log"
    while IFS= read -r line; do
        case $line in
        'ok '*) tap_ok "${line#ok }" ;;
        'not ok '*) tap_not_ok "${line#not ok }" ;;
        '# '*) printf '%s\n' "$line" ;;
        *) printf '%s\n' "$line" >>"$work/cases.log" ;;
        esac
    done <"$work/cases.out"
    check "$1 ends" expect_cases_end "$rc"
}

expect_cases_end() {
    cat "$work/cases.log"
    expect_eq "exit code" "$1" 0
}

# Starts a client that stops reading in the middle of a large body; sets spawned.
spawn_stalled_client() {
    : >"$work/stall.log"
    spawn python3 "$top/tests/net/client.py" stall "$1" >"$work/stall.log"
    at_exit end_process "$spawned"
    wait_for 10 grep -q stalled "$work/stall.log"
}

# ---- The status page: a snapshot made about once a second.

# status PATH: one value of /status, such as connections.total.
status() {
    fetch "http://$addr4/status" | python3 -c '
import functools, json, sys
print(functools.reduce(lambda v, k: v[int(k) if k.isdigit() else k], sys.argv[1].split("."), json.load(sys.stdin)))' "$1"
}

# Whether no connection is left but the one that asks.
is_idle() {
    (($(status connections.total) <= 1))
}

# telemetry COMMAND: what DPDK's telemetry answers.
telemetry() {
    printf '%s\n' "$1" | timeout 20 dpdk-telemetry.py -f "$prefix"
}

# telemetry_number COMMAND NAME: one number of the answer.
telemetry_number() {
    telemetry "$1" | grep -o "\"$2\": *[0-9]*" | grep -o '[0-9]*$'
}

# ---- Captures.

capture_pid=

# capture_start NAME [INTERFACE [FRAMES]]: into $work/NAME.pcap.
capture_start() {
    capture_file=$work/$1.pcap
    : >"$work/dumpcap.log"
    spawn dumpcap -q -B 64 -i "${2:-$iface}" ${3:+-c "$3"} -w "$capture_file" \
        >"$work/dumpcap.log" 2>&1
    capture_pid=$spawned
    at_exit end_process "$capture_pid"
    wait_for 10 grep -q '^File:' "$work/dumpcap.log" ||
        die "dumpcap does not start: $(cat "$work/dumpcap.log")"
}

# Stops once the last frames have gone through the kernel's ring.
capture_stop() {
    sleep 0.5
    end_process "$capture_pid"
    capture_pid=
}

# frames FILTER [TSHARK ARGUMENT...]: the frames of the last capture that match.
frames() {
    tshark -n -r "$capture_file" -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE \
        -o udp.check_checksum:TRUE -Y "$@" 2>/dev/null
}

# expect_frames FILTER / expect_no_frames FILTER
expect_frames() {
    [[ -n $(frames "$1") ]] && return
    printf 'no frame matches %s; the capture:\n' "$1"
    frames frame | head -n 30
    return 1
}

expect_no_frames() {
    local found
    found=$(frames "$1")
    [[ -z $found ]] && return
    printf 'frames match %s:\n%s\n' "$1" "$(head -n 20 <<<"$found")"
    return 1
}

# Every frame is well formed and its checksums are good. Linux and net_tap, where they
# fill in checksums, write 0xffff for 0: the same number in one's complement, yet wrong
# to tshark (RFC 1624). Our own code does not.
frames_are_sound() {
    local mangled='tcp.checksum == 0xffff'
    [[ $tx_checksum != off ]] || mangled+=" and eth.src == $peer_mac"
    expect_frames "$1"
    expect_no_frames "_ws.malformed or ip.checksum.status == 0 or
        (tcp.checksum.status == 0 and not ($mangled)) or
        icmp.checksum.status == 0 or icmpv6.checksum.status == 0"
}

# tcp_is_quiet [ALLOWED...]: nothing was sent twice by either side, and tshark finds
# nothing odd in what tidegate sent, but for the tcp.analysis names that are allowed. A
# machine that stands still for some milliseconds draws tail loss probes: they are known
# by their number.
tcp_is_quiet() {
    local allowed name resent
    allowed='tcp.analysis.window_update'
    expect_frames "eth.src == $tide_mac"
    resent=$(frames "eth.src == $tide_mac and tcp.analysis.retransmission" | wc -l)
    if ((resent <= $(status counters.tail_probes))); then
        allowed+=" or (eth.src == $tide_mac and tcp.analysis.retransmission)"
    fi
    for name in "$@"; do
        allowed+=" or tcp.analysis.$name"
    done
    expect_no_frames "(tcp.analysis.retransmission and not ($allowed)) or
        (eth.src == $tide_mac and tcp.analysis.flags and not ($allowed))"
}

# A capture must be whole before silence in it means anything.
capture_is_whole() {
    expect_match "what dumpcap says" "$(cat "$work/dumpcap.log")" "/0 \(pcap:0/"
}

# check_capture NAME [ALLOWED...]: judges the whole capture of a correctness test.
check_capture() {
    capture_stop
    check "$1: the capture is whole" capture_is_whole
    check "$1: no malformed frame, no bad checksum" frames_are_sound tcp
    check "$1: no retransmission, nothing odd" tcp_is_quiet "${@:2}"
}

# check_load_capture NAME: judges the first frames of a load test.
check_load_capture() {
    capture_stop
    check "$1: no malformed frame, no bad checksum" frames_are_sound tcp
}
