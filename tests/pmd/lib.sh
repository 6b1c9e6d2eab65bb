# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The Tidegate Authors
#
# The shipped device files, each started once: peers for them, hugepages, and pages
# fetched through them. Prints TAP.

# shellcheck source=../net/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../net/lib.sh"

# check_start DRIVER [EAL ARGUMENT... --]: starts tidegate on the files of $work; leaves
# the script after a failure, as all else hangs on it.
check_start() {
    if appliance_start "$tidegate" "${@:2}"; then
        tap_ok "$1: tidegate starts"
    else
        tap_not_ok "$1: tidegate starts"
        tap_done
    fi
}

fetch_many() {
    local out
    out=$(in_ns ab -q -s 10 -n 500 -c 5 "http://$addr4/healthz")
    printf '%s\n' "$out"
    expect_match "what ab says" "$out" 'Complete requests: +500'
    expect_match "what ab says" "$out" 'Failed requests: +0'
}

# check_pages DRIVER: the kernel fetches pages through it.
check_pages() {
    check "$1: a page over IPv4 and IPv6" wait_for 15 is_reachable
    check "$1: many pages" fetch_many
}

# veth_up: tide0 for the kernel's end, tide1 for tidegate.
veth_up() {
    ip -n "$ns" link add tide0 type veth peer name tide1
    ip -n "$ns" link set tide1 up
    in_ns ethtool -K tide1 gro off >/dev/null 2>&1 || true
    peer_up tide0
}

# ---- The bridge: testpmd between the kernel's tap and the device whose peer it is.

bridge_pid=
bridge_prefix=${run_name}b

bridge_is_up() {
    grep -q 'Press enter to exit\|port statistics\|NIC statistics' "$work/bridge.log" &&
        ip -n "$ns" link show tide0
}

# bridge_up DEVARGS [EAL ARGUMENT...]
bridge_up() {
    : >"$work/bridge.log"
    spawn dpdk-testpmd --lcores "$(lcores 1)" --no-huge -m 256 --no-pci --no-telemetry \
        --file-prefix "$bridge_prefix" "${@:2}" --vdev net_tap0,iface=tide0 --vdev "$1" -- \
        --forward-mode=io --auto-start --total-num-mbufs=16384 --stats-period=1 \
        >"$work/bridge.log" 2>&1
    bridge_pid=$spawned
    at_exit bridge_down
    wait_for 20 bridge_is_up || {
        tail -n 30 "$work/bridge.log"
        die "dpdk-testpmd does not start"
    }
    peer_up tide0
}

bridge_down() {
    [[ -z $bridge_pid ]] || end_process "$bridge_pid"
    bridge_pid=
    rm -rf "/var/run/dpdk/$bridge_prefix"
}

# ---- Hugepages.

huge_dir=

# hugepages_up PAGES: adds 2 MB pages to those of the machine, and mounts them on
# huge_dir; fails where there are none to be had. Before namespace_up, so that
# tidegate is gone when they go.
hugepages_up() {
    local before got
    grep -q '^Hugepagesize: *2048 kB' /proc/meminfo || return
    before=$(</proc/sys/vm/nr_hugepages)
    at_exit hugepages_down "$before"
    echo $((before + $1)) 2>/dev/null >/proc/sys/vm/nr_hugepages || return
    got=$(awk '/^HugePages_Free/ { print $2 }' /proc/meminfo)
    ((got >= $1)) || return
    huge_dir=$(mktemp -d "/tmp/$run_name-huge.XXXXXX")
    mount -t hugetlbfs -o pagesize=2M "$run_name" "$huge_dir"
}

hugepages_down() {
    if [[ -n $huge_dir ]]; then
        umount "$huge_dir" || true
        rmdir "$huge_dir"
    fi
    echo "$1" >/proc/sys/vm/nr_hugepages
}
