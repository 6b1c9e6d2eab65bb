# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The Tidegate Authors
#
# The Debian 12 packages that building, running and testing need, and how to get
# them. Needs lib.sh.

packages_build=(
    gcc meson ninja-build pkg-config libc6-dev libdpdk-dev libnuma-dev libyaml-dev
)

# The dpdk package leaves drivers out: those of pmd-config/ are named here.
packages_run=(
    dpdk iproute2 ethtool procps curl iputils-ping
    librte-bus-vdev23 librte-mempool-ring23
    librte-net-tap23 librte-net-memif23 librte-net-vhost23 librte-net-virtio23
    librte-net-ring23 librte-net-null23 librte-net-pcap23 librte-net-af-packet23
    librte-net-af-xdp23
)

packages_test=(
    libcunit1-dev clang libclang-rt-14-dev clang-format shellcheck binutils
    apache2-utils libhttp-parser-dev nginx-light slowhttptest wrk tshark hping3 python3
    python3-scapy nmap nftables dpdk-dev
    chromium chromium-driver gnuplot-nox prometheus python3-jsonschema python3-prometheus-client
)

missing_packages() {
    local package
    for package in "$@"; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
            printf '%s\n' "$package"
    done
}

# install_missing PACKAGE...: installs those that are not there, by apt.
install_missing() {
    local missing
    command -v dpkg-query >/dev/null || die 'this is no Debian system: dpkg is missing'
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]} > 0)) || return 0
    say "installing: ${missing[*]}"
    if ! { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install \
        --yes --no-install-recommends "${missing[@]}"; } </dev/null >/dev/null; then
        mapfile -t missing < <(missing_packages "$@")
        die "apt could not install: ${missing[*]}"
    fi
}
