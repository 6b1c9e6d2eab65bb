# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The Tidegate Authors
#
# One appliance in one network namespace: starts and stops tidegate, and makes the
# kernel its peer. Needs lib.sh. All names come from the process id, so that runs
# beside each other do not meet; everything goes when the script ends.

run_name=tg$$
ns=$run_name
prefix=$run_name
work=
tidegate_pid=
exit_code=
spawned=

# The kernel's end, and the appliance's.
peer4=192.0.2.1
peer6=2001:db8::1
peer_mac=02:00:00:00:00:01
addr4=192.0.2.2
addr6=2001:db8::2

in_ns() {
    ip netns exec "$ns" "$@"
}

# spawn COMMAND...: the same in the background; sets spawned to its process id. (That of
# in_ns in the background would be a shell's.)
spawn() {
    ip netns exec "$ns" "$@" &
    spawned=$!
}

# Makes the namespace and a working directory.
namespace_up() {
    [[ $EUID == 0 ]] || die "run it as root: it makes a network namespace"
    work=$(mktemp -d "/tmp/$run_name.XXXXXX")
    at_exit rm -rf "$work"
    ip netns add "$ns" || die "cannot make a network namespace; is CONFIG_NET_NS there?"
    at_exit ip netns del "$ns"
    # The kernel answers for no address but those given to its end: least of all on an
    # interface that tidegate takes over.
    in_ns sysctl -qw net.ipv6.conf.default.addr_gen_mode=1
    in_ns ip link set lo up
    at_exit appliance_down
}

# use_shipped DRIVER [SED ARGUMENT...]: the device and the service file that come with
# the program, under names of this run's own.
use_shipped() {
    sed -E -e "s/^( *file_prefix:).*/\1 $prefix/" -e "s,/tmp/tidegate,$work/tidegate,g" \
        "${@:2}" "$top/pmd-config/$1.yaml" >"$work/pmd.yaml"
    cp "$top/app/tidegate/tidegate.yaml" "$work/tidegate.yaml"
}

# appliance_down: for every way out; ends what still runs and what it left.
appliance_down() {
    [[ -z $tidegate_pid ]] || end_process "$tidegate_pid"
    rm -rf "${runtime_dir:?}"
}

runtime_dir=/var/run/dpdk/$prefix

is_ready() {
    grep -qw ready "$work/tidegate.log"
}

is_ready_or_gone() {
    is_ready || has_ended "$tidegate_pid"
}

# appliance_start BINARY [EAL ARGUMENT... --]: starts tidegate in the namespace with the
# two files of $work and waits until it says that it is ready. Its output goes to
# $work/tidegate.log. A session of its own keeps a terminal's Ctrl-C from it; SIGINT is
# not left ignored, as it is for other background processes of a script.
appliance_start() {
    : >"$work/tidegate.log" # the last one's must not be taken for this one's
    env --default-signal=INT,QUIT setsid ip netns exec "$ns" \
        "$@" --pmd "$work/pmd.yaml" --config "$work/tidegate.yaml" \
        >"$work/tidegate.log" 2>&1 </dev/null &
    tidegate_pid=$!
    wait_for 30 is_ready_or_gone || true
    is_ready && is_running "$tidegate_pid" && return
    say "tidegate did not get ready:" >&2
    tail -n 30 "$work/tidegate.log" >&2
    return 1
}

# appliance_stop SIGNAL: stops it and sets exit_code, 137 when it had to be killed.
appliance_stop() {
    kill -s "$1" "$tidegate_pid" 2>/dev/null || true
    wait_for 15 has_ended "$tidegate_pid" || kill -s KILL "$tidegate_pid"
    exit_code=0
    wait "$tidegate_pid" || exit_code=$?
    tidegate_pid=
}

# peer_up INTERFACE: configures the kernel's end of the wire.
peer_up() {
    ip -n "$ns" link set "$1" address "$peer_mac" up
    # Receivers and captures need whole checksums.
    in_ns ethtool -K "$1" tx off gso off tso off >/dev/null 2>&1 || true
    ip -n "$ns" addr replace "$peer4/24" dev "$1"
    ip -n "$ns" addr replace "$peer6/64" dev "$1" nodad
    ip -n "$ns" addr replace fe80::1/64 dev "$1" nodad
}

# fetch URL [CURL ARGUMENT...]
fetch() {
    in_ns curl --silent --show-error --fail --globoff --max-time 10 --noproxy '*' "$@"
}

# Whether pages come over both protocols: IPv6 addresses wait for duplicate detection.
is_reachable() {
    fetch "http://$addr4/healthz" && fetch "http://[$addr6]/healthz"
}
