"""Charts without a window: each series' colour is in the SVG when there is data, and not without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from xml.etree import ElementTree

from loadbench_gui.deploy.threads import in_thread
from loadbench_gui.report.figures.overtime import TimeSpan, latency_over_time, memory_over_time, throughput_over_time
from loadbench_gui.report.figures.scene import Scene, Size
from loadbench_gui.report.figures.spectrum import spectrum
from loadbench_gui.report.figures.svg import svg
from loadbench_gui.report.palette import DARK, LIGHT, Palette
from loadbench_gui.report.series import Arm, arms, latencies, memory, span, spectra, throughput
from loadbench_gui.services.selftest.outcome import require
from loadbench_gui.services.selftest.scratch import Scratch
from loadbench_gui.services.selftest.specimen import specimen

SIZE: Final = Size(508.0, 250.0)
Draw = Callable[[tuple[Arm, ...], TimeSpan], Scene]
CHARTS: Final[dict[str, Draw]] = {
    "latency": lambda of, time: latency_over_time(latencies(of, time).curves, time, SIZE),
    "throughput": lambda of, time: throughput_over_time(throughput(of, time), (), time, SIZE),
    "memory": lambda of, time: memory_over_time(memory(of, time), time, SIZE),
    "percentiles": lambda of, _: spectrum(spectra(of), SIZE),
}
"""Charts of a report by name, drawn for some deployments' runs."""


async def to_svg(_: Scratch) -> str:
    """Draw every chart in both palettes, with all deployments, with each one missing, and with none."""
    return await in_thread(_to_svg)


def _to_svg() -> str:
    everyone, time = drawn_arms()
    for name, draw in CHARTS.items():
        for palette in (LIGHT, DARK):
            for shown in (everyone, *((*everyone[:i], *everyone[i + 1 :]) for i in range(len(everyone))), ()):
                _judge(name, palette, svg(draw(shown, time), name, palette), shown)
    return f"{', '.join(CHARTS)}: {len(everyone)} colours with data, none without, light and dark"


def drawn_arms() -> tuple[tuple[Arm, ...], TimeSpan]:
    """Return three deployments with their runs, and the time axis of their charts."""
    comparison, runs = specimen()
    return arms(runs, comparison.deployments), span(runs)


def _judge(name: str, palette: Palette, text: str, shown: tuple[Arm, ...]) -> None:
    found, wanted = colours_of(text), {palette.series[arm.index] for arm in shown}
    missing, extra = wanted - found, (found & set(palette.series)) - wanted
    require(
        not missing, f"the {name} chart ({palette.name}) lacks the colour of a series: {', '.join(sorted(missing))}"
    )
    require(not extra, f"the {name} chart ({palette.name}) has colours without data: {', '.join(sorted(extra))}")


def colours_of(text: str) -> set[str]:
    """Return the colours that shapes of an SVG are painted in; text is no shape. Raises `ParseError`."""
    shapes = (item for item in ElementTree.fromstring(text).iter() if not item.tag.endswith("text"))  # noqa: S314 - ours
    return {value for shape in shapes for key in ("stroke", "fill") if (value := shape.get(key)) is not None}
