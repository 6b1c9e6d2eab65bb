#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The Tidegate Authors
"""The live page in a browser, while the appliance has nothing to do, work, a flood, and an end.

usage: page.py INTERFACE TIDE-MAC ADDRESS DIRECTORY TIDEGATE-PID
       page.py --screenshots TO ADDRESS DIRECTORY
"""
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import traceback
import urllib.request

from webdriver import Browser

NARROW = (390, 844)
WIDE = (1280, 900)
NOBODY = "192.0.2.77"  # on the link


class Unexpected(Exception):
    pass


def expect(what, seen, expected):
    if seen != expected:
        raise Unexpected(f"{what}: expected {expected!r}, saw {seen!r}")


def expect_that(what, truth):
    if not truth:
        raise Unexpected(what)


class Page:
    """The page, and what the appliance says beside it."""

    def __init__(self, browser, address):
        self.browser = browser
        self.address = address
        self.base = f"http://{address}"

    def open(self):
        self.browser.open(self.base + "/")

    def status(self):
        with urllib.request.urlopen(self.base + "/status", timeout=10) as answer:
            return json.load(answer)

    def wait_for_state(self, state, seconds=15):
        self.browser.wait("return document.documentElement.dataset.state === arguments[0]", state,
                          seconds=seconds)

    def text(self, selector):
        return self.browser.run("return document.querySelector(arguments[0]).textContent", selector)

    def figure(self, key):
        """The number behind a large figure."""
        return self.browser.run(
            "return +document.querySelector(`[data-key=${arguments[0]}] .num`).value", key)

    def trace(self, key):
        return self.browser.run(
            "return document.querySelector(`[data-key=${arguments[0]}] .trace`).getAttribute('d')",
            key)

    def background(self):
        return self.browser.run("return getComputedStyle(document.body).backgroundColor")

    def scheme_of(self, **preference):
        self.browser.prefer(**preference)
        return "dark" if sum(map(int, self.background()[4:-1].split(","))) < 3 * 64 else "light"

    def focus(self):
        return self.browser.run("return document.activeElement.id || document.activeElement.tagName")


def work(address, seconds, *arguments):
    return subprocess.Popen(["wrk", "-t", "1", "-c", "30", "-d", str(seconds), *arguments,
                             f"http://{address}/hello"], stdout=subprocess.DEVNULL)


def flood(address, syns, interval_us):
    return subprocess.Popen(["hping3", "-q", "-S", "-p", "80", "-i", f"u{interval_us}", "-c",
                             str(syns), "-a", NOBODY, address],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def ended(*processes):
    """Processes that do not outlive the case that started them."""
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


# ---- Cases, in the order of one visit.

def loads_and_says_that_there_is_no_traffic(page):
    page.open()
    page.wait_for_state("slack")
    expect("headline", page.text("h1"), "Slack water")
    expect_that("the page names its program",
                page.status()["version"] in page.text("#facts"))


def draws_every_part(page):
    for selector in ("#figures .figure", "#states-key li", "#halfopen .meter", "#workers .meter",
                     "#pools .meter", "#drops li", "#codes i", "#houses .pane"):
        expect_that(f"{selector} has something", page.browser.run(
            "return document.querySelectorAll(arguments[0]).length", selector) > 0)


CONTRAST = """
const light = c => {
    const [r, g, b] = c.slice(0, 3).map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
};
const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
const rgba = color => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
};
const behind = e => {
    if (e.closest('.say') && getComputedStyle(e.closest('.say')).position === 'absolute')
        return [...document.querySelectorAll('#sky stop')].map(s => rgba(getComputedStyle(s).stopColor));
    for (; e; e = e.parentElement) {
        const color = rgba(getComputedStyle(e).backgroundColor);
        if (color[3] === 255)
            return [color];
    }
    return [[255, 255, 255, 255]];
};
const poor = [];
for (const e of document.querySelectorAll('body *:not(script, style, noscript, svg *, .sr, .skip)')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility())
        continue;
    const style = getComputedStyle(e), large = parseFloat(style.fontSize) >= 24;
    for (const back of behind(e)) {
        const [a, b] = [light(rgba(style.color)), light(back)].sort((x, y) => y - x);
        const ratio = (a + .05) / (b + .05);
        if (ratio < (large ? 3 : 4.5))
            poor.push(`${e.tagName} ${e.className} "${e.textContent.slice(0, 20)}": ${ratio.toFixed(2)}`);
    }
}
return [...new Set(poor)];
"""


def expect_contrast(page):
    """WCAG 2, level AA, in both schemes."""
    for scheme in ("light", "dark"):
        expect("scheme", page.scheme_of(color_scheme=scheme, reduced_motion="reduce"), scheme)
        expect(f"text of little contrast, {scheme}", page.browser.run(CONTRAST), [])


def is_light_and_dark_as_preferred(page):
    expect_contrast(page)


def moves_nothing_where_motion_is_not_wanted(page):
    count = "return document.getAnimations().length"
    page.browser.prefer(reduced_motion="reduce")
    expect("animations", page.browser.run(count), 0)
    page.browser.prefer(reduced_motion="no-preference")
    expect_that("there are animations otherwise", page.browser.run(count) > 0)


def remembers_the_theme_that_was_chosen(page):
    expect("scheme", page.scheme_of(color_scheme="dark"), "dark")
    page.browser.run("document.getElementById('theme').click()")
    expect("scheme", page.scheme_of(color_scheme="dark"), "light")
    page.open()
    expect("theme", page.text("#theme"), "Theme: light")
    expect("scheme", page.scheme_of(color_scheme="dark"), "light")
    page.browser.run("document.getElementById('theme').click()")
    expect("scheme", page.scheme_of(color_scheme="light"), "dark")
    page.browser.run("document.getElementById('theme').click()")
    expect("scheme", page.scheme_of(color_scheme="light"), "light")


def charts_move_with_the_load(page):
    page.wait_for_state("slack")
    before = page.trace("requests")
    with ended(work(page.address, 60)):
        page.wait_for_state("open")
        page.browser.wait("return +document.querySelector('[data-key=requests] .num').value > 100")
        first = page.trace("requests")
        page.browser.wait("return document.querySelector('[data-key=requests] .trace')"
                          ".getAttribute('d') !== arguments[0]", first)
        expect_that("the line has changed", before != first)
        expect_that("it has got longer", len(page.trace("requests")) > len(before))
        # Each is rendered from one snapshot: the page shows one of those that we see.
        rates, seen, end = set(), None, time.monotonic() + 15
        while seen not in rates and time.monotonic() < end:
            rates.add(page.status()["rates"]["http_requests"])
            seen = page.figure("requests")
            time.sleep(0.1)
    expect_that(f"requests/s: {seen} is none of {rates}", seen in rates)


def tables_say_what_status_says(page):
    cell = ("return +([...document.querySelectorAll('#t-counters tr')].find(r => r.cells[0]"
            ".textContent === arguments[0])?.cells[1].textContent.replaceAll(',', '') ?? 0)")
    page.browser.run("document.getElementById('tables').open = true")
    counted = page.status()["counters"]["http_requests"]
    page.browser.wait(f"return ({cell.removeprefix('return ')}) >= arguments[1]", "http_requests",
                      counted)
    shown = page.browser.run(cell, "http_requests")
    later = page.status()["counters"]["http_requests"]
    expect_that(f"{counted} <= {shown} <= {later}", counted <= shown <= later)
    expect_that("rates of the last minutes", page.browser.run(
        "return document.querySelectorAll('#t-rates tbody tr').length") > 0)
    total = page.status()["pools"]["mbufs"]["limit"]
    expect_that("a pool's limit", f"of {total / 1000:.1f}\u2009k" in page.text("#pools"))


def fits_a_phone(page):
    too_wide = "return document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
    page.browser.resize(*NARROW)
    expect("pixels too wide, tables open", page.browser.run(too_wide), 0)
    page.browser.run("document.getElementById('tables').open = false")
    expect("pixels too wide", page.browser.run(too_wide), 0)
    page.browser.resize(320, 640)
    expect("pixels too wide at 320", page.browser.run(too_wide), 0)
    page.browser.resize(*WIDE)
    expect("pixels too wide at 1280", page.browser.run(too_wide), 0)


def is_used_by_keyboard(page):
    page.open()
    order = []
    for _ in range(5):
        page.browser.press("Tab")
        order.append(page.focus())
        expect_that(f"{order[-1]} shows that it has the focus", page.browser.run(
            "return getComputedStyle(document.activeElement).outlineStyle") != "none")
    expect("order", order, ["A", "pause", "theme", "back", "SUMMARY"])
    page.browser.press("Enter")
    expect_that("the tables open", page.browser.run("return document.getElementById('tables').open"))


def looks_back_by_keyboard(page):
    page.browser.wait("return document.querySelector('[data-key=requests] .trace')"
                      ".getAttribute('d').split('L').length > 2")
    page.browser.run("document.getElementById('back').focus()")
    page.browser.press("ArrowLeft", "ArrowLeft")
    expect("output", page.text("#when"), "2 s ago")
    page.browser.press("End")
    expect("output", page.text("#when"), "now")


def pauses_and_goes_on(page):
    page.browser.run("document.getElementById('pause').focus()")
    page.browser.press("Space")
    expect("pressed", page.browser.run(
        "return document.getElementById('pause').getAttribute('aria-pressed')"), "true")
    asked = len(page.browser.asked_for())
    shown = page.text("#facts")
    page.browser.wait("return performance.now() > arguments[0]",
                      page.browser.run("return performance.now() + 1600"))
    expect("requests while it paused", page.browser.asked_for()[asked:], [])
    expect("facts while it paused", page.text("#facts"), shown)
    expect_that("it says so", page.text("#sentence").startswith("Paused."))
    page.browser.press("Space")
    page.browser.wait("return !document.getElementById('sentence').textContent.startsWith('Paused')")


def names_what_it_shows(page):
    """Every control, chart and meter has a name for those who do not see it."""
    nodes = page.browser.devtools("Accessibility.getFullAXTree")["nodes"]
    seen = {}
    for node in nodes:
        role, name = node.get("role", {}).get("value"), node.get("name", {}).get("value")
        if not node["ignored"]:
            seen.setdefault(role, []).append(name)
    for role in ("button", "slider", "image", "meter", "link", "region", "main", "banner",
                 "contentinfo"):
        expect_that(f"there is a {role}", role in seen)
    for role in ("button", "slider", "image", "meter", "link", "region"):
        expect_that(f"every {role} has a name: {seen[role]}", all(seen[role]))


def shows_a_flood_and_the_gate_closes(page):
    """The flood is bounded; clients of our own come through meanwhile."""
    with ended(flood(page.address, 6000, 500), work(page.address, 3, "-H", "Connection: close")):
        page.wait_for_state("shut")
        expect("headline", page.text("h1"), "The gate is down")
        page.browser.wait("return document.getElementById('scene').classList.contains('shut')")
        page.browser.wait("return +document.querySelector('[data-key=syns] .num').value > 100")
        page.browser.wait("return document.querySelectorAll('#cookies b')[1].textContent !== '0'")
        expect_contrast(page)


@contextlib.contextmanager
def opened_with(page, script):
    """The page, opened in a world where a script has run before its own."""
    made = page.browser.devtools("Page.addScriptToEvaluateOnNewDocument", source=script)
    page.open()
    page.browser.wait("return document.querySelector('#facts span') !== null")
    yield
    page.browser.devtools("Page.removeScriptToEvaluateOnNewDocument", identifier=made["identifier"])


def works_without_storage(page):
    with opened_with(page, "Object.defineProperty(window, 'localStorage', "
                     "{get() { throw new Error('refused'); }})"):
        page.browser.run("document.getElementById('theme').click()")
        expect("theme", page.text("#theme"), "Theme: light")


def writes_what_it_is_told(page):
    """A status that we made up, where the appliance's own has no such figures now."""
    told = {
        "draining": True,
        "workers_under_syn_pressure": 1,
        "listeners": [{"address": "2001:db8::2", "port": 443, "syn_cookies": "always",
                       "active_workers": 2}],
        "syn_cookies": {"keys": "fleet", "usable": True, "clock_synchronised": False,
                        "clock_trusted": False},
        "latency": {"request": {"recent": {"p50_us": 87, "p99_us": 12345}}},
        "limits": {"half_open": {"limit": 64, "hits": 1234567}, "neighbors": {"limit": 1, "hits": 0}},
        "connections": {"syn_received": 0, "established": 9999, "time_wait": 10000, "total": 19999},
    }
    with opened_with(page, "const ask = fetch; window.fetch = async (...given) => { const status = "
                     "await (await ask(...given)).json(); return {ok: true, json: async () => "
                     f"Object.assign(status, {json.dumps(told)})}}; }}"):
        expect("state", page.text("h1"), "Closing")
        expect("time", page.text("[data-key=p99] .num"), "12.3ms")
        expect("connections", page.text("#states-key"),
               "SYN RECEIVED0ESTABLISHED9,999TIME WAIT10.0\u2009k")
        expect_that("/metrics is named", page.browser.run(
            "return document.querySelector('a[href=\"/metrics\"]').checkVisibility()"))
        expect("limits", page.text("#limits"), "limit of half open1.23\u2009M hits")
        expect("listeners", page.text("#listeners"),
               "2001:db8::2 port 443in usealwaysKeysclock not synchronisedfleet")


def wrote_nothing_to_the_console(page):
    expect("console", page.browser.console(), [])


def asked_nobody_else(page):
    urls = page.browser.asked_for()
    expect_that("requests were seen", page.base + "/status" in urls)
    expect("others", [url for url in urls if not url.startswith(
        (page.base + "/", "data:", "chrome:", "about:"))], [])
    expect("paths", {url for url in urls if url.startswith(page.base)},
           {page.base + "/", page.base + "/status"})


def says_that_the_appliance_is_gone(page):
    page.browser.wait("return document.querySelector('#facts span') !== null")
    os.kill(int(sys.argv[5]), signal.SIGTERM)
    page.wait_for_state("lost")
    expect("headline", page.text("h1"), "Out of sight")
    first = page.text("#sentence")
    expect_that(first, first.startswith("No answer for "))
    page.browser.wait("return document.getElementById('sentence').textContent !== arguments[0]",
                      first)
    expect_that("the last figures stay", page.text("[data-key=requests] .num") != "")


CASES = [
    loads_and_says_that_there_is_no_traffic, draws_every_part, is_light_and_dark_as_preferred,
    moves_nothing_where_motion_is_not_wanted, remembers_the_theme_that_was_chosen,
    charts_move_with_the_load, tables_say_what_status_says, fits_a_phone, is_used_by_keyboard,
    looks_back_by_keyboard, pauses_and_goes_on, names_what_it_shows,
    shows_a_flood_and_the_gate_closes, works_without_storage, writes_what_it_is_told,
    wrote_nothing_to_the_console, asked_nobody_else, says_that_the_appliance_is_gone,
]


def run_cases(page):
    failed = False
    for case in CASES:
        name, started = "the page " + case.__name__.replace("_", " "), time.monotonic()
        try:
            case(page)
            print(f"ok {name}", flush=True)
        except Exception:
            failed = True
            print(f"not ok {name}\n# " + traceback.format_exc().replace("\n", "\n# "), flush=True)
        if os.environ.get("TG_TIMES"):
            print(f"# {time.monotonic() - started:.1f} s", flush=True)
    return failed


# ---- Screenshots.

def take_screenshots(page, to):
    """Some minutes of work, then a flood: before it, in it by night, in it on a phone."""
    def take(name, scheme, size, state):
        page.browser.prefer(color_scheme=scheme)
        page.browser.resize(*size)
        page.wait_for_state(state, 60)
        time.sleep(3)  # until everything has moved to its place
        page.browser.screenshot(os.path.join(to, f"page-{name}.png"))

    page.browser.devtools("Emulation.setScrollbarsHidden", hidden=True)
    page.open()
    with ended(work(page.address, 400), work(page.address, 400, "-H", "Connection: close")):
        time.sleep(150)
        take("light", "light", WIDE, "open")
        with ended(*(flood(page.address, 2_000_000, 10) for _ in range(2))):
            time.sleep(60)
            take("dark", "dark", WIDE, "shut")
            take("narrow", "light", NARROW, "shut")


def main():
    shots = sys.argv[1] == "--screenshots"
    address, directory = sys.argv[3:5]
    with Browser(directory) as browser:
        page = Page(browser, address)
        browser.resize(*WIDE)
        if shots:
            return take_screenshots(page, sys.argv[2])
        return run_cases(page)


sys.exit(1 if main() else 0)
