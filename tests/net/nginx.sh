# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The Tidegate Authors
#
# tgload on net_tap, and nginx on the kernel's TCP as its server. Needs lib.sh and tgload.sh.

# write_load_file: the device file of tgload's end.
write_load_file() {
    cat >"$work/load.yaml" <<YAML
eal:
  lcores: $(lcores 1)
  memory_mb: 256
  huge: false
  file_prefix: $prefix
port:
  vdev: net_tap0,iface=$iface
queues:
  max_queues: 1
YAML
}

# nginx_up NAMESPACE: serves what is in $work/www, by Fast Open to those who ask for it.
nginx_up() {
    mkdir -p "$work/www" "$work/logs"
    cat >"$work/nginx.conf" <<CONF
user root;
worker_processes 1;
daemon off;
pid $work/nginx.pid;
error_log $work/nginx.log;
events { worker_connections 1024; }
http {
    access_log off;
    server {
        listen 80 fastopen=256;
        listen [::]:80 fastopen=256;
        root $work/www;
    }
}
CONF
    ip netns exec "$1" nginx -p "$work" -c "$work/nginx.conf" >"$work/nginx.out" 2>&1 &
    at_exit end_process $!
    wait_for 10 ip netns exec "$1" curl -s -o /dev/null http://127.0.0.1/ ||
        die "nginx does not start: $(cat "$work/nginx.out" "$work/nginx.log")"
}

interface_is_there() {
    ip -n "$ns" link show "$iface"
}

# load ARGUMENT...: one run to its end. The interface comes with it, and wants its addresses.
load() {
    load_start --address "$addr4/24" --address "$addr6/64" --delay 1 "$@"
    if wait_for 20 interface_is_there; then
        peer_up "$iface" || true # a short run may have ended meanwhile
    fi
    load_wait
}
