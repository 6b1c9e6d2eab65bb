#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The Tidegate Authors
"""Opens many connections, makes one request on each, and holds them, idle.

usage: idle.py HOST COUNT FIFO

Says "open" once all are open and every request was answered. Once FIFO was written to, each of
them makes another request, which must be answered, too.
"""
import resource
import selectors
import socket
import sys

AT_ONCE = 200  # connections under way
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: tidegate\r\n\r\n"
TIMEOUT = 10


def exchange(socks):
    """Sends one request on each and waits for all answers."""
    selector = selectors.DefaultSelector()
    for sock in socks:
        sock.sendall(REQUEST)
        selector.register(sock, selectors.EVENT_READ)
    left = len(socks)
    while left > 0:
        ready = selector.select(TIMEOUT)
        if not ready:
            sys.exit(f"{left} requests are not answered")
        for key, _ in ready:
            answer = key.fileobj.recv(65536)
            if not answer.startswith(b"HTTP/1.1 200 OK\r\n") or not answer.endswith(b"ok\n"):
                sys.exit(f"answered {answer!r}")
            selector.unregister(key.fileobj)
            left -= 1


def main():
    host, count = sys.argv[1], int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, count + 100))
    socks = []
    while len(socks) < count:
        batch = [
            socket.create_connection((host, 80), TIMEOUT)
            for _ in range(min(AT_ONCE, count - len(socks)))
        ]
        exchange(batch)
        socks += batch
    print("open", flush=True)
    with open(sys.argv[3], encoding="ascii") as fifo:
        fifo.read()
    for at in range(0, count, AT_ONCE):
        exchange(socks[at : at + AT_ONCE])


if __name__ == "__main__":
    main()
