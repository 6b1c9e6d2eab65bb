#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The Tidegate Authors
"""Frames that must draw no answer: each is sent, heard not to be answered, and seen in its
drop counter and in no other.

usage: silence.py INTERFACE TIDE-MAC FILE-PREFIX

Prints a line for every frame and, last, how often each counter was to rise, as JSON.
"""
import json
import sys

from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption
from scapy.layers.inet6 import (
    ICMPv6EchoRequest, ICMPv6ND_NS, ICMPv6NDOptSrcLLAddr, IPv6, IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, PadN,
)
from scapy.layers.l2 import ARP, Dot1Q
from scapy.packet import Raw

import raw
from raw import IP4, IP6, MAC, TIDE4, TIDE6, Tcp, Telemetry, Unexpected, expect

BROADCAST_MAC = "ff:ff:ff:ff:ff:ff"
STRANGER4, STRANGER6 = "192.0.2.99", "2001:db8::99"
SOLICITED_NODE = "ff02::1:ff00:2"
SYN = {"sport": 40000, "dport": 80, "flags": "S", "seq": 1000}
# These rise by the resolution of our own address.
UNRELATED = ("arp_learned", "nd_learned", "total")


def cut(frame, length):
    return Raw(bytes(frame)[:length])


def tcp_cases(s):
    def segment(is_ipv6=False, **fields):
        return s.ip(is_ipv6) / TCP(**{**SYN, **fields})

    for v6 in (False, True):
        way = "IPv6" if v6 else "IPv4"
        no = 6 if v6 else 4
        yield f"{way}: wrong TCP checksum", "tcp_checksum", segment(v6, chksum=0x1234)
        yield f"{way}: RST to a closed port", "tcp_no_listener_rst", \
            segment(v6, dport=81, flags="R")
        yield f"{way}: RST|ACK to a closed port", "tcp_no_listener_rst", \
            segment(v6, dport=81, flags="RA", ack=7)
        yield f"{way}: RST to a listening port", "tcp_no_listener_rst", segment(v6, flags="R")
        yield f"{way}: SYN|RST to a listening port", "tcp_no_listener_rst", segment(v6, flags="SR")
        for flags in ("SF", "", "F", "FPU", "PU"):
            yield f"{way}: flags '{flags}' to a listening port", "tcp_flags", \
                segment(v6, flags=flags)
        yield f"{way}: data offset 4", "tcp_header", segment(v6, dataofs=4)
        yield f"{way}: data offset 0", "tcp_header", segment(v6, dataofs=0)
        yield f"{way}: data offset beyond the segment", "tcp_header", segment(v6, dataofs=6)
        yield f"{way}: TCP header cut short", "tcp_header", short_tcp(s, v6)
        yield f"{way}: wrong destination address", f"ip{no}_not_for_us", \
            s.ip(v6, dst=STRANGER6 if v6 else STRANGER4) / TCP(**SYN)
        yield f"{way}: SYN in a broadcast frame", "tcp_broadcast", \
            s.ether(dst=BROADCAST_MAC) / s.ip(v6).payload / TCP(**SYN)
        yield f"{way}: wrong destination MAC address", "l2_not_for_us", \
            s.ether(dst="02:00:00:00:00:99") / s.ip(v6).payload / TCP(**SYN)
        yield f"{way}: VLAN that is not ours", "l2_vlan", \
            s.ether() / Dot1Q(vlan=42) / s.ip(v6).payload / TCP(**SYN)
        yield f"{way}: two VLAN tags", "l2_vlan", \
            s.ether() / Dot1Q(vlan=0) / Dot1Q(vlan=0) / s.ip(v6).payload / TCP(**SYN)
        yield f"{way}: UDP", "ip_protocol", s.ip(v6) / UDP(sport=40000, dport=80) / Raw(b"x")


def short_tcp(s, is_ipv6):
    """19 bytes with a checksum that holds."""
    data = bytearray(19)
    packet = s.ip(is_ipv6, **{"nh" if is_ipv6 else "proto": 6})
    if is_ipv6:
        csum = raw.in6_chksum(6, IPv6(src=IP6, dst=TIDE6), bytes(data))
    else:
        csum = raw.checksum(raw.socket.inet_aton(IP4) + raw.socket.inet_aton(TIDE4)
                            + bytes([0, 6, 0, 19]) + bytes(data))
    data[16:18] = csum.to_bytes(2, "big")
    return packet / Raw(bytes(data))


def address_cases(s):
    for dst in ("192.0.2.255", "255.255.255.255", "224.0.0.1"):
        yield f"SYN to {dst}", "tcp_broadcast", s.ip(False, dst=dst) / TCP(**SYN)
    yield "SYN to ff02::1", "tcp_broadcast", s.ip(True, dst="ff02::1") / TCP(**SYN)
    for src in ("0.0.0.0", "127.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
                "192.0.2.255", TIDE4):
        yield f"SYN from {src}", "ip4_source", s.ip(False, src=src) / TCP(**{**SYN, "sport": 80})
    for src in ("::", "::1", "ff02::1", "::ffff:192.0.2.77", TIDE6):
        yield f"SYN from {src}", "ip6_source", s.ip(True, src=src) / TCP(**{**SYN, "sport": 80})


def ip4_cases(s):
    def with_options(data):
        return s.ip(False, options=IPOption(data)) / TCP(**SYN)

    yield "wrong IPv4 checksum", "ip4_checksum", s.ip(False, chksum=0x1234) / TCP(**SYN)
    yield "first fragment", "ip4_fragment", s.ip(False, flags="MF") / TCP(**SYN) / Raw(bytes(4))
    yield "later fragment", "ip4_fragment", s.ip(False, frag=8) / TCP(**SYN)
    hop = bytes([192, 0, 2, 77])
    yield "loose source route", "ip4_source_route", with_options(b"\x83\x07\x04" + hop + b"\0")
    yield "strict source route", "ip4_source_route", with_options(b"\x89\x07\x04" + hop + b"\0")
    yield "source route behind NOPs", "ip4_source_route", with_options(b"\1\x83\x07\x04" + hop)
    yield "IPv4 option of length 0", "ip4_header", with_options(b"\x44\0\0\0")
    yield "IPv4 option past the header", "ip4_header", with_options(b"\x44\x28\5\0")
    yield "IPv4 header length 4", "ip4_header", s.ip(False, ihl=4) / TCP(**SYN)
    yield "IPv4 header beyond the packet", "ip4_header", s.ip(False, ihl=15, len=40) / TCP(**SYN)
    yield "IPv4 version 5", "ip4_header", s.ip(False, version=5) / TCP(**SYN)
    yield "IPv4 longer than the frame", "ip4_header", s.ip(False, len=200) / TCP(**SYN)
    yield "IPv4 shorter than its header", "ip4_header", s.ip(False, len=19) / TCP(**SYN)


def ip6_cases(s):
    def behind(*headers):
        packet = s.ip(True)
        for header in headers:
            packet /= header
        return packet / TCP(**SYN)

    padding = {"options": [PadN(optdata=bytes(4))]}
    yield "too many IPv6 extension headers", "ip6_extension", \
        behind(*[IPv6ExtHdrDestOpt(**padding) for _ in range(16)])
    yield "hop-by-hop options not first", "ip6_extension", \
        behind(IPv6ExtHdrDestOpt(**padding), IPv6ExtHdrHopByHop(**padding))
    yield "routing header with a segment left", "ip6_extension", \
        behind(IPv6ExtHdrRouting(type=0, segleft=1, addresses=[STRANGER6]))
    yield "unknown option that says discard", "ip6_extension", \
        s.ip(True, nh=60) / Raw(b"\6\0\x7e\4\0\0\0\0") / TCP(**SYN)
    yield "option past its header", "ip6_extension", \
        s.ip(True, nh=60) / Raw(b"\6\0\1\x09\0\0\0\0") / TCP(**SYN)
    yield "extension header past the packet", "ip6_extension", \
        s.ip(True, nh=60) / Raw(b"\6\x20\1\4\0\0\0\0") / TCP(**SYN)
    yield "unknown next header", "ip_protocol", s.ip(True, nh=253) / Raw(bytes(20))
    yield "ICMP for IPv4 over IPv6", "ip_protocol", s.ip(True, nh=1) / ICMP(type=8)
    for name, fields in (("first", {"m": 1}), ("later", {"offset": 8})):
        yield f"{name} IPv6 fragment", "ip6_fragment", behind(IPv6ExtHdrFragment(**fields))
    yield "IPv6 version 4", "ip6_header", s.ip(True, version=4) / TCP(**SYN)
    yield "IPv6 longer than the frame", "ip6_header", s.ip(True, plen=200) / TCP(**SYN)


def icmp_cases(s):
    quote = IP(src=TIDE4, dst=IP4) / TCP(sport=80, dport=40000, seq=1)
    for name, kind in (("source quench", 4), ("redirect", 5)):
        yield f"ICMP {name}", "icmp_ignored", s.ip(False) / ICMP(type=kind) / quote
    for name, kind in (("echo reply", 0), ("timestamp request", 13), ("information request", 15),
                       ("address mask request", 17), ("unknown type", 200)):
        yield f"ICMP {name}", "icmp_ignored", s.ip(False) / ICMP(type=kind) / Raw(bytes(12))
    yield "ICMP port unreachable about no connection", "icmp_no_connection", \
        s.ip(False) / ICMP(type=3, code=3) / quote
    yield "wrong ICMP checksum", "icmp_malformed", s.ip(False) / ICMP(type=8, chksum=0x1234)
    yield "ICMP of 7 bytes", "icmp_malformed", s.ip(False, proto=1) / Raw(b"\x08\0\xf7\xff\0\0\0")
    for dst in ("192.0.2.255", "255.255.255.255", "224.0.0.1"):
        yield f"echo to {dst}", "icmp_ignored", s.ip(False, dst=dst) / ICMP(type=8)
    yield "echo in a broadcast frame", "icmp_ignored", \
        s.ether(dst=BROADCAST_MAC) / IP(src=IP4, dst=TIDE4) / ICMP(type=8)
    for src in ("192.0.2.255", TIDE4):
        yield f"echo from {src}", "ip4_source", s.ip(False, src=src) / ICMP(type=8)
    yield "echo to ff02::1", "icmp_ignored", s.ip(True, dst="ff02::1") / ICMPv6EchoRequest()
    yield "echo to another IPv6 address", "ip6_not_for_us", \
        s.ip(True, dst=STRANGER6) / ICMPv6EchoRequest()
    yield "echo from ::", "ip6_source", s.ip(True, src="::") / ICMPv6EchoRequest()
    yield "wrong ICMPv6 checksum", "icmp_malformed", s.ip(True) / ICMPv6EchoRequest(cksum=0x1234)


def neighbour_cases(s):
    def who_has(address=TIDE4, **fields):
        return s.ether(dst=BROADCAST_MAC) / ARP(
            **{"op": 1, "hwsrc": MAC, "psrc": IP4, "pdst": address, **fields})

    def solicit(ip=None, target=TIDE6, source_option=True, **fields):
        packet = s.ip(True, **{"hlim": 255, "dst": SOLICITED_NODE, **(ip or {})})
        packet /= ICMPv6ND_NS(tgt=target, **fields)
        return packet / ICMPv6NDOptSrcLLAddr(lladdr=MAC) if source_option else packet

    yield "ARP for somebody else", "arp_not_for_us", who_has(STRANGER4, psrc="192.0.2.98")
    yield "ARP reply that nobody asked for", "arp_not_for_us", who_has(psrc="192.0.2.98", op=2)
    yield "ARP with a hardware address of 8 bytes", "arp_malformed", who_has(hwlen=8)
    yield "ARP for no Ethernet", "arp_malformed", who_has(hwtype=6)
    yield "ARP with an unknown operation", "arp_malformed", who_has(op=9)
    yield "ARP from a group's MAC address", "arp_malformed", who_has(hwsrc="01:00:5e:00:00:01")
    yield "ARP cut short", "arp_malformed", cut(who_has(), 14 + 27)
    yield "solicitation with hop limit 254", "nd_invalid", solicit({"hlim": 254})
    yield "solicitation with code 1", "nd_invalid", solicit(code=1)
    yield "solicitation of a group", "nd_invalid", solicit(target="ff02::1")
    yield "solicitation from :: with a source address", "nd_invalid", solicit({"src": "::"})
    yield "solicitation from :: to no solicited-node group", "nd_invalid", \
        solicit({"src": "::", "dst": TIDE6}, source_option=False)
    yield "solicitation with an option of length 0", "nd_invalid", \
        solicit(source_option=False) / Raw(b"\1\0\2\0\0\0\0\x4d")
    yield "solicitation of somebody else", "nd_not_for_us", solicit(target=STRANGER6)


def frame_cases(s):
    syn = s.ip(False) / TCP(**SYN)
    yield "no packet behind the Ethernet header", "ip4_header", cut(syn, 14)
    yield "IPv4 header cut short", "ip4_header", cut(syn, 14 + 19)
    yield "IPv4 packet cut short", "ip4_header", cut(syn, 14 + 39)
    syn6 = s.ip(True) / TCP(**SYN)
    yield "IPv6 header cut short", "ip6_header", cut(syn6, 14 + 39)
    yield "IPv6 packet cut short", "ip6_header", cut(syn6, 14 + 59)
    yield "VLAN tag cut short", "l2_short", cut(s.ether() / Dot1Q(vlan=1), 17)
    yield "EtherType of LLDP", "l2_ethertype", s.ether(type=0x88CC) / Raw(bytes(46))


def controls(s):
    """What must be answered: else silence would mean nothing."""
    for is_ipv6 in (False, True):
        def opens(is_ipv6=is_ipv6):
            tcp = Tcp(s, is_ipv6)
            expect("answer to SYN", str(tcp.only_answer("S").flags), "SA")
            tcp.seq += 1
            tcp.abort()
        yield f"{'IPv6' if is_ipv6 else 'IPv4'}: a good SYN is heard to be answered", opens


def silence(station, telemetry, frame, reason):
    before = telemetry.get("/tidegate/drops")
    heard = station.exchange(frame)
    after = telemetry.get("/tidegate/drops")
    if heard:
        raise Unexpected("answered by " + "; ".join(f.summary() for f in heard))
    rose = {k: n - before[k] for k, n in after.items() if n != before[k] and k not in UNRELATED}
    expect("drops", rose, {reason: 1})


def main():
    station = raw.station_from_arguments(__doc__)
    telemetry = Telemetry(sys.argv[3])
    expected = {}
    raw.run_cases(controls(station))
    for make in (tcp_cases, address_cases, ip4_cases, ip6_cases, icmp_cases, neighbour_cases,
                 frame_cases):
        cases = list(make(station))
        for _, reason, _ in cases:
            expected[reason] = expected.get(reason, 0) + 1
        raw.run_cases((name, lambda f=frame, r=reason: silence(station, telemetry, f, r))
                      for name, reason, frame in cases)
    raw.run_cases(controls(station))
    print(json.dumps(expected))


if __name__ == "__main__":
    main()
