#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The Tidegate Authors
"""Handshakes that begin on one node and go on on another: what a router does to them that spreads
packets, or a node that goes away.

Nodes answer for the same addresses, each on an interface of its own. `one` and `other` share a
file of keys; `one` answers every SYN with a cookie, `other` none while it is not under
pressure. `stranger` has another file.

usage: fleet.py INTERFACE-OF-ONE ITS-MAC OTHER MAC STRANGER MAC PREFIX [PID PID KEY-FILE]

With the process ids of one and other, and the file that they share, that file is changed, too.
"""
import os
import signal
import struct
import sys
import time

import raw
from raw import Tcp, Unexpected, expect, mss_option

MOD = 2**32
MSS, WSCALE, TSVAL = 1460, 9, 4711
LARGE = b"GET /large HTTP/1.1\r\nHost: tidegate\r\n\r\n"
HELLO = b"GET /hello HTTP/1.1\r\nHost: tidegate\r\n\r\n"
KIND_MSS, KIND_WSCALE, KIND_SACK_OK, KIND_SACK, KIND_TS, KIND_FAST_OPEN = 2, 3, 4, 5, 8, 34
QUIET = 0.3  # seconds


class Node:
    def __init__(self, interface, mac, prefix):
        self.station = raw.introduce(raw.Station(interface, mac))
        self.telemetry = raw.Telemetry(prefix)

    def count(self, name):
        return self.telemetry.get("/tidegate/counters")[name]

    def keys(self, name):
        return self.telemetry.get("/tidegate/syn_cookies")[name]


def timestamps(tsval, tsecr):
    return b"\1\1" + struct.pack("!BBII", KIND_TS, 10, tsval, tsecr)


def all_options():
    return (mss_option(MSS) + struct.pack("!BB", KIND_SACK_OK, 2) + timestamps(TSVAL, 0)
            + struct.pack("!BBBB", KIND_WSCALE, 3, WSCALE, 1))


def options_of(segment):
    """The options of a segment: bytes by kind."""
    text = bytes(segment)[20:segment.dataofs * 4]
    found = {}
    while text and text[0] != 0:
        length = 1 if text[0] == 1 else text[1]
        if text[0] != 1:
            found[text[0]] = text[2:length]
        text = text[length:]
    return found


def times_of(segment):
    return struct.unpack("!II", options_of(segment)[KIND_TS])


class Handshake(Tcp):
    """A client whose SYN goes to one node and all else to another."""

    def __init__(self, node, is_ipv6):
        super().__init__(node.station, is_ipv6)
        self.tsecr = None

    def open(self, options=b"", flags="S"):
        """Sends the SYN; returns the SYN-ACK."""
        syn_ack = self.only_answer(flags, options=options)
        expect("flags that answer SYN", str(syn_ack.flags).strip("E"), "SA")
        expect("ACK of SYN", syn_ack.ack, (self.seq + 1) % MOD)
        self.seq, self.ack = syn_ack.ack, (syn_ack.seq + 1) % MOD
        return syn_ack

    def move(self, node):
        self.station = node.station

    def complete(self, options=b""):
        """The third packet; returns what it draws."""
        return self.exchange("A", options=options)


def is_ect(segment):
    ip = segment.underlayer
    return ((ip.tc if ip.version == 6 else ip.tos) & 3) == 2


def expect_options_in_force(tcp, tsval):
    """Window scale, by how much is sent; timestamps, SACK and ECN."""
    window = 8
    tcp.send("PA", payload=LARGE, window=window, options=timestamps(TSVAL + 2, tsval))
    tcp.seq += len(LARGE)
    heard = {s.seq: s for s in tcp.hear_text(QUIET)}
    sent = sum(len(tcp.payload(s)) for s in heard.values())
    if not window << (WSCALE - 1) < sent <= window << WSCALE:
        raise Unexpected(f"{sent} bytes sent into a window of {window << WSCALE}")
    for segment in heard.values():
        theirs, echoed = times_of(segment)
        expect("echo of our timestamp", echoed, TSVAL + 2)
        expect("timestamps grow", 0 < (theirs - tsval) % MOD < MOD // 2, True)
        expect("ECN-capable", is_ect(segment), True)
    gap = 100
    answers = tcp.exchange("PA", seq=tcp.seq + gap, payload=b"later", window=window,
                           options=timestamps(TSVAL + 3, tsval))
    blocks = [options_of(a)[KIND_SACK] for a in answers if KIND_SACK in options_of(a)]
    expect("SACK of what came too early", blocks[:1],
           [struct.pack("!II", (tcp.seq + gap) % MOD, (tcp.seq + gap + 5) % MOD)])


class Cases:
    def __init__(self, one, other, stranger):
        self.one, self.other, self.stranger = one, other, stranger

    def begun(self, is_ipv6):
        """A handshake whose SYN `one` has answered, with the options of the answer."""
        tcp = Handshake(self.one, is_ipv6)
        syn_ack = tcp.open(all_options(), "SEC")
        tcp.tsecr = times_of(syn_ack)[0]
        expect("ECN agreed on", str(syn_ack.flags), "SAE")
        expect("options", sorted(options_of(syn_ack)),
               [KIND_MSS, KIND_WSCALE, KIND_SACK_OK, KIND_TS])
        return tcp

    def across(self, is_ipv6):
        issued, accepted = self.one.count("cookies_issued"), self.other.count("cookies_accepted")
        tcp = self.begun(is_ipv6)
        expect("cookies of one", self.one.count("cookies_issued"), issued + 1)
        tcp.move(self.other)
        expect("answers to the third packet",
               tcp.complete(timestamps(TSVAL + 1, tcp.tsecr)), [])
        expect("cookies taken by the other", self.other.count("cookies_accepted"), accepted + 1)
        expect_options_in_force(tcp, tcp.tsecr)
        tcp.abort()

    def request_completes(self, is_ipv6):
        tcp = Handshake(self.one, is_ipv6)
        tcp.open(mss_option(MSS))
        tcp.move(self.other)
        tcp.expect_alive(HELLO)

    def other_keys(self, is_ipv6):
        refused = self.stranger.count("cookies_refused")
        tcp = self.begun(is_ipv6)
        tcp.move(self.stranger)
        answers = tcp.complete(timestamps(TSVAL + 1, tcp.tsecr))
        expect("flags of the answer", [str(a.flags) for a in answers], ["R"])
        expect("its sequence number", answers[0].seq, tcp.ack)
        expect("cookies refused", self.stranger.count("cookies_refused"), refused + 1)

    def text_taken(self, node, is_ipv6, cookie):
        """How much of a request in the SYN a node acknowledges."""
        tcp = Handshake(node, is_ipv6)
        options = mss_option(MSS) + bytes([KIND_FAST_OPEN, 2 + len(cookie)]) + cookie
        answers = tcp.exchange("S", options=options, payload=HELLO)
        taken = (answers[0].ack - tcp.seq - 1) % MOD
        expect("the SYN-ACK comes first", str(answers[0].flags), "SA")
        text = b"".join(tcp.payload(a) for a in answers[1:])
        expect("the page follows", text[:15], b"HTTP/1.1 200 OK" if taken else b"")
        tcp.seq = answers[0].ack
        tcp.abort()
        return taken

    def fast_open(self, is_ipv6):
        tcp = Handshake(self.one, is_ipv6)
        granted = options_of(tcp.open(mss_option(MSS) + bytes([KIND_FAST_OPEN, 2])))
        cookie = granted.get(KIND_FAST_OPEN, b"")
        expect("bytes of the cookie", len(cookie), 8)
        expect("text taken by the other", self.text_taken(self.other, is_ipv6, cookie),
               len(HELLO))
        refused = self.stranger.count("fast_open_refused")
        expect("text taken by the stranger", self.text_taken(self.stranger, is_ipv6, cookie), 0)
        expect("cookies refused", self.stranger.count("fast_open_refused"), refused + 1)

    # ---- Files that change

    def reload_fails(self, pids, file, text, error):
        """Neither way of reading the file again changes anything."""
        with open(file, encoding="ascii") as f:
            good = f.read()
        refused = self.other.keys("key_reloads_refused")
        tcp = self.begun(False)
        with open(file, "w", encoding="ascii") as f:
            f.write(text)
        answer = self.other.telemetry.get("/tidegate/reload")
        if error not in answer:
            raise Unexpected(f"answer to the reload: {answer!r}")
        os.kill(pids[1], signal.SIGHUP)
        self.wait_for(self.other, "key_reloads_refused", refused + 2)
        expect("reloads", self.other.keys("key_reloads"), 0)
        tcp.move(self.other)
        tcp.expect_alive(HELLO, options=timestamps(TSVAL + 1, tcp.tsecr))
        with open(file, "w", encoding="ascii") as f:
            f.write(good)

    def wait_for(self, node, name, value):
        until = time.monotonic() + raw.WAIT
        while node.keys(name) != value:
            if time.monotonic() > until:
                raise Unexpected(f"{name} is {node.keys(name)}, not {value}")
            time.sleep(0.02)

    def epoch_taken(self, pids, file):
        epoch = self.other.keys("epoch")
        with open(file, encoding="ascii") as f:
            good = f.read()
        self.reload_fails(pids, file, f"{good}from_epoch {epoch} key {'5a' * 16}\n",
                          "is in use with another master")

    def garbage(self, pids, file):
        self.reload_fails(pids, file, "from_epoch 0 key 77\n", ":1:18: is no key")

    def next_master(self, pids, file):
        """The handshake begins under the old file, on one, and ends under the new, on the
        other."""
        epoch = self.other.keys("epoch") + 3
        tcp = self.begun(False)
        with open(file, "a", encoding="ascii") as f:
            f.write(f"from_epoch {epoch} key {'a5' * 16}\n")
        for node, pid in zip((self.one, self.other), pids):
            os.kill(pid, signal.SIGHUP)
            self.wait_for(node, "key_reloads", 1)
            self.wait_for(node, "next_master_epoch", epoch)
        tcp.move(self.other)
        tcp.expect_alive(HELLO, options=timestamps(TSVAL + 1, tcp.tsecr))


def handshakes(cases):
    for is_ipv6, family in ((False, "IPv4"), (True, "IPv6")):
        for name, case in (
                ("one node answers the SYN, the other goes on, options in force", cases.across),
                ("the request completes a handshake on another node", cases.request_completes),
                ("a node of other keys refuses", cases.other_keys),
                ("Fast Open: one node grants, another takes, a stranger does not",
                 cases.fast_open)):
            yield f"{family}: {name}", lambda case=case, v=is_ipv6: case(v)


def reloads(cases, pids, file):
    for name, case in (("a file that is wrong changes nothing", cases.garbage),
                       ("an epoch in use keeps its master", cases.epoch_taken),
                       ("a handshake outlives the reading of a new file", cases.next_master)):
        yield f"reload: {name}", lambda case=case: case(pids, file)


def main():
    if len(sys.argv) not in (8, 11):
        sys.exit(__doc__)
    prefix = sys.argv[7]
    cases = Cases(*(Node(*sys.argv[i:i + 2], prefix + name)
                    for i, name in ((1, "one"), (3, "other"), (5, "stranger"))))
    raw.run_cases(handshakes(cases))
    if len(sys.argv) == 11:
        raw.run_cases(reloads(cases, [int(pid) for pid in sys.argv[8:10]], sys.argv[10]))


if __name__ == "__main__":
    main()
