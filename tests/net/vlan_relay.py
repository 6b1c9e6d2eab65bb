#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The Tidegate Authors
"""A VLAN interface for kernels without 802.1Q: a new tap whose frames go out of
another interface with a tag, and come back without.

usage: vlan_relay.py PARENT NEW-TAP VLAN
"""
import errno
import fcntl
import os
import select
import socket
import struct
import sys

TUNSETIFF = 0x400454CA
IFF_TAP_NO_PI = 0x0002 | 0x1000
ETH_P_ALL, ETH_P_8021Q = 0x0003, 0x8100
SO_RCVBUFFORCE = 33
SOL_PACKET, PACKET_AUXDATA, PACKET_OUTGOING = 263, 8, 4
AUXDATA = struct.Struct("=IIIHHHH")  # struct tpacket_auxdata
STATUS_VLAN_VALID = 1 << 4


def open_tap(name):
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP_NO_PI))
    return tap


def open_parent(name):
    parent = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    parent.bind((name, ETH_P_ALL))
    parent.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    # A burst must wait here for us, not be lost.
    parent.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
    return parent


def receive(parent, vlan):
    """One frame of the VLAN without its tag, which the kernel takes out; else None."""
    frame, ancillary, _, sender = parent.recvmsg(65536, 64)
    if sender[2] == PACKET_OUTGOING:
        return None
    for level, kind, data in ancillary:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, *_, tci, _ = AUXDATA.unpack(data[: AUXDATA.size])
            if status & STATUS_VLAN_VALID and tci & 0xFFF == vlan:
                return frame
    return None


def relay(parent, tap, vlan):
    tag = struct.pack("!HH", ETH_P_8021Q, vlan)
    while True:
        for ready in select.select([parent, tap], [], [])[0]:
            if ready is parent:
                frame = receive(parent, vlan)
                if frame:
                    os.write(tap, frame)
            else:
                frame = os.read(tap, 65536)
                parent.send(frame[:12] + tag + frame[12:])


def main():
    parent, tap = open_parent(sys.argv[1]), open_tap(sys.argv[2])
    try:
        relay(parent, tap, int(sys.argv[3]))
    except OSError as e:
        if e.errno != errno.ENETDOWN:  # the parent is gone
            raise


if __name__ == "__main__":
    main()
