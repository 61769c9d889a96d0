# SPDX-License-Identifier: MIT
"""The HTML page in a real browser: Chromium without a window, spoken to over
a pipe in its own protocol (DevTools), so that nothing listens on a port.

    browser.py CHROMIUM PAGE HOSTILE EMPTY CHANGES [PICTURES]

PAGE is made of reports that are what they should be, HOSTILE of one whose
every name tries to be markup, EMPTY of one without findings, CHANGES says what
is new.  With PICTURES, a folder, screenshots are left there.
"""
import base64
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time


class Browser:
    """One tab of Chromium, and what it complained about."""

    def __init__(self, chromium, home):
        to_browser, self.writer = os.pipe()
        self.reader, from_browser = os.pipe()

        def pipes():  # the protocol's: 3 to read from, 4 to write to
            low, high = os.dup(to_browser), os.dup(from_browser)
            os.dup2(low, 3)
            os.dup2(high, 4)

        # No sandbox: tests run as root, and the pages are our own.
        self.process = subprocess.Popen(
            [chromium, "--headless", "--no-sandbox", "--disable-gpu",
             "--no-first-run", "--disable-extensions", "--hide-scrollbars",
             "--disable-background-networking", "--disable-dev-shm-usage",
             "--remote-debugging-pipe", f"--user-data-dir={home}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, preexec_fn=pipes, close_fds=False,
            start_new_session=True, env={**os.environ, "HOME": home})
        os.close(to_browser)
        os.close(from_browser)
        self.buffer = b""
        self.number = 0
        self.session = None
        self.complaints = []
        self.requests = []
        self.loaded = False
        target = self.call("Target.createTarget", url="about:blank")
        self.session = self.call("Target.attachToTarget", flatten=True,
                                 targetId=target["targetId"])["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "DOM"):
            self.call(f"{domain}.enable")

    def close(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def receive(self, until):
        """The next message."""
        while b"\0" not in self.buffer:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.reader], [], [], left)[0]:
                raise TimeoutError("the browser does not answer")
            more = os.read(self.reader, 1 << 20)
            if not more:
                raise RuntimeError("the browser has gone")
            self.buffer += more
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def note(self, message):
        """An event: kept if it is a complaint."""
        method, what = message.get("method"), message.get("params", {})
        if method == "Runtime.consoleAPICalled":
            self.complaints.append(("console", what["args"]))
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(("exception", what["exceptionDetails"]))
        elif method == "Log.entryAdded":
            self.complaints.append(("log", what["entry"]["text"]))
        elif method == "Network.requestWillBeSent":
            self.requests.append(what["request"]["url"])
        elif method == "Page.loadEventFired":
            self.loaded = True

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.writer, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + 30
        while True:
            answer = self.receive(until)
            if answer.get("id") == self.number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self.note(answer)

    def open(self, path):
        self.complaints, self.requests, self.loaded = [], [], False
        self.call("Page.navigate", url=f"file://{os.path.abspath(path)}")
        until = time.monotonic() + 30
        while not self.loaded:
            self.note(self.receive(until))

    def run(self, script):
        """The value of SCRIPT, by way of JSON."""
        result = self.call("Runtime.evaluate", returnByValue=True,
                           expression=script)
        assert "exceptionDetails" not in result, (script, result)
        return result["result"].get("value")

    def press(self, key):
        for kind in ("keyDown", "keyUp"):
            text = {"text": key} if len(key) == 1 and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, **text)

    def size(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width,
                  height=height, deviceScaleFactor=1, mobile=False)

    def scheme(self, name):
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": name}])

    def picture(self, path):
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        data = self.call("Page.captureScreenshot", captureBeyondViewport=True,
                         clip={"x": 0, "y": 0, "width": size["width"],
                               "height": min(size["height"], 8000),
                               "scale": 1})["data"]
        with open(path, "wb") as out:
            out.write(base64.b64decode(data))


SHOWN = """[...document.querySelectorAll(".finding")]
    .filter(f => f.offsetParent !== null).length"""
TYPE = """(text => { const f = document.getElementById("filter");
    f.value = text; f.dispatchEvent(new Event("input")); })"""

# Every text that can be seen, whose contrast to what is behind it is less than
# WCAG's AA asks for: 4.5, or 3 for large letters.
CONTRAST = """(() => {
    const parse = c => { const n = c.match(/[\\d.]+/g).map(Number);
        return n.length < 4 ? [...n, 1] : n; };
    const channel = v => (v /= 255) <= .03928 ? v / 12.92
        : ((v + .055) / 1.055) ** 2.4;
    const light = c => .2126 * channel(c[0]) + .7152 * channel(c[1])
        + .0722 * channel(c[2]);
    const behind = e => { for (; e; e = e.parentElement) {
        const c = parse(getComputedStyle(e).backgroundColor);
        if (c[3] === 1) return c; }
        return [255, 255, 255, 1]; };
    const bad = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let n; (n = walk.nextNode());) {
        const e = n.parentElement;
        if (!n.textContent.trim() || e.closest("title, script, style") ||
            !e.checkVisibility())
            continue;
        const style = getComputedStyle(e), svg = e.closest("svg");
        const a = light(parse(svg ? style.fill : style.color));
        const b = light(behind(svg ? svg.parentElement : e));
        const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
        if (ratio < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5))
            bad.push([n.textContent.trim().slice(0, 40), ratio.toFixed(2)]);
    }
    return bad;
})()"""

# What a reader of the page by ear or by keyboard must be able to do.
NAMELESS = """[...document.querySelectorAll(
        "button, input, a[href], [role=img], [role=region], [tabindex]")]
    .filter(e => !(e.getAttribute("aria-label") || e.textContent.trim()))
    .map(e => e.outerHTML.slice(0, 80))"""


def check_page(browser, page, pictures):
    browser.open(page)
    total = browser.run("document.querySelectorAll('.finding').length")
    assert total >= 4, total
    assert browser.run(SHOWN) == total
    assert browser.run("document.body.classList.contains('no-script')") is False
    assert browser.run("document.getElementById('count').textContent") == \
        f"{total} of {total} shown"

    # The filter, and back.
    browser.run(TYPE + "('no-such-word-anywhere')")
    assert browser.run(SHOWN) == 0
    assert browser.run("document.getElementById('none').hidden") is False
    browser.run(TYPE + "('T22  SECOND_free')")
    some = browser.run(SHOWN)
    assert 0 < some < total, (some, total)
    browser.run(TYPE + "('')")
    assert browser.run(SHOWN) == total

    # Severities.
    errors = browser.run("document.querySelectorAll('.finding.error').length")
    assert 0 < errors < total
    click = "document.querySelector('button[data-severity=error]').click()"
    browser.run(click)
    assert browser.run(SHOWN) == total - errors
    browser.run(click)

    # The keyboard: / to the filter, Esc clears, j and k walk, Enter opens.
    browser.press("/")
    assert browser.run("document.activeElement.id") == "filter"
    browser.run(TYPE + "('T22')")
    browser.press("Escape")
    assert browser.run("document.getElementById('filter').value") == ""
    browser.run("document.activeElement.blur()")
    browser.press("j")
    browser.press("j")
    second = browser.run("document.activeElement.parentElement.id")
    browser.press("k")
    assert browser.run("document.activeElement.parentElement.id") != second
    browser.run("document.getElementById('close-all').click()")
    assert browser.run("document.querySelectorAll('.finding[open]').length") == 0
    browser.run("document.activeElement.blur(); location.hash = '#" + second +
                "'")
    browser.run("new Promise(r => setTimeout(r, 50))")
    assert browser.run(f"document.getElementById('{second}').open")
    browser.run("document.getElementById('open-all').click()")
    assert browser.run("document.querySelectorAll('.finding[open]').length") == \
        total

    # The pictures are there, and each mark of a finding leads to its card.
    assert browser.run("document.querySelectorAll('.wire').length") > 0
    assert browser.run("document.querySelectorAll('use.e-finding').length") > 0
    assert browser.run("""[...document.querySelectorAll("svg a")].every(
        a => document.getElementById(a.getAttribute("href").slice(1)))""")
    assert browser.run(NAMELESS) == []

    # Readable in both schemes and at both widths; nothing wider than the
    # window.
    for scheme in ("light", "dark"):
        browser.scheme(scheme)
        assert browser.run(CONTRAST) == [], (scheme, browser.run(CONTRAST))
        for width in (1280, 390):
            browser.size(width, 900)
            wide = browser.run("document.documentElement.scrollWidth")
            assert wide <= width, (scheme, width, wide)
            if pictures:
                browser.picture(f"{pictures}/{scheme}-{width}.png")
    before = browser.run("getComputedStyle(document.body).backgroundColor")
    browser.run("document.getElementById('theme').click()")
    assert before != browser.run(
        "getComputedStyle(document.body).backgroundColor")


def check_changes(browser, page, pictures):
    browser.open(page)
    assert browser.run("document.querySelector('h1').textContent") == \
        "What has changed"
    total = browser.run("document.querySelectorAll('.change.new').length")
    assert total >= 2, total
    browser.run(TYPE + "('new')")
    assert browser.run(SHOWN) == total
    browser.run(TYPE + "('')")
    browser.size(1280, 900)
    for scheme in ("light", "dark"):
        browser.scheme(scheme)
        assert browser.run(CONTRAST) == [], (scheme, browser.run(CONTRAST))
    if pictures:
        browser.picture(f"{pictures}/changes.png")


def check_hostile(browser, page):
    browser.open(page)
    assert browser.run("window.pwned") is None
    assert browser.run("document.scripts.length") == 1
    # No element and no attribute that the template does not have.
    assert browser.run("""[...document.querySelectorAll("*")].filter(e =>
        ["IMG", "IFRAME", "OBJECT", "B-ROGUE"].includes(e.tagName) ||
        [...e.attributes].some(a => a.name.startsWith("on") ||
            a.name === "rogue")).length""") == 0
    text = browser.run("document.body.textContent")
    for name in ("<script>window.pwned=1</script>", "{{why}}", "</script>",
                 "<b-rogue rogue='1'>", '" rogue="', "-->", "&lt;not"):
        assert name in text, name
    # Of what turns the direction of writing around only a description.
    assert "\u202e" not in text and "\\u202e" in text


def main():
    chromium, page, hostile, empty, changes = sys.argv[1:6]
    pictures = sys.argv[6] if len(sys.argv) > 6 else None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        browser = Browser(chromium, home)
        try:
            for path, check in ((page, lambda: check_page(browser, page,
                                                          pictures)),
                                (hostile,
                                 lambda: check_hostile(browser, hostile)),
                                (changes,
                                 lambda: check_changes(browser, changes,
                                                       pictures)),
                                (empty, lambda: browser.open(empty))):
                check()
                assert browser.complaints == [], (path, browser.complaints)
                assert all(url.startswith("file://") for url in
                           browser.requests), browser.requests
                assert len(browser.requests) == 1, browser.requests
        finally:
            browser.close()


main()
