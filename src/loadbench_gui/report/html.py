"""One self-contained HTML file: opens offline, follows light and dark, prints, and carries the raw result with it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from loadbench_gui import __version__
from loadbench_gui.assets import asset_dir
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Comparison, Gate, MetricVerdict
from loadbench_gui.report import tables, words
from loadbench_gui.report.charts import charts, primary_of, swatch
from loadbench_gui.report.document import PACKAGE_PREFIX, document, to_json
from loadbench_gui.report.endings import is_cut_short
from loadbench_gui.report.events import events_tables
from loadbench_gui.report.page import Command, Exchange, Page, Section, Sign, Standing, Table
from loadbench_gui.report.palette import DARK, LIGHT, Palette, Role
from loadbench_gui.report.phases import phases_table
from loadbench_gui.report.runs import runs_table
from loadbench_gui.report.sentences import clock, run_sentence
from loadbench_gui.stats.kinds import kind_of

_MOST_EXCHANGES = 12


def render(runs: Sequence[Run], comparison: Comparison | None = None) -> str:
    """Return the report of a comparison and its runs, or of runs alone (at least one), as an HTML document."""
    environment = Environment(
        loader=FileSystemLoader(asset_dir("resources") / "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("report.html.j2")
    return template.render(page=page(runs, comparison), light=css_variables(LIGHT), dark=css_variables(DARK))


def css_variables(palette: Palette) -> Markup:
    """Return a palette as CSS custom properties, one per role."""
    # Hex colours of our own.
    return Markup(" ".join(f"--{role.value}: {palette.colour(role)};" for role in Role))  # noqa: S704


def page(runs: Sequence[Run], comparison: Comparison | None = None) -> Page:
    """Return everything that stands in the report, ready to be laid out."""
    names = deployments_of(runs, comparison)
    gates = comparison.gates if comparison else ()
    return Page(
        title=comparison.profile if comparison else _run_title(runs),
        subtitle=_subtitle(runs, comparison),
        verdict=comparison.summary if comparison else run_sentence(runs),
        verdict_notes=_notes(comparison),
        warnings=_warnings(runs, comparison),
        standings=_standings(comparison, names),
        signs=_signs(gates),
        sections=_sections(runs, comparison, names),
        gates=tables.gates_table(gates),
        differences=tables.differences_table(comparison.differences, names) if comparison else None,
        errors=tables.errors_table(runs, names),
        exchanges=_exchanges(runs),
        runs=runs_table(runs, names),
        caveats=_caveats(runs),
        commands=_commands(runs, names),
        environment=tables.environment_table(_facts(runs, comparison)),
        repeat=comparison.command if comparison else "",
        version=__version__,
        clock=clock(runs),
        raw_json=embedded(to_json(document(runs, comparison), indent=None)),
    )


def embedded(json_text: str) -> Markup:
    """Return JSON that can stand inside a `<script>` element: nothing in it can end the element or start another."""
    escapes: dict[str, str | int | None] = {
        "<": "\\u003c",
        ">": "\\u003e",
        "&": "\\u0026",
        "\u2028": "\\u2028",
        "\u2029": "\\u2029",
    }
    return Markup(json_text.translate(str.maketrans(escapes)))  # noqa: S704 - every character HTML could read is escaped


def deployments_of(runs: Sequence[Run], comparison: Comparison | None) -> tuple[str, ...]:
    """Return the deployments in profile order; without a comparison, in the order of their first run."""
    known = comparison.deployments if comparison else ()
    return tuple(dict.fromkeys((*known, *(run.label.deployment for run in runs))))


def _run_title(runs: Sequence[Run]) -> str:
    first = runs[0].label
    return first.profile or f"{first.deployment}: {first.workload}"


def _subtitle(runs: Sequence[Run], comparison: Comparison | None) -> str:
    if comparison is None:
        return " · ".join((words.plural(len(runs), "run"), words.moment(runs[0].started_at), runs[0].url))
    schedule = comparison.schedule
    parts = (
        words.plural(schedule.rounds, "round"),
        words.plural(len(runs), "run"),
        words.moment(comparison.started_at),
    )
    return " · ".join((*parts, f"baseline {comparison.baseline}", f"seed {schedule.seed}"))


def _notes(comparison: Comparison | None) -> tuple[str, ...]:
    if comparison is None:
        return ("Nothing was compared.",)
    more = tables.more_rounds(comparison)
    settle = (f"About {words.plural(more, 'more round')} would settle the primary metric.",)
    return (tables.noise_note(comparison), *(settle if more else ()))


def _warnings(runs: Sequence[Run], comparison: Comparison | None) -> tuple[str, ...]:
    said = []
    if comparison and not comparison.like_for_like and "like for like" not in comparison.summary.lower():
        what = ", ".join(d.what for d in comparison.differences if d.matters)
        said.append(f"Not like for like: the deployments differ in {what or 'more than the framework'} as well.")
    if comparison and not comparison.complete:
        said.append("The comparison was stopped before its last round; what was measured until then is shown.")
    cut = [run.label.order + 1 for run in runs if is_cut_short(run.stop_reason, sealed=run.sealed)]
    if cut:
        said.append(f"Cut short: run {', '.join(map(str, cut))}. Its figures cover less than was planned.")
    return tuple(said)


def _standings(comparison: Comparison | None, names: Sequence[str]) -> tuple[Standing, ...]:
    if comparison is None:
        return ()
    several = len({m.workload for m in comparison.metrics}) > 1
    standings = []
    for m in (m for m in comparison.metrics if m.primary):
        where = f", {m.workload}" if several else ""
        figure = f"{words.METRIC_LABELS[m.metric]}{where} {words.change(m.ratio) if m.ratio else ''}".strip()
        standings.append(Standing(swatch(names.index(m.deployment)), m.deployment, tables.pill(m), figure))
    return tuple(standings)


def _signs(gates: Sequence[Gate]) -> tuple[Sign, ...]:
    """Return a short word for every gate, and whom it concerns where that is not everyone.

    With several workloads each says which it belongs to.
    """
    everyone = set().union(*(gate.deployments for gate in gates))
    several = len({gate.workload for gate in gates if gate.workload}) > 1
    signs = []
    for gate in gates:
        mark, tone, _ = tables.sign(gate)
        where = f"{gate.workload}: " if several and gate.workload else ""
        some = "" if gate.passed or set(gate.deployments) == everyone else f"{', '.join(gate.deployments)} "
        signs.append(Sign(mark, tone, f"{where}{gate.name} {some}{gate.figure}".strip()))
    return tuple(signs)


def _sections(runs: Sequence[Run], comparison: Comparison | None, names: Sequence[str]) -> tuple[Section, ...]:
    sections = []
    for number, name in enumerate(dict.fromkeys(run.label.workload for run in runs)):
        mine = [run for run in runs if run.label.workload == name]
        metrics = [m for m in comparison.metrics if m.workload == name] if comparison else []
        baseline = comparison.baseline if comparison else None
        sections.append(
            Section(
                title=name,
                subtitle=" / ".join(dict.fromkeys(words.workload(run.workload) for run in mine)),
                overview=tables.overview(mine, names, metrics, baseline),
                events=events_tables(mine, names),
                phases=phases_table(mine, names),
                figures=charts(f"w{number}", mine, names, metrics, primary_of(comparison, mine[0].workload)),
                metrics=_metrics(metrics, names, baseline, mine[0]) if metrics and baseline else None,
                sentences=tuple(m.sentence for m in metrics),
                caveats=tuple(dict.fromkeys(text for m in metrics for text in m.caveats)),
            )
        )
    return tuple(sections)


def _metrics(metrics: Sequence[MetricVerdict], names: Sequence[str], baseline: str | None, run: Run) -> Table | None:
    if not metrics or not baseline:
        return None
    return tables.metrics_table(metrics, names, baseline, kind_of(run.workload).counted)


def _exchanges(runs: Sequence[Run]) -> tuple[Exchange, ...]:
    found = []
    for run in runs:
        for sample in run.samples:
            parts = (sample.request, sample.response_head, sample.body_start)
            text = "\n".join(part.decode("utf-8", "replace").strip() for part in parts if part)
            where = f"{run.label.deployment}, run {run.label.order + 1}, at {words.seconds(sample.at_s)}"
            found.append(Exchange(f"{sample.kind.value.replace('_', ' ')} · {where}", text))
    return tuple(found[:_MOST_EXCHANGES])


def _caveats(runs: Sequence[Run]) -> tuple[str, ...]:
    """Say each reason once, with the runs it holds for."""
    where: dict[tuple[str, str], dict[int, None]] = {}
    for run in runs:
        for caveat in run.fitness.caveats:
            where.setdefault((caveat.message, caveat.hint), {})[run.label.order + 1] = None
    return tuple(
        f"{'Run' if len(n) == 1 else 'Runs'} {', '.join(map(str, n))}: {' '.join(map(_sentence, filter(None, said)))}"
        for said, n in where.items()
    )


def _sentence(text: str) -> str:
    """Close a sentence that was written without its full stop."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _commands(runs: Sequence[Run], names: Sequence[str]) -> tuple[Command, ...]:
    commands = []
    for index, name in enumerate(names):
        run = next((run for run in runs if run.label.deployment == name), None)
        if run is None:
            continue
        facts = run.launch
        observed = [f"{key} {value}" for key, value in facts.observed.items()] if facts else []
        if facts is None or not facts.command:
            commands.append(Command(swatch(index), name, run.url, " · ".join(("was running already", *observed))))
            continue
        cpus = f"CPU {', '.join(map(str, facts.cpus))}" if facts.cpus else "not pinned"
        said = [f"Python {facts.python}"] if facts.python else []
        said += [words.plural(facts.workers, "worker"), cpus, *observed, *([f"in {facts.cwd}"] if facts.cwd else [])]
        commands.append(Command(swatch(index), name, shlex.join(facts.command), " · ".join(said)))
    return tuple(commands)


def _facts(runs: Sequence[Run], comparison: Comparison | None) -> list[tuple[str, str]]:
    facts = dict(next((run.environment for run in runs if run.environment), {}))
    packages = [
        f"{k.removeprefix(PACKAGE_PREFIX)} {facts.pop(k)}" for k in sorted(facts) if k.startswith(PACKAGE_PREFIX)
    ]
    if facts.get("memory_bytes", "").isdigit():
        facts["memory_bytes"] = words.memory(int(facts["memory_bytes"]))
    listed = [(key.removesuffix("_bytes").replace("_", " "), value) for key, value in facts.items()]
    if packages:
        listed.append(("packages", ", ".join(packages)))
    engines = sorted(
        {f"{run.engine}, {run.client} client, {words.plural(run.fitness.workers, 'worker')}" for run in runs}
    )
    listed.append(("generator", "; ".join(engines)))
    listed.append(("seed", str(comparison.schedule.seed if comparison else runs[0].label.seed)))
    return [*listed, ("loadbench", __version__)]
