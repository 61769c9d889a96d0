# SPDX-License-Identifier: MIT
"""Fails the very test in which alloccheck found something:

    alloccheck -o found python3 -m pytest

The report of a process is written at the moment of each finding, so it is
looked at after each test; where it has not grown, nothing was found."""
import json
import os
import subprocess

import pytest

FOLDER = os.environ.get("ALLOCCHECK_FOUND", "found")


def _reports():
    """The report files of this process, and their sizes."""
    if not os.path.isdir(FOLDER):
        return {}
    mine = f".{os.getpid()}.alck"
    return {e.path: e.stat().st_size for e in os.scandir(FOLDER)
            if mine in e.name}


def _headlines(reports):
    found = set()
    for path in reports:
        text = subprocess.run(
            [os.environ.get("ALLOCCHECK", "alloccheck"), "report",
             "--format=json", path], stdout=subprocess.PIPE, check=False,
            universal_newlines=True).stdout
        for line in text.splitlines():
            for finding in json.loads(line)["findings"]:
                if finding["severity"] == "error":
                    found.add((path, finding["id"], finding["code"],
                               finding["headline"]))
    return found


_seen = {}
_known = set()


@pytest.fixture(autouse=True)
def no_misdirected_block():
    yield
    reports = _reports()
    if reports == _seen:
        return
    _seen.clear()
    _seen.update(reports)
    new = _headlines(reports) - _known
    _known.update(new)
    if new:
        pytest.fail("alloccheck: " + "; ".join(
            f"{code} {headline}" for _, _, code, headline in sorted(new)),
            pytrace=False)
