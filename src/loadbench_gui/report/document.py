"""The result document (`loadbench.result/1`): what other programs read. Names may be added, never renamed.

What did not run is null, never invented: a run over HTTP has no `stream`, connections that are only held no
throughput, a server that was not started here no `target`. `Run.environment` is flat; a key `package:NAME` holds the
version of a package.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Final

from loadbench_gui import __version__
from loadbench_gui.core.caveats import Caveat
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.quantiles import adjusted, summarise
from loadbench_gui.core.run import Fitness, Interval, Run, TargetSample, TargetSummary
from loadbench_gui.core.snapshot import SampleExchange, Tally, Traffic
from loadbench_gui.core.verdict import Comparison, Difference, Gate, MetricVerdict, ScheduleEntry
from loadbench_gui.report.figure import finite, q
from loadbench_gui.report.protocols import protocols, throughput_rps
from loadbench_gui.report.sent import Json, sent
from loadbench_gui.stats.kinds import kind_of

SCHEMA: Final = "loadbench.result/1"
PACKAGE_PREFIX: Final = "package:"


def document(runs: Sequence[Run], comparison: Comparison | None = None) -> Json:
    """Return the result document of these runs and, where there is one, their comparison."""
    return {
        "schema": SCHEMA,
        "tool": {"version": __version__},
        "environment": _environment(next((run.environment for run in runs if run.environment), {})),
        "runs": [_run(run) for run in runs],
        "comparison": _comparison(comparison) if comparison else None,
    }


def to_json(result: Json, *, indent: int | None = 2) -> str:
    """Write a result document as JSON text. NaN and infinity never get in: they are refused as a bug of ours."""
    text = json.dumps(result, indent=indent, ensure_ascii=False, allow_nan=False)
    # An argument of a command may hold bytes that are no text: they must not stop the file from being written.
    return text.encode("utf-8", "replace").decode("utf-8")


def _environment(facts: Mapping[str, str]) -> Json:
    packages = {k.removeprefix(PACKAGE_PREFIX): v for k, v in sorted(facts.items()) if k.startswith(PACKAGE_PREFIX)}
    known = ("os", "kernel", "python", "cpu_model")
    rest = {k: v for k, v in facts.items() if not k.startswith(PACKAGE_PREFIX) and k not in _COUNTS and k not in known}
    return {
        **{key: facts.get(key) for key in known},
        **{key: int(facts[key]) if facts.get(key, "").isdigit() else None for key in _COUNTS},
        "packages": packages,
        **rest,
    }


_COUNTS: Final = ("cpus", "memory_bytes")


def _run(run: Run) -> Json:
    label, tally = run.label, run.measured
    return {
        "run_id": label.run_id,
        "visit": label.visit,
        "round": label.round,
        "order": label.order,
        "phase": label.phase,
        "deployment": label.deployment,
        "framework": label.framework or None,
        "protocol": run.workload.kind,
        "workload": label.workload,
        "profile": label.profile,
        "seed": label.seed,
        "url": run.url,
        "engine": run.engine,
        "client": run.client,
        "started_at": run.started_at,
        "duration_s": run.duration_s,
        "warmup_s": run.workload.warmup_s,
        "sealed": run.sealed,
        "stop_reason": run.stop_reason or None,
        **sent(run),
        "requests": _requests(tally),
        "unsent": tally.unsent,
        "throughput_rps": throughput_rps(run),
        "bytes": {"sent": run.traffic.bytes_sent, "received": run.traffic.bytes_received},
        **_latencies(run),
        "samples": [_sample(sample) for sample in run.samples],
        "errors": {kind.value: n for kind, n in sorted(tally.errors.items())},
        "status_codes": {str(code): n for code, n in sorted(tally.status_codes.items())},
        "connections": _connections(run.traffic, run.peak_connections),
        "requests_per_process": dict(run.requests_per_process) if run.requests_per_process is not None else None,
        **protocols(run),
        "target": _target(run.target) if run.target else None,
        "launch": _launch(run),
        "generator": _generator(run.fitness),
        "intervals": [_interval(interval, run) for interval in run.intervals],
    }


def _requests(tally: Tally) -> Json:
    # The others add up to those issued: `unsent`, a part of the censored ones, stands beside them.
    names = ("issued", "succeeded", "failed", "timed_out", "censored", "dropped")
    return {name: getattr(tally, name) for name in names}


def _latencies(run: Run) -> Json:
    tally, traffic = run.measured, run.traffic
    return {
        "latency_us": {"service": q(summarise(tally.service)), "scheduled": q(summarise(tally.scheduled))},
        "latency_adjusted_us": {"scheduled": q(adjusted(tally))},
        "dispatch_lag_us": q(summarise(tally.dispatch_lag)),
        "phases_us": {
            "connection_wait": q(summarise(tally.connection_wait)),
            "dns": q(summarise(Histogram.of([round(run.lookup_s * 1e6)]))) if run.lookup_s is not None else None,
            "connect": _phase(traffic.connect),
            "tls": _phase(traffic.tls),
            "first_byte": q(summarise(tally.first_byte)),
            "download": q(summarise(tally.download)),
        },
    }


def _phase(times: Histogram) -> Json | None:
    """Return Q, or null for a phase that no connection went through."""
    return q(summarise(times)) if times.total else None


def _sample(sample: SampleExchange) -> Json:
    text = {
        name: getattr(sample, name).decode("utf-8", "replace") for name in ("request", "response_head", "body_start")
    }
    return {"kind": sample.kind.value, "at_s": sample.at_s, **text}


def _connections(traffic: Traffic, peak: int) -> Json:
    return {
        "opened": traffic.opened,
        "reused": traffic.reused,
        "stale": traffic.stale,
        "closed_by_server": traffic.closed_by_server,
        "peak": peak,
    }


def _target(target: TargetSummary) -> Json:
    return {
        "memory_bytes": {
            "kind": target.kind,
            "idle": target.idle_bytes,
            "peak": target.peak_bytes,
            "mean": finite(target.mean_bytes),
            "after": target.after_bytes,
        },
        "memory_slope_bytes_per_s": finite(target.slope_bytes_per_s),
        "cpu_s_per_1k": finite(target.cpu_s_per_1k),
        "processes": target.processes,
        "startup_s": finite(target.startup_s),
    }


def _launch(run: Run) -> Json | None:
    if run.launch is None:
        return None
    facts = run.launch
    # A server that was running already shows something of itself, but not how it was started.
    ours = bool(facts.command)
    return {
        "command": list(facts.command) if ours else None,
        "cwd": facts.cwd if ours else None,
        "python": facts.python if ours else None,
        "workers": facts.workers if ours else None,
        "cpus": list(facts.cpus) if ours else None,
        "observed": dict(facts.observed),
    }


def _generator(fitness: Fitness) -> Json:
    return {
        "verdict": fitness.verdict,
        "caveats": [_caveat(caveat) for caveat in fitness.caveats],
        "cpu_fraction": finite(fitness.cpu_fraction),
        "loop_lag_us": q(summarise(fitness.loop_lag)),
        "workers": fitness.workers,
        "cpu_us_per_request": finite(fitness.cpu_us_per_request),
        "ceiling_rps": finite(fitness.ceiling_rps),
        "steal_fraction": finite(fitness.steal_fraction),
        "run_delay_fraction": finite(fitness.run_delay_fraction),
        "cpu_us_per_event": finite(fitness.cpu_us_per_event),
        "bytes_per_connection": finite(fitness.bytes_per_connection),
    }


def _caveat(caveat: Caveat) -> Json:
    return dataclasses.asdict(caveat)


def _interval(interval: Interval, run: Run) -> Json:
    """One piece of the run, warm-up included: a second, or longer in a run of more than five minutes (`length_s`).

    p99 is null where the piece holds under 1,000 successes.
    """
    tally, has_rate = interval.everything, interval.length_s > 0 and not kind_of(run.workload).throughput
    figures = summarise(tally.scheduled)
    memory_bytes, cpu_fraction = _watched(interval, run.target_samples)
    return {
        "t_s": interval.t_s,
        "length_s": interval.length_s,
        "requests": tally.ended,
        "throughput_rps": tally.succeeded / interval.length_s if has_rate else None,
        "p50_us": figures.p50,
        "p99_us": figures.p99,
        "errors": tally.failed + tally.timed_out + tally.dropped,
        "events": tally.stream.events if tally.stream else None,
        "messages_received": tally.websocket.received if tally.websocket else None,
        "connections": interval.traffic.open_connections,
        "memory_bytes": memory_bytes,
        "cpu_fraction": cpu_fraction,
        "lost_shards": list(interval.lost_shards),
    }


def _watched(interval: Interval, samples: Sequence[TargetSample]) -> tuple[int | None, float | None]:
    """Return the server's memory at the last look inside the interval, and the cores it used since the look before."""
    end_s = interval.t_s + interval.length_s
    last = next((i for i in reversed(range(len(samples))) if interval.t_s <= samples[i].t_s < end_s), None)
    if last is None:
        return None, None
    now, before = samples[last], samples[last - 1] if last else None
    if before is None or now.t_s <= before.t_s:
        return now.memory_bytes, None
    return now.memory_bytes, max(0.0, (now.cpu_s - before.cpu_s) / (now.t_s - before.t_s))


def _comparison(comparison: Comparison) -> Json:
    schedule = comparison.schedule
    return {
        "comparison_id": comparison.comparison_id,
        "profile": comparison.profile,
        "started_at": comparison.started_at,
        "baseline": comparison.baseline,
        "deployments": list(comparison.deployments),
        "primary": comparison.primary.value,
        "protocol": {
            "rounds": schedule.rounds,
            "seed": schedule.seed,
            "estimate_s": schedule.estimate_s,
            "schedule": [_entry(entry) for entry in schedule.entries],
        },
        "gates": [_gate(gate) for gate in comparison.gates],
        "noise_floor": finite(comparison.noise_floor),
        "like_for_like": comparison.like_for_like,
        "differences": [_difference(difference) for difference in comparison.differences],
        "metrics": [_metric(metric) for metric in comparison.metrics],
        "summary": comparison.summary,
        "run_ids": list(comparison.run_ids),
        "complete": comparison.complete,
        "command": comparison.command,
    }


def _entry(entry: ScheduleEntry) -> Json:
    return dataclasses.asdict(entry)


def _gate(gate: Gate) -> Json:
    lists = {"deployments": list(gate.deployments), "metrics": [metric.value for metric in gate.metrics]}
    return dataclasses.asdict(gate) | lists


def _difference(difference: Difference) -> Json:
    return {"what": difference.what, "values": dict(difference.values), "matters": difference.matters}


def _metric(metric: MetricVerdict) -> Json:
    numbers = ("ratio", "p_value", "p_holm", "sign_flip_p", "baseline_value", "value", "delta")
    return {
        "workload": metric.workload,
        "metric": metric.metric.value,
        "deployment": metric.deployment,
        **{name: finite(getattr(metric, name)) for name in numbers},
        "ci95": [finite(bound) for bound in metric.ci95] if metric.ci95 else None,
        "rounds": metric.rounds,
        "primary": metric.primary,
        "more_rounds": metric.more_rounds,
        "verdict": metric.verdict.value,
        "sentence": metric.sentence,
        "caveats": list(metric.caveats),
    }
