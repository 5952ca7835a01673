"""The installed program without a window, in the hands of an ordinary user."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any, Final

from installers import places
from installers.cleanroot.record import Failed
from installers.cleanroot.root import HOME, Root

REPORT: Final = f"{HOME}/Bericht für Zoë"
_RUNS: Final = 12  # three deployments, four rounds
_CANNOT_BE_TRUSTED: Final = 3


def look_around(place: Root) -> None:
    """See that the program is there and finds what ships with it."""
    with place.record.step("loadbench --version, profile check") as doing:
        said = place.must("loadbench", "--version", user=True).strip()
        if places.version() not in said:
            raise Failed(f"it says {said}, and {places.version()} was built")
        place.must("loadbench", "profile", "check", "first-look", user=True)
        doing.result = said


def self_test(place: Root) -> None:
    """Run the program's own test of itself."""
    with place.record.step("loadbench self-test") as doing:
        ended = place.run("loadbench", "self-test", "--json", "-", user=True)
        doing.result = tested(ended.stdout, ended.returncode, ended.stderr)


def tested(document: str, code: int, words: str) -> str:
    """Return how many checks passed, from a self-test's document. Raises `Failed` when one did not."""
    try:
        read = json.loads(document)
    except json.JSONDecodeError:
        said = (words.strip() or document.strip()).splitlines()
        raise Failed(f"it ended in {code} without a document: {said[0] if said else 'not a word'}") from None
    count = Counter(check["status"] for check in read["checks"])
    if code or not read["passed"] or not count["passed"]:
        failed = [f"{check['title']}: {check['detail']}" for check in read["checks"] if check["status"] == "failed"]
        raise Failed(f"it ended in {code}: {'; '.join(failed) or 'not complete'}")
    untried = sorted(check["name"] for check in read["checks"] if check["status"] != "passed")
    if untried:
        raise Failed(f"not tried: {', '.join(untried)}")
    return f"{count['passed']} checks passed"


def compare(place: Root) -> None:
    """Compare the bundled three. Where the machine was too busy to believe it, once more."""
    for attempt in ("", ", once more"):
        with place.record.step(f"loadbench compare first-look{attempt}") as doing:
            ended = place.run("loadbench", "compare", "first-look", "--out", REPORT, user=True)
            if ended.returncode not in (0, _CANNOT_BE_TRUSTED):
                raise Failed(f"it ended in {ended.returncode}: {ended.stderr.strip() or ended.stdout.strip()}")
            result = place.path / REPORT.lstrip("/") / "result.json"
            if not result.is_file():
                raise Failed(f"it ended in {ended.returncode} and left no result.json: {ended.stderr.strip()}")
            document = json.loads(result.read_text(encoding="utf-8"))
            if not ended.returncode:
                doing.result = judged(document, ended.stdout + ended.stderr)
                return
            doing.result = f"exit code 3, as it must on a busy machine: {sentence(document)}"
            if attempt:
                raise Failed(doing.result)


def sentence(document: dict[str, Any]) -> str:
    """Return the first sentence of a result document's verdict."""
    return first_sentence(str(document["comparison"]["summary"]))


def first_sentence(words: str) -> str:
    """Return `words` up to the first full stop that ends a sentence."""
    return re.split(r"(?<=\.)\s", words.strip(), maxsplit=1)[0]


def judged(document: dict[str, Any], words: str) -> str:
    """Return the verdict of a result document, which has to be complete and said in `words` too."""
    runs = [run for run in document["runs"] if run["phase"] == "load"]
    invalid = [run["run_id"] for run in runs if run["generator"]["verdict"] == "invalid"]
    unanswered = [run["run_id"] for run in runs if run["requests"]["succeeded"] != run["requests"]["issued"]]
    if len(runs) != _RUNS or invalid or unanswered:
        raise Failed(f"{len(runs)} runs of {_RUNS}; invalid: {invalid or 'none'}; unanswered: {unanswered or 'none'}")
    first = sentence(document)
    if not first or " ".join(first.split()[:4]) not in " ".join(words.split()):
        raise Failed(f"the verdict was not said: {first}")
    return f"{len(runs)} runs; {first}"
