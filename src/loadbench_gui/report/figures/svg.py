"""A scene as SVG: in a page its colours follow the page's scheme, alone it carries those of a palette."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import assert_never

from loadbench_gui.report.figures.scene import Circle, Item, Line, Polyline, Rect, Scene, Text
from loadbench_gui.report.palette import Dash, Palette, Role

FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', sans-serif"


def svg(scene: Scene, identifier: str | None, palette: Palette | None = None) -> str:
    """Write `scene` as one `<svg>` element.

    identifier: prefix of the element ids, unique in the page; None for a decoration that the text beside it explains.
    palette: fixed colours, for a file that stands alone;
    None means CSS variables named after the roles (`--series-0`), which the page must define.
    """
    width, height = _n(scene.size.width), _n(scene.size.height)
    head = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {width} {height}",
        "width": width,
        "height": height,
        "font-family": FONT,
    }
    body = "".join(_item(item, palette) for item in scene.items)
    if identifier is None:
        return f"<svg {_attributes(head | {'aria-hidden': 'true'})}>{body}</svg>"
    title, description = f"{identifier}-title", f"{identifier}-desc"
    head |= {"role": "img", "aria-labelledby": f"{title} {description}"}
    named = f'<title id="{escape(title)}">{escape(scene.title)}</title>'
    named += f'<desc id="{escape(description)}">{escape(scene.description)}</desc>'
    return f"<svg {_attributes(head)}>{named}{body}</svg>"


def _item(item: Item, palette: Palette | None) -> str:
    match item:
        case Line():
            ends = {"x1": _n(item.x1), "y1": _n(item.y1), "x2": _n(item.x2), "y2": _n(item.y2)}
            return f"<line {_attributes(ends | _stroke(item.stroke, item.width, item.opacity, item.dash, palette))}/>"
        case Polyline():
            points = " ".join(f"{_n(x)},{_n(y)}" for x, y in item.points)
            stroke = _stroke(item.stroke, item.width, item.opacity, item.dash, palette)
            return f"<polyline {_attributes({'points': points, 'fill': 'none', 'stroke-linejoin': 'round'} | stroke)}/>"
        case Rect():
            box = {"x": _n(item.x), "y": _n(item.y), "width": _n(item.width), "height": _n(item.height)}
            corner = {"rx": _n(item.radius)} if item.radius else {}
            return f"<rect {_attributes(box | corner | _fill(item.fill, item.opacity, palette))}/>"
        case Circle():
            centre = {"cx": _n(item.cx), "cy": _n(item.cy), "r": _n(item.r)}
            outline = _stroke(item.stroke, 1.5, 1.0, (), palette) if item.stroke else {}
            return f"<circle {_attributes(centre | _merged(_fill(item.fill, item.opacity, palette), outline))}/>"
        case Text():
            place = {"x": _n(item.x), "y": _n(item.y), "font-size": _n(item.size)}
            if item.anchor != "start":
                place["text-anchor"] = item.anchor
            if item.bold:
                place["font-weight"] = "600"
            return f"<text {_attributes(place | _fill(item.fill, 1.0, palette))}>{escape(item.text)}</text>"
        case _:
            assert_never(item)


def _stroke(role: Role, width: float, opacity: float, dash: Dash, palette: Palette | None) -> dict[str, str]:
    attributes = _paint("stroke", role, palette)
    if width != 1:
        attributes["stroke-width"] = _n(width)
    if opacity != 1:
        attributes["stroke-opacity"] = _n(opacity)
    if dash:
        attributes["stroke-dasharray"] = " ".join(map(_n, dash))
    return attributes


def _fill(role: Role, opacity: float, palette: Palette | None) -> dict[str, str]:
    return _paint("fill", role, palette) | ({"fill-opacity": _n(opacity)} if opacity != 1 else {})


def _paint(what: str, role: Role, palette: Palette | None) -> dict[str, str]:
    return {what: palette.colour(role)} if palette else {"style": f"{what}:var(--{role.value})"}


def _merged(first: dict[str, str], second: dict[str, str]) -> dict[str, str]:
    styles = [a["style"] for a in (first, second) if "style" in a]
    return first | second | ({"style": ";".join(styles)} if styles else {})


def _attributes(attributes: Mapping[str, str]) -> str:
    return " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())


def _n(value: float) -> str:
    """Write a coordinate to a hundredth of a px, without trailing zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"
