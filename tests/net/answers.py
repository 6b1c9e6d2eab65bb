#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The Tidegate Authors
"""What RFC 9293 says must be answered and how, field by field, over IPv4 and IPv6.

usage: answers.py INTERFACE TIDE-MAC
"""
import time

import raw
from raw import Tcp, Unexpected, expect, mss_option

CLOSED = 81
LARGE = b"GET /large HTTP/1.1\r\nHost: tidegate\r\n\r\n"
MOD = 2**32
ISN_TICK = 4.096e-6  # seconds
SLACK = 0.005  # between the clocks of two processes


def fields_of(tcp, answer):
    return {"flags": str(answer.flags), "seq": answer.seq, "ack": answer.ack,
            "text": tcp.payload(answer)}


def expect_reset(tcp, answer, flags, seq, ack):
    expect("answer", fields_of(tcp, answer),
           {"flags": flags, "seq": seq % MOD, "ack": ack % MOD, "text": b""})
    expect("window and urgent pointer", (answer.window, answer.urgptr), (0, 0))
    expect("data offset", answer.dataofs, 5)


def expect_ack(tcp, answer):
    """An empty segment that says where both sides are."""
    expect("answer", fields_of(tcp, answer),
           {"flags": "A", "seq": tcp.ack, "ack": tcp.seq % MOD, "text": b""})


class Cases:
    """Every method that begins with a lower-case letter and no underscore is one case; its
    first line of documentation names it."""

    def __init__(self, station, is_ipv6):
        self._station, self._is_ipv6 = station, is_ipv6

    def _tcp(self, dport=80, **fields):
        return Tcp(self._station, self._is_ipv6, dport, **fields)

    def _connected(self, *args, **fields):
        tcp = self._tcp()
        tcp.connect(*args, **fields)
        return tcp

    # ---- 3.10.7.1 and 3.10.7.2: no connection

    def syn_to_closed(self):
        """SYN to a closed port: RST|ACK, sequence number 0"""
        tcp = self._tcp(CLOSED)
        expect_reset(tcp, tcp.only_answer("S"), "RA", 0, tcp.seq + 1)

    def syn_with_text_to_closed(self):
        """SYN with text to a closed port: the ACK counts the text"""
        tcp = self._tcp(CLOSED)
        expect_reset(tcp, tcp.only_answer("S", payload=b"12345"), "RA", 0, tcp.seq + 6)

    def fin_to_closed(self):
        """FIN to a closed port: RST|ACK that counts the FIN"""
        tcp = self._tcp(CLOSED)
        expect_reset(tcp, tcp.only_answer("F"), "RA", 0, tcp.seq + 1)

    def no_flags_to_closed(self):
        """no flags to a closed port: RST|ACK of the sequence number itself"""
        tcp = self._tcp(CLOSED)
        expect_reset(tcp, tcp.only_answer(""), "RA", 0, tcp.seq)

    def wrap_at_closed(self):
        """SYN to a closed port: the ACK wraps"""
        tcp = self._tcp(CLOSED)
        expect_reset(tcp, tcp.only_answer("S", seq=MOD - 1), "RA", 0, 0)

    def acks_to_closed(self):
        """ACK, FIN|ACK, SYN|ACK, PSH|ACK with text to a closed port: RST from SEG.ACK"""
        for flags, text in (("A", b""), ("FA", b""), ("SA", b""), ("PA", b"text")):
            tcp = self._tcp(CLOSED)
            answer = tcp.only_answer(flags, ack=0x12345678, payload=text)
            expect_reset(tcp, answer, "R", 0x12345678, 0)

    def acks_to_listening(self):
        """ACK, FIN|ACK, SYN|ACK, PSH|ACK with text to a listening port: RST from SEG.ACK"""
        for flags, text in (("A", b""), ("FA", b""), ("SA", b""), ("PA", b"text")):
            tcp = self._tcp()
            answer = tcp.only_answer(flags, ack=0x12345678, payload=text)
            expect_reset(tcp, answer, "R", 0x12345678, 0)

    # ---- SYN-RECEIVED

    def syn_ack(self):
        """SYN to a listening port: SYN|ACK with our MSS and nothing that was not offered"""
        tcp = self._tcp()
        answer = tcp.only_answer("S", options=mss_option(1400))
        expect("flags", str(answer.flags), "SA")
        expect("ACK", answer.ack, (tcp.seq + 1) % MOD)
        expect("options", answer.options, [("MSS", 1440 if self._is_ipv6 else 1460)])
        expect("hop limit", answer.underlayer.hlim if self._is_ipv6 else answer.underlayer.ttl, 64)
        tcp.seq += 1
        tcp.abort()

    def ecn_syn(self):
        """SYN with ECE and CWR: SYN|ACK with ECE; with one of them: without"""
        for offer, answer in ("SEC", "SAE"), ("SE", "SA"), ("SC", "SA"):
            tcp = self._tcp()
            expect(f"flags for {offer}", str(tcp.only_answer(offer).flags), answer)
            tcp.seq += 1
            tcp.abort()

    def wrong_ack_of_syn_ack(self):
        """ACK of something else than the SYN|ACK: RST from SEG.ACK, and the handshake goes on"""
        tcp = self._tcp()
        syn_ack = tcp.only_answer("S")
        tcp.seq += 1
        wrong = (syn_ack.seq + 1000) % MOD
        expect_reset(tcp, tcp.only_answer("A", ack=wrong), "R", wrong, 0)
        tcp.ack = (syn_ack.seq + 1) % MOD
        tcp.expect_alive()

    def syn_again(self):
        """the same SYN again: the same SYN|ACK again"""
        tcp = self._tcp()
        first, second = tcp.only_answer("S"), tcp.only_answer("S")
        expect("second answer", fields_of(tcp, second), fields_of(tcp, first))
        tcp.seq += 1
        tcp.abort()

    def rst_in_syn_received(self):
        """RST of a half-open connection: silence, and the connection is gone"""
        tcp = self._tcp()
        syn_ack = tcp.only_answer("S")
        tcp.seq, tcp.ack = tcp.seq + 1, (syn_ack.seq + 1) % MOD
        expect("answers to RST", tcp.exchange("R"), [])
        expect_reset(tcp, tcp.only_answer("A"), "R", tcp.ack, 0)

    # ---- Options

    def odd_options(self):
        """options of illegal length, unknown or unaligned: the connection works"""
        for options in (
            b"\x02\x00\x05\xb4",  # MSS of length 0
            b"\x02\x01\x05\xb4",  # and 1
            b"\x02\x03\x05\x01",  # and 3
            b"\x02\x28\x05\xb4",  # past the end
            b"\xfe\x00",
            b"\xfe\x01",
            b"\xfe\x29" + bytes(6),
            b"\x01\x01\x01\x02",  # a kind without its length
            b"\xfd\x04\xab\xcd" + mss_option(1000),
            b"\xfd\x02" * 20,
            b"\x01" + mss_option(1000) + b"\x03\x03\x07",
            b"\x03\x03\xff" + mss_option(1000),  # a shift beyond 14
            b"\x08\x09" + bytes(7) + b"\x05\x0a" + bytes(8),
            b"\x01" * 40,
            b"\x00" + b"\xff" * 39,
        ):
            try:
                tcp = self._tcp()
                tcp.connect(options)
                tcp.expect_alive(options=options)
            except Unexpected as e:
                raise Unexpected(f"options {options.hex()}: {e}") from e

    def _first_flight(self, options):
        tcp = self._connected(options)
        tcp.send("PA", payload=LARGE)
        sizes = {len(tcp.payload(s)) for s in tcp.hear_text(0.05)}
        tcp.seq += len(LARGE)
        tcp.abort()
        return sizes

    def no_mss(self):
        """no MSS option: segments of the default size and no more"""
        default = 1220 if self._is_ipv6 else 536
        for options in (b"", b"\x02\x03\x05\x01", b"\xfd\x04\xab\xcd"):
            expect(f"largest segment, options {options.hex()}",
                   max(self._first_flight(options)), default)

    def mss(self):
        """MSS option: segments of that size and no more, also behind unknown options"""
        for before in (b"", b"\x01", b"\xfd\x05abc\x01"):
            expect(f"largest segment, MSS behind {before.hex()}",
                   max(self._first_flight(before + mss_option(700))), 700)

    # ---- Window

    def wide_window(self):
        """a window above 32767 is no negative number"""
        tcp = self._connected(window=65000)
        tcp.send("PA", payload=LARGE, window=65000)
        tcp.seq += len(LARGE)
        widest = 0
        for _ in range(8):
            texts = tcp.hear_text(0.05)
            flight = sum(len(tcp.payload(s)) for s in texts)
            widest = max(widest, flight)
            for s in texts:
                tcp.ack = (s.seq + len(tcp.payload(s))) % MOD
                tcp.send("A", window=65000)
        tcp.abort()
        if not 32767 < widest <= 65000:
            raise Unexpected(f"the widest flight was {widest} bytes")

    # ---- ESTABLISHED: 3.10.7.4

    def urgent(self):
        """urgent data is delivered in the stream"""
        tcp = self._connected()
        tcp.send("PAU", payload=b"GET /hel", urgent=8)
        tcp.seq += 8
        tcp.expect_alive(b"lo HTTP/1.1\r\nHost: tidegate\r\n\r\n")

    def urgent_beyond(self):
        """an urgent pointer beyond the text waits for nothing"""
        tcp = self._connected()
        text = b"GET /hello HTTP/1.1\r\nHost: tidegate\r\n\r\n"
        tcp.send("PAU", payload=text, urgent=60000)
        tcp.seq += len(text)
        tcp.expect_page()

    def keep_alive(self):
        """keep-alive of one old byte, or none: ACK"""
        tcp = self._connected()
        for text in (b"\0", b""):
            expect_ack(tcp, tcp.only_answer("A", seq=tcp.seq - 1, payload=text))
        tcp.expect_alive()

    def out_of_window(self):
        """text and ACKs outside the window: ACK"""
        tcp = self._connected()
        for offset in (1 << 20, -(1 << 20), 1 << 31, -100):
            expect_ack(tcp, tcp.only_answer("PA", seq=tcp.seq + offset, payload=b"stray"))
            expect_ack(tcp, tcp.only_answer("A", seq=tcp.seq + offset))
        tcp.expect_alive()

    def ack_of_the_future(self):
        """ACK of what was never sent: ACK, and the text is not taken"""
        tcp = self._connected()
        expect_ack(tcp, tcp.only_answer("PA", ack=tcp.ack + 1000, payload=b"stray"))
        tcp.expect_alive()

    def ack_of_the_past(self):
        """ACK of what is older than any window: challenge ACK (RFC 5961 5.2)"""
        tcp = self._connected()
        expect_ack(tcp, tcp.only_answer("PA", ack=tcp.ack - (1 << 24), payload=b"stray"))
        tcp.expect_alive()

    def no_ack(self):
        """text without the ACK flag: silence"""
        tcp = self._connected()
        expect("answers", tcp.exchange("P", payload=b"stray"), [])
        expect("answers", tcp.exchange("", payload=b"stray"), [])
        tcp.expect_alive()

    def rst_in_window(self):
        """RST in the window but not at its edge: challenge ACK (RFC 5961 3.2)"""
        tcp = self._connected()
        for offset in (1, 1000, 60000):
            expect_ack(tcp, tcp.only_answer("R", seq=tcp.seq + offset))
            expect_ack(tcp, tcp.only_answer("RA", seq=tcp.seq + offset))
        tcp.expect_alive()

    def rst_outside_window(self):
        """RST outside the window: silence, and the connection lives"""
        tcp = self._connected()
        for offset in (-1, 1 << 20, 1 << 31):
            expect("answers", tcp.exchange("R", seq=tcp.seq + offset), [])
        tcp.expect_alive()

    def rst_at_edge(self):
        """RST at the edge: silence, and the connection is gone"""
        tcp = self._connected()
        expect("answers", tcp.exchange("R"), [])
        expect_reset(tcp, tcp.only_answer("A"), "R", tcp.ack, 0)

    def syn_in_established(self):
        """SYN in a connection, wherever: challenge ACK (RFC 5961 4.2)"""
        tcp = self._connected()
        for flags in ("S", "SA"):
            for offset in (-1, 0, 1000, 1 << 30):
                expect_ack(tcp, tcp.only_answer(flags, seq=tcp.seq + offset))
        tcp.expect_alive()

    def out_of_order(self):
        """text behind a gap: an ACK of what is there, then of all"""
        tcp = self._connected()
        text = b"GET /hello HTTP/1.1\r\nHost: tidegate\r\n\r\n"
        expect_ack(tcp, tcp.only_answer("PA", seq=tcp.seq + 10, payload=text[10:]))
        tcp.send("PA", payload=text[:10])
        tcp.seq += len(text)
        tcp.expect_page()

    def fin(self):
        """FIN: ACK of it and our FIN; then the last ACK ends it"""
        tcp = self._connected()
        answers = tcp.exchange("FA")
        tcp.seq += 1
        fin = answers[-1]
        expect("ACK of FIN", fin.ack, tcp.seq % MOD)
        expect("flags", str(fin.flags), "FA")
        expect("sequence number of FIN", fin.seq, tcp.ack)
        tcp.ack += 1
        expect("answers to the last ACK", tcp.exchange("A"), [])
        expect_reset(tcp, tcp.only_answer("A"), "R", tcp.ack, 0)

    def zero_window(self):
        """no window: no text, until it opens"""
        tcp = self._connected(window=0)
        text = b"GET /hello HTTP/1.1\r\nHost: tidegate\r\n\r\n"
        tcp.send("PA", payload=text, window=0)
        tcp.seq += len(text)
        for s in tcp.hear_text(0.1, 0.1):
            raise Unexpected(f"{len(tcp.payload(s))} bytes into a window of 0")
        tcp.send("A", window=65535)
        tcp.expect_page()

    # ---- Initial sequence numbers

    def _isn(self, sport=None):
        """An ISN, and two times between which it was made"""
        tcp = self._tcp(sport=sport)
        before = time.monotonic()
        answer = tcp.only_answer("S")
        after = time.monotonic()
        tcp.seq += 1
        tcp.abort()
        return answer.seq, before, after

    def isns_differ(self):
        """the ISNs of 100 SYNs differ, in every byte and in no order"""
        isns = [self._isn()[0] for _ in range(100)]
        for shift in (0, 8, 16, 24):
            if len({isn >> shift & 0xff for isn in isns}) < 50:
                raise Unexpected(f"bits {shift} to {shift + 7} are no random numbers")
        expect("different ISNs", len(set(isns)), 100)
        steps = {(b - a) % MOD < MOD // 2 for a, b in zip(isns, isns[1:])}
        expect("directions", steps, {True, False})

    def isns_grow(self):
        """the ISNs of one tuple grow, by one in about 4 microseconds (RFC 6528)"""
        port = next(Tcp.ports)
        last, earliest, latest = self._isn(port)
        for _ in range(10):
            time.sleep(0.02)
            isn, before, after = self._isn(port)
            grown = (isn - last) % MOD * ISN_TICK
            if not before - latest - SLACK < grown < after - earliest + SLACK:
                raise Unexpected(f"grew by {grown:.4f} s, in {before - latest:.4f} "
                                 f"to {after - earliest:.4f} s")
            last, earliest, latest = isn, before, after


def cases_of(station, is_ipv6):
    cases = Cases(station, is_ipv6)
    for name, method in vars(Cases).items():
        if not name.startswith("_"):
            yield f"{'IPv6' if is_ipv6 else 'IPv4'}: {method.__doc__}", getattr(cases, name)


def main():
    station = raw.station_from_arguments(__doc__)
    for is_ipv6 in (False, True):
        raw.run_cases(cases_of(station, is_ipv6))


if __name__ == "__main__":
    main()
