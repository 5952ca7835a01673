"""POST /items: nested JSON is validated and answered with totals."""

from __future__ import annotations

import copy
from typing import Any

import httpx
import pytest

ITEM: dict[str, Any] = {
    "name": "Trail shoe",
    "tags": ["outdoor", "sale", "größe-42"],
    "maker": {"name": "Fjell & Sønn", "country": "NO"},
    "variants": [
        {"sku": "TS-41", "quantity": 3, "price_cents": 8990},
        {"sku": "TS-42", "quantity": 0, "price_cents": 8990},
        {"sku": "TS/43", "quantity": 12, "price_cents": 9490},
    ],
}


def changed(path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    """`ITEM` with one value replaced, or taken out where `value` is `...`."""
    item = copy.deepcopy(ITEM)
    holder: Any = item
    for step in path[:-1]:
        holder = holder[step]
    if value is ...:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return item


def test_an_item_comes_back_with_its_totals(http: httpx.Client) -> None:
    answer = http.post("/items", json=ITEM)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == ITEM | {"quantity": 15, "value_cents": 3 * 8990 + 12 * 9490}


def test_tags_may_be_left_out_and_unknown_keys_are_dropped(http: httpx.Client) -> None:
    item = changed(("tags",), ...)
    item["maker"]["founded"] = 1911
    answer = http.post("/items", json=item | {"colour": "red"})
    assert answer.status_code == 200
    assert answer.json() == ITEM | {"tags": [], "quantity": 15, "value_cents": 3 * 8990 + 12 * 9490}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("name",), ...),
        (("name",), ""),
        (("name",), "n" * 101),
        (("name",), 7),
        (("name",), None),
        (("tags",), "outdoor"),
        (("tags", 1), 5),
        (("maker",), ...),
        (("maker",), []),
        (("maker", "country"), "Norway"),
        (("maker", "name"), ...),
        (("variants",), []),
        (("variants", 1), "TS-42"),
        (("variants", 0, "sku"), ...),
        (("variants", 0, "quantity"), -1),
        (("variants", 0, "quantity"), "3"),
        (("variants", 0, "quantity"), 3.0),
        (("variants", 2, "price_cents"), True),
    ],
)
def test_a_wrong_field_is_refused_by_its_place(http: httpx.Client, path: tuple[str | int, ...], value: object) -> None:
    answer = http.post("/items", json=changed(path, value))
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/json")
    detail = answer.json()["detail"]
    assert [problem["loc"] for problem in detail] == [["body", *path]]
    assert all(problem["msg"] and problem["type"] for problem in detail)


def test_all_wrong_fields_are_named_at_once(http: httpx.Client) -> None:
    item = changed(("variants", 0, "quantity"), "many")
    del item["maker"]["country"]
    places = [problem["loc"] for problem in http.post("/items", json=item).json()["detail"]]
    assert sorted(map(str, places)) == [
        "['body', 'maker', 'country']",
        "['body', 'variants', 0, 'quantity']",
    ]


@pytest.mark.parametrize("body", [b"", b"{", b"[1,2]", b'"text"', b"null"])
def test_a_body_that_is_no_json_object_is_refused(http: httpx.Client, body: bytes) -> None:
    answer = http.post("/items", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/json")
    assert [problem["loc"][0] for problem in answer.json()["detail"]] == ["body"]
