# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The Tidegate Authors
"""A station on the appliance's wire that no operating system has a part in: it sends the
frames it is told to and hears every frame that the appliance sends.

Its addresses are not the kernel's: so the kernel neither answers for it nor resets its
connections.
"""
import json
import random
import select
import socket
import struct
import sys
import time

from scapy.config import conf
from scapy.layers.inet import ICMP, IP, TCP
from scapy.layers.inet6 import (
    ICMPv6EchoReply, ICMPv6EchoRequest, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6NDOptDstLLAddr, IPv6,
    in6_chksum,
)
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Raw
from scapy.utils import checksum

MAC = "02:00:00:00:00:4d"
IP4, IP6 = "192.0.2.77", "2001:db8::77"
TIDE4, TIDE6 = "192.0.2.2", "2001:db8::2"
WAIT = 5  # seconds; what is awaited takes milliseconds
ETH_P_ALL = 0x0003


class Unexpected(Exception):
    pass


def expect(what, seen, expected):
    if seen != expected:
        raise Unexpected(f"{what}: expected {expected!r}, saw {seen!r}")


def run_cases(cases):
    """Runs (name, function) pairs; prints of each whether it passed, and why not."""
    for name, function in cases:
        try:
            function()
            print(f"ok {name}", flush=True)
        except (Unexpected, OSError) as e:
            print(f"not ok {name}\n# {e}", flush=True)


class Station:
    def __init__(self, interface, tide_mac):
        conf.verb = 0
        self.tide_mac = tide_mac
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.sock.bind((interface, ETH_P_ALL))
        self.echo_id = random.randrange(1, 1 << 16)
        self.echo_seq = 0

    def send(self, frame):
        self.sock.send(bytes(frame))

    def ether(self, **fields):
        return Ether(**{"src": MAC, "dst": self.tide_mac, **fields})

    def ip(self, is_ipv6, **fields):
        """An IP header from here to the appliance, with fields changed."""
        layer, src, dst = (IPv6, IP6, TIDE6) if is_ipv6 else (IP, IP4, TIDE4)
        return self.ether() / layer(**{"src": src, "dst": dst, **fields})

    def answer_for_addresses(self, frame):
        """Answers ARP and neighbour solicitation; says whether the frame was about them."""
        if ARP in frame and frame[ARP].op == 1:
            if frame[ARP].pdst == IP4:
                self.send(self.ether() / ARP(op=2, hwsrc=MAC, psrc=IP4, hwdst=self.tide_mac,
                                             pdst=frame[ARP].psrc))
            return True
        if ICMPv6ND_NS in frame:
            if frame[ICMPv6ND_NS].tgt == IP6:
                self.send(self.ip(True, dst=frame[IPv6].src, hlim=255)
                          / ICMPv6ND_NA(R=0, S=1, O=1, tgt=IP6) / ICMPv6NDOptDstLLAddr(lladdr=MAC))
            return True
        return False

    def next_frame(self, until):
        """The next frame that the appliance sent to us or to all, or None in time's course."""
        while True:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.sock], [], [], left)[0]:
                return None
            data, address = self.sock.recvfrom(65536)
            if address[2] == socket.PACKET_OUTGOING:
                continue
            frame = Ether(data)
            if frame.src == self.tide_mac and (frame.dst == MAC or int(frame.dst[:2], 16) & 1) \
                    and not self.answer_for_addresses(frame):
                return frame

    def hear(self, seconds):
        """All frames of that time."""
        until = time.monotonic() + seconds
        return list(iter(lambda: self.next_frame(until), None))

    def echo(self, is_ipv6=False):
        """Pings the appliance; the frames it sent before the answer."""
        self.echo_seq += 1
        fields = {"id": self.echo_id, "seq": self.echo_seq}
        self.send(self.ip(is_ipv6) / (ICMPv6EchoRequest(**fields) if is_ipv6
                                      else ICMP(type=8, **fields)))
        heard, until = [], time.monotonic() + WAIT
        while True:
            frame = self.next_frame(until)
            if frame is None:
                raise Unexpected("no answer to an echo request")
            layer = frame.getlayer(ICMPv6EchoReply if is_ipv6 else ICMP)
            if layer and (layer.id, layer.seq) == (self.echo_id, self.echo_seq):
                return heard
            heard.append(frame)

    def exchange(self, *frames):
        """Sends frames; what the appliance sent in return at once. The first echo may come
        in one burst with the frames and its answer go out before theirs; not the second."""
        for frame in frames:
            self.send(frame)
        return self.echo() + self.echo()


class Telemetry:
    """Numbers that DPDK's telemetry socket gives, without the status page's second."""

    def __init__(self, prefix):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sock.settimeout(WAIT)
        self.sock.connect(f"/var/run/dpdk/{prefix}/dpdk_telemetry.v2")
        self.limit = json.loads(self.sock.recv(1024))["max_output_len"]

    def get(self, command):
        self.sock.send(command.encode())
        return json.loads(self.sock.recv(self.limit))[command]


def tcp_bytes(src, dst, sport, dport, flags, seq, ack=0, window=65535, options=b"", payload=b"",
              urgent=0):
    """A TCP segment whose options are any bytes at all, padded to whole words."""
    options += b"\0" * (-len(options) % 4)
    bits = sum(1 << "FSRPAUEC".index(f) for f in flags)
    segment = struct.pack("!HHIIBBHHH", sport, dport, seq % 2**32, ack % 2**32,
                          (20 + len(options)) // 4 << 4, bits, window, 0, urgent)
    segment += options + payload
    if ":" in src:
        csum = in6_chksum(6, IPv6(src=src, dst=dst), segment)
    else:
        csum = checksum(socket.inet_aton(src) + socket.inet_aton(dst)
                        + struct.pack("!HH", 6, len(segment)) + segment)
    return segment[:16] + struct.pack("!H", csum) + segment[18:]


def mss_option(mss):
    return struct.pack("!BBH", 2, 4, mss)


class Tcp:
    """One TCP endpoint of a station: its client keeps all numbers in the open."""

    ports = iter(range(random.randrange(1024, 30000), 65536))

    def __init__(self, station, is_ipv6, dport=80, sport=None):
        self.station, self.is_ipv6, self.dport = station, is_ipv6, dport
        self.sport = sport or next(Tcp.ports)
        self.seq = random.randrange(2**32)  # SND.NXT
        self.ack = 0  # RCV.NXT

    def segment(self, flags, **fields):
        src, dst = (IP6, TIDE6) if self.is_ipv6 else (IP4, TIDE4)
        return self.station.ip(self.is_ipv6, **{"nh" if self.is_ipv6 else "proto": 6}) / Raw(
            tcp_bytes(src, dst, self.sport, self.dport, flags,
                      **{"seq": self.seq, "ack": self.ack if "A" in flags else 0, **fields}))

    def send(self, flags, **fields):
        self.station.send(self.segment(flags, **fields))

    def mine(self, frames):
        return [f[TCP] for f in frames if TCP in f
                and (f[TCP].sport, f[TCP].dport) == (self.dport, self.sport)]

    def exchange(self, flags, **fields):
        """Sends a segment; all that comes back at once."""
        return self.mine(self.station.exchange(self.segment(flags, **fields)))

    def only_answer(self, flags, **fields):
        """The same where there must be one answer."""
        answers = self.exchange(flags, **fields)
        if len(answers) != 1:
            raise Unexpected(f"{len(answers)} answers to {flags}: "
                             + ", ".join(a.summary() for a in answers))
        return answers[0]

    def connect(self, options=None, window=65535, **fields):
        """Three-way handshake; returns the SYN-ACK."""
        if options is None:
            options = mss_option(1440)
        syn_ack = self.only_answer("S", options=options, window=window, **fields)
        expect("flags that answer SYN", str(syn_ack.flags), "SA")
        expect("ACK of SYN", syn_ack.ack, (self.seq + 1) % 2**32)
        self.seq, self.ack = syn_ack.ack, (syn_ack.seq + 1) % 2**32
        self.send("A", window=window)
        return syn_ack

    def abort(self):
        self.send("R")

    def payload(self, answer):
        """The text of a segment, without Ethernet's padding."""
        ip = answer.underlayer
        length = (ip.plen if self.is_ipv6 else ip.len - ip.ihl * 4) - answer.dataofs * 4
        return bytes(answer.payload)[:length]

    def hear_text(self, quiet, seconds=WAIT):
        """Text segments until none came for quiet seconds."""
        heard, until = [], time.monotonic() + seconds
        while True:
            frame = self.station.next_frame(min(until, time.monotonic() + quiet))
            if frame is None:
                return heard
            heard += [s for s in self.mine([frame]) if self.payload(s)]

    def expect_alive(self, text=b"GET /hello HTTP/1.1\r\nHost: tidegate\r\n\r\n", **fields):
        """A request is answered as on any other connection; leaves by RST."""
        self.send("PA", payload=text, **fields)
        self.seq += len(text)
        self.expect_page()

    def expect_page(self):
        until = time.monotonic() + WAIT
        while True:
            frame = self.station.next_frame(until)
            if frame is None:
                raise Unexpected("the request was not answered")
            for answer in self.mine([frame]):
                text = self.payload(answer)
                if "R" in answer.flags:
                    raise Unexpected("the connection was reset")
                if not text:
                    continue
                expect("sequence number of the answer", answer.seq, self.ack)
                expect("ACK of the request", answer.ack, self.seq % 2**32)
                expect("status line", text[:15], b"HTTP/1.1 200 OK")
                self.ack = (self.ack + len(text)) % 2**32
                self.abort()
                return


def introduce(station):
    """Makes a station known to the appliance, so that answers to come wait for no address
    resolution."""
    for is_ipv6 in (False, True):
        station.echo(is_ipv6)
        opener = Tcp(station, is_ipv6)
        opener.send("S")
        until = time.monotonic() + WAIT
        while True:
            frame = station.next_frame(until)
            if frame is None:
                sys.exit("a SYN was not answered: nothing that follows would mean anything")
            if opener.mine([frame]):
                break
        opener.seq += 1
        opener.abort()
    return station


def station_from_arguments(usage):
    """For a program that is called with INTERFACE and the appliance's MAC address."""
    if len(sys.argv) < 3:
        sys.exit(usage)
    return introduce(Station(sys.argv[1], sys.argv[2]))
