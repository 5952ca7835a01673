"""A sound profile becomes a plan; a broken one is explained to the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadbench_gui.core.plan import (
    Attach,
    ClosedLoad,
    Expectation,
    GeneratorSettings,
    Launch,
    OpenLoad,
    Plan,
    Ready,
    Request,
    Slo,
    Stage,
    Stop,
)
from loadbench_gui.profile.loader import load_text
from loadbench_gui.profile.problems import Problem, ProfileError

CONTRACT = Path(__file__).parent / "contract.toml"
PATH = Path("/srv/profiles/mine.toml")

MINIMAL = """
schema = 1
[[deployment]]
name = "a"
url = "http://127.0.0.1:8000"
[[workload]]
name = "w"
load = { model = "closed", connections = 8 }
"""


def plan(text: str) -> Plan:
    return load_text(text, PATH)


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(ProfileError) as caught:
        plan(text)
    return caught.value.problems


def with_workload(lines: str) -> str:
    return MINIMAL.replace('load = { model = "closed", connections = 8 }', lines)


def launch(text: str) -> Launch:
    source = plan(text).deployments[0].source
    assert isinstance(source, Launch)
    return source


def test_the_contracts_example_becomes_the_plan_it_describes() -> None:
    read = load_text(CONTRACT.read_text("utf-8"), CONTRACT)

    launched, attached = read.deployments
    assert launched.framework == "fastapi"
    assert isinstance(launched.source, Launch)
    assert launched.source.command[:3] == ("{python}", "-m", "uvicorn")
    assert launched.source.env == (("PYTHONOPTIMIZE", "1"),)
    assert launched.source.ready == Ready("/health", 20.0)
    assert launched.source.stop == Stop("TERM", 10.0)
    assert launched.source.python is None
    assert attached.source == Attach("https://staging.example", "https://staging.example/metrics")
    (workload,) = read.workloads
    assert workload.request == Request("GET", "/json")
    assert workload.expect == Expectation(200, None, '{"message":"Hello, World!"}')
    assert workload.shape == OpenLoad(connections=64, rate_rps=2000.0)
    assert (workload.warmup_s, workload.duration_s) == (2.0, 10.0)
    assert read.slo == Slo(p99_us=50_000.0, error_rate=0.001)
    assert read.comparison.threshold("p99") == 0.10
    assert read.comparison.threshold("memory_peak") == 0.05
    assert read.generator == GeneratorSettings()
    assert read.base_dir == str(CONTRACT.parent)


def test_what_is_left_out_has_a_default() -> None:
    read = plan(MINIMAL)

    assert read.name == "mine"
    assert read.comparison.baseline == "a"
    assert read.comparison.primary == "p99"
    assert read.comparison.rounds == 10
    assert read.workloads[0].request == Request("GET", "/")
    assert read.workloads[0].expect == Expectation()
    assert read.workloads[0].shape == ClosedLoad(8)
    assert read.workloads[0].duration_s == 10.0


def test_defaults_reach_every_launched_deployment_and_yield_to_its_own_keys() -> None:
    text = (
        MINIMAL.replace(
            "[[deployment]]",
            '[defaults]\ncommand = ["./serve", "{port}"]\ncpus = [0]\nenv = { A = "1", B = "1" }\n'
            'ready = { path = "/up", timeout = "5s" }\n[[deployment]]',
        ).replace('url = "http://127.0.0.1:8000"', 'env = { B = "2" }\nready = { timeout = "1s" }')
        + '[[deployment]]\nname = "b"\nurl = "http://127.0.0.1:9000"\n'
    )

    first = launch(text)

    assert first.command == ("./serve", "{port}")
    assert first.cpus == (0,)
    assert first.env == (("A", "1"), ("B", "2"))
    assert first.ready == Ready("/up", 1.0)
    assert plan(text).deployments[1].source == Attach("http://127.0.0.1:9000")


def test_a_deployment_can_take_back_pinning_that_the_defaults_ask_for() -> None:
    text = MINIMAL.replace("[[deployment]]", "[defaults]\ncpus = [0]\n[[deployment]]").replace(
        'url = "http://127.0.0.1:8000"', 'command = ["./serve", "{port}"]\ncpus = "auto"'
    )

    assert launch(text).cpus is None


def test_stages_say_how_long_is_measured() -> None:
    read = plan(
        with_workload(
            'warmup = "5s"\nload = { model = "open", connections = 4, stages = [\n'
            '  { duration = "20s", rate = 100 },\n  { duration = 0, rate = "30/m" },\n] }'
        )
    )

    shape = read.workloads[0].shape
    assert isinstance(shape, OpenLoad)
    assert shape.stages == (Stage(20.0, 100.0), Stage(0.0, 0.5))
    assert shape.rate_rps == 0.0
    assert read.workloads[0].duration_s == 15.0


def test_json_is_sent_as_compact_text_with_its_content_type() -> None:
    read = plan(with_workload('request = { method = "post", json = { b = [1, 2.5], a = "ü" } }\n' + CLOSED))

    assert read.workloads[0].request == Request(
        "POST", "/", (("Content-Type", "application/json"),), '{"b":[1,2.5],"a":"ü"}'.encode()
    )


def test_a_content_type_of_ones_own_stays() -> None:
    read = plan(
        with_workload('request = { json = [], headers = { content-type = "application/vnd.api+json" } }\n' + CLOSED)
    )

    assert read.workloads[0].request.headers == (("content-type", "application/vnd.api+json"),)
    assert read.workloads[0].request.body == b"[]"


def test_an_expected_null_is_written_as_json_text() -> None:
    read = plan(with_workload('expect = { json_text = \'{"b": null, "a": 1}\' }\n' + CLOSED))

    assert read.workloads[0].expect.json == '{"a":1,"b":null}'


def test_a_header_may_be_sent_several_times() -> None:
    read = plan(with_workload('request = { headers = { Accept = ["text/html", "*/*"] } }\n' + CLOSED))

    assert read.workloads[0].request.headers == (("Accept", "text/html"), ("Accept", "*/*"))


def test_memory_without_more_is_the_peak() -> None:
    assert plan(MINIMAL + '[comparison]\nprimary = "memory"\n').comparison.primary == "memory_peak"


def test_a_threshold_of_ones_own_leaves_the_others_as_they_are() -> None:
    settings = plan(MINIMAL + '[comparison]\nthreshold = { p50 = "2%" }\n').comparison

    assert settings.threshold("p50") == 0.02
    assert settings.threshold("p99") == 0.10


def test_field_errors_and_cross_references_stand_in_one_list_in_the_order_of_the_file() -> None:
    found = problems(MINIMAL.replace("connections = 8", "connections = 0") + '[comparison]\nbaseline = "b"\n')

    assert [(one.line, one.key_path) for one in found] == [
        (8, 'workload "w".load.connections'),
        (10, "comparison.baseline"),
    ]
    assert found[1].path == ("comparison", "baseline")


@pytest.mark.parametrize(
    ("added", "key_path", "hint"),
    [
        ("[comparisn]\nrounds = 2\n", "comparisn", 'Did you mean "comparison"?'),
        ("[generator]\nworker = 2\n", "generator.worker", 'Did you mean "workers"?'),
        ("[slo]\nrate = 2\n", "slo.rate", "rate belongs to [[workload]] (load.rate)"),
        ("[slo]\nconnections = 2\n", "slo.connections", "connections belongs to [[workload]] (load.connections)."),
        ("[slo]\nx = 2\n", "slo.x", "Known here: p50, p90, p99, p99_9, first_event_p50, "),
    ],
)
def test_an_unknown_key_names_the_closest_known_one(added: str, key_path: str, hint: str) -> None:
    (problem,) = problems(MINIMAL + added)

    assert (problem.key_path, problem.message) == (key_path, "unknown key")
    assert problem.hint.startswith(hint)


def test_what_comes_later_is_refused_with_what_is_there_now() -> None:
    (problem,) = problems(MINIMAL + '[generator]\nengine = "dask://h:1"\n')

    assert problem.message == '"dask://h:1" is not there yet'
    assert "Dask clusters come in a" in problem.hint


def test_a_missing_schema_number_says_what_to_add_and_does_not_hide_the_rest() -> None:
    found = problems(MINIMAL.replace("schema = 1", "").replace("connections = 8", "connections = -1"))

    assert found[0].message == "the schema's number is missing"
    assert found[0].hint == "Add schema = 1 as the first line."
    assert found[1].key_path == 'workload "w".load.connections'


def test_a_newer_schema_is_refused_before_its_keys_are_judged() -> None:
    (problem,) = problems(MINIMAL.replace("schema = 1", "schema = 2") + "[novelty]\n")

    assert problem.message == "schema 2 is newer than this version of loadbench, which reads schema 1"
    assert problem.hint.startswith("Update loadbench")


def test_broken_toml_names_line_column_and_what_was_expected() -> None:
    (problem,) = problems('schema = 1\nname "x"\n')

    assert (problem.line, problem.column) == (2, 6)
    assert "expected '=' after a key" in problem.message
    assert problem.hint.splitlines()[:2] == ['name "x"', "     ^"]


def test_brackets_nested_without_end_are_a_problem_and_no_traceback() -> None:
    (problem,) = problems("a = " + "[" * 5000)

    assert "nested too deeply" in problem.message or "not TOML" in problem.message


def test_a_number_of_endless_digits_is_a_problem_and_no_traceback() -> None:
    (problem,) = problems("a = " + "1" * 5000)

    assert problem.message.startswith("a value cannot be read")


def test_the_message_counts_the_problems_and_says_that_nothing_was_sent() -> None:
    with pytest.raises(ProfileError, match=r"^mine.toml: 1 problem, so nothing was sent\n  line 9: novelty: unknown"):
        plan(MINIMAL + "[novelty]\n")


CLOSED = 'load = { model = "closed", connections = 1 }'
