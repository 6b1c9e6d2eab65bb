# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The Tidegate Authors
#
# Two ends of a wire on two CPUs: namespaces, a flood from one, an appliance or another peer at
# the other. Measurements go to stdout, as CSV; what happens is told on stderr.

# shellcheck source=../../tests/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../tests/lib.sh"
# shellcheck source=../../tests/appliance.sh
. "$top/tests/appliance.sh"

build=${TG_BUILD:-$top/build-perf}
tidegate=$build/app/tidegate/tidegate
tgflood=$build/app/tgflood/tgflood
rounds=3
seconds=5
server_cpu=0
generator_cpu=1

# The generator's namespace; $ns is that of what answers.
far=${run_name}f
far_mac=$peer_mac
addr_mac=02:00:00:00:00:02

tell() {
    say "$*" >&2
}

in_far() {
    ip netns exec "$far" "$@"
}

# spawn_far COMMAND...: the same in the background, on the generator's CPU; sets spawned.
spawn_far() {
    ip netns exec "$far" taskset -c "$generator_cpu" "$@" &
    spawned=$!
}

# parse_common OPTION VALUE: --rounds and --seconds.
parse_common() {
    [[ ${2-} =~ ^[1-9][0-9]*$ ]] || die "$1 wants a number"
    case $1 in
    --rounds) rounds=$2 ;;
    --seconds) seconds=$2 ;;
    esac
}

needs_two_cpus() {
    (($(nproc) >= 2)) || die "one CPU for each end is needed"
    [[ -x $tidegate ]] || die "there is no $tidegate: run perf/run, or set TG_BUILD to a build tree"
}

# statistic NAMESPACE INTERFACE NAME
statistic() {
    ip netns exec "$1" cat "/sys/class/net/$2/statistics/$3"
}
