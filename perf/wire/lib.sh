# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The Tidegate Authors
#
# One wire between two processes: peers on CPU 0 that answer, tgflood on CPU 1 that asks.
# Wires: memif (shared memory rings), zero-copy (memif whose client gives its own buffers to the
# rings) and vhost (vhost-user here, virtio-user there). Needs ../../tests/lib.sh.

build=${TG_BUILD:-$top/build-perf}
peer_cpu=0
flood_cpu=1
huge=false
seconds=5
rounds=3
options=none
wires=()
all_wires=(memif vhost)
work=
peer_pid=
peer_log=
prefix=tgwire$$
results=$top/perf/results/${0##*/}.jsonl

# The appliance; the generator, which is the router of all sources.
tide4=192.0.2.2
flood4=192.0.2.9
# What a peer without ARP is sent to: it takes any.
any_mac=02:00:00:00:00:02

usage() {
    sed -n '/^# usage/,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"
}

# wire_options ARGUMENT...: what the scripts here have in common.
wire_options() {
    while (($# > 0)); do
        case $1 in
        --quick) seconds=1 ;;
        --seconds) seconds=${2:?--seconds wants a number} && shift ;;
        --rounds) rounds=${2:?--rounds wants a number} && shift ;;
        --options) options=${2:?--options wants none, mss or linux} && shift ;;
        --huge) huge=true ;;
        --results) results=${2:?--results wants a file} && shift ;;
        --help) usage && exit 0 ;;
        memif | zero-copy | vhost) wires+=("$1") ;;
        *) usage >&2 && exit 2 ;;
        esac
        shift
    done
    ((${#wires[@]} > 0)) || wires=("${all_wires[@]}")
}

# A file in hugepages is what --single-file-segments leaves behind, and the pages with it.
free_hugepages() {
    local mount
    while read -r mount; do
        rm -f "$mount/$prefix"[pf]map_*
    done < <(findmnt -n -t hugetlbfs -o TARGET)
}

wire_up() {
    local program
    [[ $EUID == 0 ]] || die "run it as root: DPDK keeps its files in /var/run/dpdk then"
    for program in app/tidegate/tidegate app/tgflood/tgflood perf/responder perf/gaps perf/host; do
        [[ -x $build/$program ]] ||
            die "there is no $build/$program: see perf/README.md, or set TG_BUILD"
    done
    (($(nproc) >= 2)) || die "two CPUs are needed, one for each end"
    work=$(mktemp -d /tmp/tgwire.XXXXXX)
    at_exit rm -rf "$work" "/var/run/dpdk/$prefix"p "/var/run/dpdk/$prefix"f
    at_exit free_hugepages
    at_exit peer_down
    mkdir -p "${results%/*}"
    : >"$results"
}

# ---- What is written down: one JSON object in a line.

# record KEY=VALUE... [FILE]: values as text; FILE holds an object that goes under `report`.
record() {
    python3 - "$@" >>"$results" <<'PY'
import json, os, sys
row = {}
for word in sys.argv[1:]:
    key, mark, value = word.partition("=")
    if not mark:
        row["report"] = json.load(open(word))
        row["report"].pop("intervals", None)
    else:
        row[key] = json.loads(value) if value.isdigit() else value
print(json.dumps(row, separators=(",", ":")))
PY
}

record_machine() {
    record kind=machine "cpu=$(sed -nE 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
        "kernel=$(uname -r)" "dpdk=$(pkg-config --modversion libdpdk)" \
        "compiler=$(cc --version | head -n 1)" \
        "commit=$(git -C "$top" describe --always --dirty 2>/dev/null || echo unknown)" \
        "huge=$huge" "seconds=$seconds" "rounds=$rounds" "options=$options"
}

# record_gaps WHEN: how much of each CPU other work takes.
record_gaps() {
    local cpu
    for cpu in "$peer_cpu" "$flood_cpu"; do
        taskset -c "$cpu" "$build/perf/gaps" 2 >"$work/gaps.json"
        record kind=gaps "when=$1" "cpu=$cpu" "$work/gaps.json"
    done
}

# ---- Device files.

# device_file DRIVER SUFFIX CPU SED-ARGUMENT...: the shipped one, with both lcores on one CPU and a
# loop that polls. Its name is $work/SUFFIX.yaml.
device_file() {
    sed -E -e "s/^( *file_prefix:).*/\1 $prefix$2/" -e "s,/tmp/tidegate,$work/wire,g" \
        -e "s/^( *lcores:).*/\1 \"0@$3,1@$3\"/" -e "s/^( *huge:).*/\1 $huge/" \
        -e 's/^idle:.*/idle: poll/' -e 's/^( *[rt]x_checksum:).*/\1 off/' "${@:4}" \
        "$top/pmd-config/$1.yaml" >"$work/$2.yaml"
}

# Files for both ends of a wire: p.yaml and f.yaml.
wire_files() {
    case $1 in
    memif)
        device_file net_memif p "$peer_cpu"
        device_file net_memif_client f "$flood_cpu"
        ;;
    zero-copy)
        device_file net_memif p "$peer_cpu"
        device_file net_memif_client f "$flood_cpu" -e 's/(socket-abstract=no)/\1,zero-copy=yes/' \
            -e 's/^( *)(pci:.*)/\1\2\n\1args: ["--single-file-segments"]/'
        ;;
    vhost)
        device_file net_vhost p "$peer_cpu"
        device_file net_virtio_user f "$flood_cpu" -e 's/mac=[0-9a-f:]*/mac=02:00:00:00:00:09/'
        ;;
    esac
}

# The EAL arguments of p.yaml for programs that do not read it; sets eal.
peer_eal() {
    eal=(--lcores "0@$peer_cpu,1@$peer_cpu" -m 512 --no-pci --no-telemetry
        --file-prefix "${prefix}p"
        --vdev "$(sed -nE 's/^ *vdev: "(.*)"/\1/p' "$work/p.yaml")")
    $huge || eal+=(--no-huge)
    ! grep -q -- --single-file-segments "$work/p.yaml" || eal+=(--single-file-segments)
}

# ---- Peers.

# peer_start TEXT COMMAND...: waits until it has said TEXT.
peer_start() {
    peer_log=$work/peer.log
    : >"$peer_log"
    "${@:2}" >"$peer_log" 2>&1 </dev/null &
    peer_pid=$!
    wait_for 30 grep -q "$1" "$peer_log" || {
        tail -n 20 "$peer_log" >&2
        die "$2 does not start"
    }
}

peer_down() {
    [[ -z $peer_pid ]] || end_process "$peer_pid"
    peer_pid=
    rm -f "$work"/wire*.sock
}

start_testpmd() {
    local eal
    peer_eal
    peer_start 'Press enter to exit\|port statistics\|NIC statistics' dpdk-testpmd "${eal[@]}" -- \
        --forward-mode=5tswap --auto-start --nb-cores=1 --rxd=1024 --txd=1024 --burst=64 \
        --total-num-mbufs=8191 --stats-period=3600
}

start_responder() {
    local eal
    peer_eal
    eal[1]="1@$peer_cpu"
    peer_start 'responder: ready' "$build/perf/responder" "${eal[@]}"
}

# start_tidegate MODE HALF-OPEN
start_tidegate() {
    cat >"$work/tidegate.yaml" <<YAML
workers: 1
addresses: [ { address: $tide4/24 } ]
gateway4: $flood4
listeners: [ { port: 80, syn_cookies: $1 } ]
limits: { connections: $connections, half_open: $2 }
timers: { msl_ms: 500, idle_timeout_ms: 3600000 }
YAML
    peer_start 'tidegate: ready' "$build/app/tidegate/tidegate" --pmd "$work/p.yaml" \
        --config "$work/tidegate.yaml"
}

# Room for those that are made before a run.
connections=65536

# ---- The generator.

# flood OPTION...: one run; its report is $work/flood.json. Where a connection failed it has exit
# code 1 and a report all the same.
flood() {
    local rc=0
    "$build/app/tgflood/tgflood" --pmd "$work/f.yaml" --address "$flood4/24" --quiet --json "$@" \
        "http://$tide4/healthz" >"$work/flood.json" 2>"$work/flood.log" || rc=$?
    if ((rc > 1)) || [[ ! -s $work/flood.json ]]; then
        tail -n 20 "$work/flood.log" >&2
        die "tgflood ended with exit code $rc"
    fi
}

# fill N: N connections of other sources that stay, at a pace that loses none.
fill() {
    flood --sources 198.19.0.0/16 --seed 1 --rate 20000 --count "$1" --duration 600 --complete 1
}

# figure PATH: one number of the last report.
figure() {
    python3 -c '
import functools, json, sys
print(functools.reduce(lambda v, k: v[k], sys.argv[2].split("."), json.load(open(sys.argv[1]))))
' "$work/flood.json" "$1"
}
