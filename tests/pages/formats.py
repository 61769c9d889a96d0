# SPDX-License-Identifier: MIT
"""What schemas can not say of the forms that others read.

    formats.py TEMPLATE REPORTS.json FINDINGS.sarif FINDINGS.xml PAGE.html...

All but the first are of the same reports.
"""
import base64
import hashlib
import html.parser
import json
import re
import sys
import xml.etree.ElementTree

VOID = {"meta", "input", "br", "hr", "img", "link"}
# Of SVG: closed in their own tag.
CLOSED = {"path", "use", "rect", "circle", "line"}


class Nesting(html.parser.HTMLParser):
    """Every element is closed, in order; IDs are unique."""

    def __init__(self):
        super().__init__()
        self.open = []
        self.ids = set()
        self.findings = 0

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if "id" in attrs:
            assert attrs["id"] not in self.ids, attrs["id"]
            self.ids.add(attrs["id"])
        self.findings += "finding" in (attrs.get("class") or "").split()
        assert not any(name.startswith("on") for name in attrs), attrs
        assert "style" not in attrs, attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.open.pop()
        assert tag in CLOSED, tag

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open[-5:],
                                                    self.getpos())
        self.open.pop()


def check_template(path):
    """A place for a value is between tags or inside an attribute's quotes, and
    never where a value could be run; the page's policy knows its script."""
    text = open(path, encoding="utf-8").read()
    script = re.search(r"<script>(.*?)</script>", text, re.S).group(1)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest())
    wanted = f"'sha256-{digest.decode()}'"
    assert wanted in text, f"page.html: the policy must have {wanted}"
    assert text.count("<script") == 1
    style = re.search(r"<style>(.*?)</style>", text, re.S).group(1)
    assert "{{" not in script and "{{" not in style
    assert "url(" not in style and "@import" not in style
    assert not re.search(r"(src|href)=\"(?!#)", text), "it loads something"
    for tag in re.findall(r"<[a-zA-Z][^>]*>", text):
        outside = re.sub(r'"[^"]*"', '""', tag)
        assert "{{" not in outside, tag
        for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag):
            if "{{" in value:
                assert not name.startswith("on"), tag
                assert name not in ("style", "src"), tag
                assert name != "href" or value.startswith("#"), tag


def check_page(path, distinct):
    nesting = Nesting()
    text = open(path, encoding="utf-8").read()
    nesting.feed(text)
    nesting.close()
    assert not nesting.open, nesting.open
    assert nesting.findings == distinct, (nesting.findings, distinct)
    assert "{{" not in text.replace("{{why}}", "").replace("{{fix}}", "")


def check_sarif(path):
    log = json.load(open(path, encoding="utf-8"))
    run, = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        for text in (rule["fullDescription"]["text"], rule["help"]["text"]):
            assert not set(text) & set("{}"), text
    prints = set()
    for result in run["results"]:
        if "ruleIndex" in result:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        prints.add(result["partialFingerprints"]["alloccheckOffsets/v1"])
    assert len(prints) == len(run["results"])
    return run["results"]


def check_junit(path, results):
    root = xml.etree.ElementTree.parse(path).getroot()
    assert root.tag == "testsuites"
    suite, = root
    assert suite.tag == "testsuite"
    cases = list(suite)
    assert {case.tag for case in cases} == {"testcase"}
    failed = [c for c in cases if c.find("failure") is not None]
    skipped = [c for c in cases if c.find("skipped") is not None]
    for element in (root, suite):
        counts = {name: int(element.get(name)) for name in
                  ("tests", "failures", "errors", "skipped")}
        assert counts == {"tests": len(cases), "failures": len(failed),
                          "errors": 0, "skipped": len(skipped)}, counts
    errors = [r for r in results if r["level"] == "error"]
    assert len(failed) == len(errors), (len(failed), len(errors))
    assert len(skipped) == len(results) - len(errors)
    if not results:
        assert len(cases) == 1
    assert len({(c.get("classname"), c.get("name")) for c in cases}) == \
        len(cases)
    for case in failed:
        failure = case.find("failure")
        assert failure.get("type") and failure.get("message")
        assert "alloccheck: " in failure.text


def main():
    template, reports, sarif, junit, *pages = sys.argv[1:]
    check_template(template)
    findings = []
    for line in open(reports, encoding="utf-8"):
        findings += json.loads(line)["findings"]
    results = check_sarif(sarif)
    assert len(results) <= len(findings)
    assert {r["ruleId"] for r in results} == \
        {f["code"] for f in findings}
    check_junit(junit, results)
    for page in pages:
        check_page(page, len(results))
    print(len(findings), "findings,", len(results), "distinct")


main()
