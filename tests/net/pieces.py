#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The Tidegate Authors
"""An HTTP server for testing clients: answers in pieces, chunks and until the end of the
connection, and breaks off, as the path says.

usage: pieces.py PORT BODY-FILE
"""
import socket
import struct
import sys
import threading

PIECES = 40


def pieces(data):
    step = max(1, len(data) // PIECES)
    return [data[at:at + step] for at in range(0, len(data), step)]


def send_pieces(conn, data):
    for piece in pieces(data):
        conn.sendall(piece)


def with_length(conn, body):
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    for byte in head:
        conn.sendall(bytes([byte]))
    send_pieces(conn, body)
    return True


def chunked(conn, body):
    conn.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for piece in pieces(body):
        conn.sendall(f"{len(piece):x};n=v\r\n".encode())
        conn.sendall(piece + b"\r\n")
    conn.sendall(b"0\r\nTrailer: t\r\n\r\n")
    return True


def until_close(conn, body):
    conn.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
    send_pieces(conn, body)
    return False


def early(conn, body):
    conn.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode())
    conn.sendall(body[:-1])
    return False


def reset(conn, _body):
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def garbage(conn, _body):
    conn.sendall(b"220 mail.example ESMTP\r\n")
    return True


def missing(conn, _body):
    conn.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    return True


ANSWERS = {
    b"/length": with_length,
    b"/chunked": chunked,
    b"/until-close": until_close,
    b"/early": early,
    b"/reset": reset,
    b"/garbage": garbage,
}


def serve(conn, body):
    conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    text = b""
    with conn:
        while True:
            while b"\r\n\r\n" not in text:
                data = conn.recv(65536)
                if not data:
                    return
                text += data
            head, text = text.split(b"\r\n\r\n", 1)
            path = head.split(b" ")[1]
            if not ANSWERS.get(path, missing)(conn, body) or b"Connection: close" in head:
                return


def serve_and_forgive(conn, body):
    try:
        serve(conn, body)
    except OSError:
        pass  # the client has gone, as some tests mean it to


def main():
    with open(sys.argv[2], "rb") as f:
        body = f.read()
    listener = socket.create_server(("::", int(sys.argv[1])), family=socket.AF_INET6,
                                    dualstack_ipv6=True, backlog=128)
    print("listening", flush=True)
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve_and_forgive, args=(conn, body), daemon=True).start()


main()
