#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The Tidegate Authors
"""Clients that curl cannot be: one exchange each, judged at once.

usage: client.py EXCHANGE HOST [ARGUMENT...]

EXCHANGE is the name of a function below; HOST an address, perhaps with %interface.
Exit code 0 if the server did as it must, else 1 with a message.
"""
import hashlib
import socket
import struct
import sys
import time

TIMEOUT = 10
LARGE = "/large"
UPLOAD_MAX = 65536  # bytes of a request body that are read and discarded


class Unexpected(Exception):
    pass


def expect(what, seen, expected):
    if seen != expected:
        raise Unexpected(f"{what}: expected {expected!r}, saw {seen!r}")


def connect(host, port=80, receive_buffer=None):
    family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    sock = socket.socket(family, kind, proto)
    sock.settimeout(TIMEOUT)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.connect(address)
    return sock


def request(path, *fields, method="GET", version="HTTP/1.1"):
    lines = [f"{method} {path} {version}", "Host: tidegate", *fields, "", ""]
    return "\r\n".join(lines).encode()


class Reader:
    """Takes whole answers from a connection."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""

    def fill(self):
        data = self.sock.recv(65536)
        self.buffer += data
        return len(data)

    def answer(self, head_only=False):
        """(status, fields with lower-case names, body) of the next answer"""
        while b"\r\n\r\n" not in self.buffer:
            if not self.fill():
                raise Unexpected(f"end of stream within a head: {self.buffer[:200]!r}")
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("ascii").split("\r\n")
        version, status, _ = first.split(" ", 2)
        expect("version", version, "HTTP/1.1")
        fields = {}
        for line in lines:
            name, value = line.split(":", 1)
            fields[name.lower()] = value.strip()
        length = 0 if head_only else int(fields["content-length"])
        while len(self.buffer) < length:
            if not self.fill():
                raise Unexpected(f"end of stream after {len(self.buffer)} of {length} bytes")
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return int(status), fields, body

    def end(self):
        """The server closes after the last answer, in order."""
        while self.fill():
            pass
        expect("bytes after the last answer", self.buffer, b"")


def exchange(host, data, status, closes):
    sock = connect(host)
    sock.sendall(data)
    reader = Reader(sock)
    seen, fields, body = reader.answer()
    expect(f"status of {data[:60]!r}", seen, status)
    if closes:
        reader.end()
    return fields, body


def keep_alive(host):
    """Three requests, one after another, on one connection."""
    sock = connect(host)
    reader = Reader(sock)
    for path, status in (("/hello", 200), ("/none", 404), ("/healthz", 200)):
        sock.sendall(request(path))
        expect(path, reader.answer()[0], status)
    sock.shutdown(socket.SHUT_WR)
    reader.end()


def pipelining(host):
    """More requests at once than the server queues answers, answered in order."""
    paths = [("/hello", 200), ("/none", 404), ("/healthz", 200)] * 10
    sock = connect(host)
    sock.sendall(b"".join(request(path) for path, _ in paths))
    reader = Reader(sock)
    for number, (path, status) in enumerate(paths):
        expect(f"answer {number}, {path}", reader.answer()[0], status)
    sock.shutdown(socket.SHUT_WR)
    reader.end()


def byte_by_byte(host):
    sock = connect(host)
    for byte in request("/hello", "Connection: close"):
        sock.sendall(bytes([byte]))
    reader = Reader(sock)
    expect("status", reader.answer()[0], 200)
    reader.end()


def connection_close(host):
    fields, _ = exchange(host, request("/hello", "Connection: close"), 200, closes=True)
    expect("Connection", fields.get("connection"), "close")


def http_1_0(host):
    exchange(host, request("/hello", version="HTTP/1.0"), 200, closes=True)


def head(host):
    sock = connect(host)
    sock.sendall(request("/hello", method="HEAD") + request("/hello", "Connection: close"))
    reader = Reader(sock)
    status, fields, _ = reader.answer(head_only=True)
    expect("status", status, 200)
    status, _, body = reader.answer()
    expect("status after HEAD", status, 200)
    expect("Content-Length of HEAD", int(fields["content-length"]), len(body))
    reader.end()


def not_implemented(host):
    exchange(host, request("/hello", method="BREW"), 501, closes=False)


def bad_request(host):
    for data in (
        b"GET\r\n\r\n",
        b"GET /hello HTTP/1.1\r\n\r\n",
        b"GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /hello HTTP/1.1\r\nHost : a\r\n\r\n",
        b"GET /hello HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
        b"GET /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET /hello HTTP/1.1\r\nHost: a\x00b\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ):
        exchange(host, data, 400, closes=True)


def half_close(host, path):
    """The client closes its side right after the request: the answer is whole."""
    sock = connect(host)
    sock.sendall(request(path))
    sock.shutdown(socket.SHUT_WR)
    reader = Reader(sock)
    expect("status", reader.answer()[0], 200)
    reader.end()


def fin_with_request(host):
    """The FIN is on the segment that carries the request."""
    sock = connect(host)
    sock.send(request("/hello"), socket.MSG_MORE)
    sock.shutdown(socket.SHUT_WR)
    reader = Reader(sock)
    expect("status", reader.answer()[0], 200)
    reader.end()


def fin_at_once(host):
    """Nothing but a handshake and a close."""
    sock = connect(host)
    sock.shutdown(socket.SHUT_WR)
    expect("bytes", sock.recv(1), b"")


def idle(host):
    """A connection without traffic is closed by the server, told to do so after 1 s."""
    sock = connect(host)
    start = time.monotonic()
    try:
        expect("bytes", sock.recv(1), b"")
    except ConnectionResetError:
        pass
    if not 0.5 < time.monotonic() - start < 4:
        raise Unexpected(f"closed after {time.monotonic() - start:.1f} s")


def abort(host):
    """Leaves by RST in the middle of a body."""
    sock = connect(host)
    sock.sendall(request(LARGE))
    sock.recv(1000)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def stall(host):
    """Starts a large body and reads no more, until it is killed."""
    sock = connect(host, receive_buffer=4096)
    sock.sendall(request(LARGE))
    sock.recv(1000)
    print("stalled", flush=True)
    time.sleep(60)


def large(host, file, receive_buffer=None):
    """A large body arrives byte for byte; with a small buffer, through zero windows."""
    sock = connect(host, receive_buffer=int(receive_buffer) if receive_buffer else None)
    sock.sendall(request(LARGE, "Connection: close"))
    if receive_buffer:
        time.sleep(1)
    reader = Reader(sock)
    status, _, body = reader.answer()
    reader.end()
    expect("status", status, 200)
    with open(file, "rb") as f:
        content = f.read()
    expect("length", len(body), len(content))
    expect("SHA-256", hashlib.sha256(body).hexdigest(), hashlib.sha256(content).hexdigest())


def fast_open(host, path):
    """the kernel asks for a cookie, or shows the one it has and sends the request in the SYN"""
    family, kind, proto, _, address = socket.getaddrinfo(host, 80, type=socket.SOCK_STREAM)[0]
    sock = socket.socket(family, kind, proto)
    data = request(path, "Connection: close")
    # Without a cookie this waits for the handshake, so it must be allowed to.
    expect("bytes sent", sock.sendto(data, socket.MSG_FASTOPEN, address), len(data))
    sock.settimeout(TIMEOUT)
    reader = Reader(sock)
    status, _, _ = reader.answer()
    expect("status", status, 200)
    expect("bytes behind the answer", sock.recv(1), b"")
    sock.close()


def uploads(host, count):
    """Requests with bodies, all of them on one connection, each answered in its turn. The
    bodies are requests, too: a byte too few or too many, and one of them is answered."""
    decoy = request("/none")
    sock = connect(host)
    sock.settimeout(60)
    reader = Reader(sock)
    for number in range(int(count)):
        length = UPLOAD_MAX - number * 4099 % UPLOAD_MAX
        method, status = (("GET", 200), ("POST", 405))[number % 2]
        body = (decoy * (length // len(decoy) + 1))[-length:]
        sock.sendall(request("/hello", f"Content-Length: {length}", method=method) + body)
        expect(f"status of upload {number}", reader.answer()[0], status)
    sock.shutdown(socket.SHUT_WR)
    reader.end()


def too_late(host):
    """A request that never ends, byte after byte, is answered in the end."""
    sock = connect(host)
    try:
        for byte in b"GET /hello HTTP/1.1\r\nX: " + b"x" * 100:
            sock.sendall(bytes([byte]))
            time.sleep(0.1)
    except OSError:
        pass
    reader = Reader(sock)
    status, fields, _ = reader.answer()
    expect("status", status, 408)
    expect("Connection", fields["connection"], "close")


def chunks(host):
    """Bodies in chunks: the next request is found behind them, and a bad one ends it all."""
    sock = connect(host)
    reader = Reader(sock)
    body = b"5;x=y\r\nhello\r\n0\r\nTrailer: x\r\n\r\n"
    for _ in range(3):
        sock.sendall(request("/hello", "Transfer-Encoding: chunked") + body)
        expect("status", reader.answer()[0], 200)
    sock.sendall(request("/hello", "Transfer-Encoding: chunked") + b"x\r\n")
    expect("status", reader.answer()[0], 400)
    reader.end()
    exchange(host, request("/hello", "Transfer-Encoding: gzip"), 501, closes=True)
    exchange(host, request("/hello", "Transfer-Encoding: chunked, gzip"), 400, closes=True)


def refused(host):
    """Nobody listens there: a reset, at once."""
    try:
        connect(host, port=81)
    except ConnectionRefusedError:
        return
    raise Unexpected("connected to a port without listener")


EXCHANGES = {
    f.__name__: f
    for f in (
        keep_alive, pipelining, byte_by_byte, connection_close, http_1_0, head,
        not_implemented, bad_request, half_close, fin_with_request, fin_at_once, idle, abort,
        stall, large, fast_open, uploads, too_late, chunks, refused,
    )
}


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in EXCHANGES:
        sys.exit(__doc__)
    try:
        EXCHANGES[sys.argv[1]](*sys.argv[2:])
    except (Unexpected, OSError, ValueError, KeyError) as e:
        print(f"{sys.argv[1]}: {type(e).__name__}: {e}")
        sys.exit(1)


if __name__ == "__main__":
    main()
