#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The Tidegate Authors
"""Plays HTTP test suites of others against a server, one line "ok NAME" or "not ok NAME" each.

usage: suites.py SUITE DIRECTORY HOST

SUITE is h1spec (http_test.ts of uNetworking/h1spec) or llhttp (test/request/*.md of
nodejs/llhttp), DIRECTORY where it was put, HOST an address. The server answers every method at /
with 204 and nothing at other paths.

Each case is sent whole and followed by a FIN, so that the server's silence ends, too.
"""
import json
import pathlib
import re
import socket
import sys

TIMEOUT = 10
REFUSALS = {400, 413, 414, 417, 431, 505}

# Vectors of llhttp that are answered otherwise, and how; docs/http.md says why.
DEVIATIONS = {
    # No protocol but HTTP/1.x is spoken here, and no other is changed to.
    "connection: Multiple tokens with folding and LWS": [204, 400],
    "connection: Upgrade GET request": [204, 400],
    "connection: Upgrade POST request": [204, 400],
    "method: SOURCE request with ICE": [400],
    "method: OPTIONS request with RTSP": [400],
    "method: ANNOUNCE request with RTSP": [400],
    "sample: No HTTP version": [400],
    # What is well formed but not known is 501.
    "invalid: HTTP protocol and ANNOUNCE method": [501],
    "invalid: Invalid method": [501],
    "transfer-encoding: Ignoring `pigeons`": [501],
    # Targets.
    "method: M-SEARCH request": [400],
    "transfer-encoding: POST with `chunked` as last transfer-encoding": [400],
    "transfer-encoding: POST with `chunked` as last transfer-encoding (multiple headers)": [400],
    "uri: Fragment in URI": [400],
    "uri: `host:port` and basic auth": [400],
    # Chunk extensions are ignored.
    "transfer-encoding: No extension after semicolon": [204],
    "transfer-encoding: Unbalanced chunk extensions quoting": [204],
}


def statuses(host, data):
    """The status codes of all final answers to data."""
    with socket.create_connection((host, 80), TIMEOUT) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        answers = b""
        while piece := sock.recv(65536):
            answers += piece
    return [int(s) for s in re.findall(rb"HTTP/1\.1 (\d{3}) [^\r]*\r\n", answers) if s != b"100"]


def report(good, name, detail):
    print(f"{'ok' if good else 'not ok'} {name}")
    if not good:
        print(f"# {detail}")


# ---- h1spec: the first status has to lie in one of several ranges; none at all for the
# beginnings of requests.


def text_of(literal):
    return json.loads(re.sub(r"\\x(..)", r"\\u00\1", literal))


def h1spec_cases(directory):
    source = (directory / "http_test.ts").read_text(encoding="utf-8")
    pattern = r'request: ("(?:[^"\\]|\\.)*"),\s*description: ("[^"]*"),\s*expectedStatus: (\[\[.*\]\])'
    for request, name, ranges in re.findall(pattern, source):
        yield text_of(name), text_of(request).encode("latin-1"), json.loads(ranges)


def h1spec(directory, host):
    for name, request, ranges in h1spec_cases(directory):
        seen = statuses(host, request)
        if ranges == [[-1, -1]]:
            good = not seen
        else:
            good = bool(seen) and any(low <= seen[0] <= high for low, high in ranges)
        report(good, name, f"answered {seen}, not in {ranges}")


# ---- llhttp: what is parsed is answered, what is an error is refused. Host is given where a
# vector does not care for it.

REQUEST_LINE = re.compile(rb"(^|\n)([A-Z-]+ [^ ]+ HTTP/1\.1\r\n)(?=((?:.|\n)*?)(?:\r\n\r\n|$))")


def with_host(data):
    def insert(match):
        host = b"" if re.search(rb"(?i)(^|\n)host\s*:", match[3]) else b"Host: a\r\n"
        return match[1] + match[2] + host

    return REQUEST_LINE.sub(insert, data)


def unescape(text):
    text = re.sub(r"\n$", "", text)
    text = re.sub(r"\\\n", "", text).replace("\n", "\r\n")
    for escape, char in ((r"\r", "\r"), (r"\n", "\n"), (r"\t", "\t"), (r"\f", "\f")):
        text = text.replace(escape, char)
    text = re.sub(r"\\x([0-9a-fA-F]+)", lambda m: chr(int(m[1], 16)), text)
    text = re.sub(r"\\([0-7]{1,3})", lambda m: chr(int(m[1], 8)), text)
    return text.encode()


def llhttp_cases(directory):
    """(name, bytes, log) of each vector for a strict parser without callbacks of its own."""
    section = re.compile(r"^#+ (.*)$|<!-- meta=(.*) -->|^```(http|log)\n((?:.|\n)*?)^```$", re.M)
    for file in sorted((directory / "test" / "request").glob("*.md")):
        name, meta, data = "", {}, ""
        for title, options, kind, block in section.findall(file.read_text(encoding="utf-8")):
            if title:
                name = f"{file.stem}: {title}"
            elif options:
                meta = json.loads(options)
            elif kind == "http":
                data = block
            elif set(meta) <= {"type", "noScan"} and meta["type"] == "request" and "${" not in data:
                yield name, unescape(data), block


def expected_answers(log):
    """True for each message that is whole, then False if there is an error."""
    answers = [True] * log.count("message complete")
    error = re.search(r"error code=(\d+)", log)
    # 5: there is text behind the last request; 22: the protocol changes behind this one.
    if error and error[1] == "22" and not answers:
        answers = [True]
    return answers + [False] if error and error[1] not in ("5", "22") else answers


def llhttp(directory, host):
    for name, data, log in llhttp_cases(directory):
        expected = expected_answers(log)
        data = with_host(data)
        seen = statuses(host, data)
        if len(seen) < len(expected):
            # An error may show at the end of the line only.
            seen = statuses(host, data + b"\r\n\r\n")
        taken = [s not in REFUSALS for s in seen]
        if name in DEVIATIONS:
            report(seen == DEVIATIONS[name], f"{name} (deviates)", f"{data!r} answered {seen}")
        else:
            report(taken == expected, name, f"{data!r} answered {seen}, expected {expected}")


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in ("h1spec", "llhttp"):
        sys.exit(__doc__)
    play = {"h1spec": h1spec, "llhttp": llhttp}[sys.argv[1]]
    play(pathlib.Path(sys.argv[2]), sys.argv[3])


if __name__ == "__main__":
    main()
