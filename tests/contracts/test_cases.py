"""Every signal on the shelf ships cases that must raise it and cases that must not, and all of them turn out as they say."""

import asyncio
import importlib
from zoneinfo import ZoneInfo

import pytest

from console import shelf
from console.cases import try_all
from console.config import parse
from core.errors import Refused
from detectors.cases import SHIPPED, Case, read_cases, shipped, tried

KINDS = shelf.kinds(shelf.SIGNALS)
CASES = [case for kind in KINDS for case in shipped(kind)]
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.mark.parametrize("kind", KINDS)
def test_a_signal_ships_a_case_that_raises_it_and_one_that_does_not(kind):
    cases = shipped(kind)
    assert {case.fires for case in cases} == {True, False}, f"detectors/signals/cases/{kind}.yaml"
    assert {case.kind for case in cases} == {kind}
    assert len({case.name for case in cases}) == len(cases)


def test_no_case_is_left_of_a_signal_that_is_gone():
    assert {path.stem for path in SHIPPED.glob("*.yaml")} <= set(KINDS)


@pytest.mark.parametrize("case", [case for case in CASES if not case.mentions], ids=lambda case: f"{case.kind}: {case.name}")
def test_a_case_of_counts_turns_out_as_it_says(case):
    module = shelf.load(shelf.SIGNALS, case.kind)
    found = tried(case, module.Detector(module.Options(**case.options)), zone=HANOI)
    assert found.holds, f"alarms: {[alarm.isoformat() for alarm in found.alarms]}"


@pytest.mark.slow  # the language models are loaded, and the whole monitor plays them
def test_the_cases_of_mentions_turn_out_as_they_say():
    heard = [case for case in CASES if case.mentions]
    signals = [{"kind": kind} for kind in KINDS]
    config = parse({"topics": [{"id": "acme", "name": "Acme", "query": "acme"}], "detectors": {"signals": signals}})
    found = asyncio.run(try_all(config, heard, SHIPPED))
    assert [(one.kind, one.case, one.alarms) for one in found if not one.holds] == []
    assert len(found) == len(heard)


@pytest.mark.parametrize(
    ("written", "mend"),
    [
        ("- {name: a, fires: true}", "needs one of series, mentions and sources"),
        ("- {name: a, fires: true, series: {every: 1h}}", "needs counts, or a file"),
        ("- {name: a, fires: true, series: {every: 90s, counts: [1]}}", "whole number of minutes"),
        ("- {name: a, fires: false, at: 2026-11-16T05:00:00Z, series: {counts: [1]}}", "names a row that alarms"),
        ("- {name: a, fires: true, mention: []}", "Extra inputs"),
        ("- {name: a, fires: true, series: {counts: [-1]}}", "greater than or equal"),
        ("- [", "while parsing"),
        ("- {name: a, fires: true, series: {counts: [1]}}", "needs the kind"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_in_one_line(tmp_path, written, mend):
    path = tmp_path / "own.yaml"
    path.write_text(written)
    with pytest.raises(Refused, match=mend) as refused:
        read_cases(path)
    assert str(refused.value).startswith(str(path))
    assert "\n" not in str(refused.value)


def test_a_series_of_a_file_beside_the_cases_is_read_with_its_holes(tmp_path):
    rows = [f"2026-11-{day:02}T{hour:02}:00:00Z,{2 if hour > 1 else ''}" for day in range(2, 16) for hour in range(24)]
    (tmp_path / "kettle.csv").write_text("\n".join(["timestamp,value", *rows, "2026-11-16T00:00:00Z,90"]))
    case = Case(kind="volume_spike", name="kettle", fires=True, at="2026-11-16T00:00:00Z", series={"file": "kettle.csv"})
    module = importlib.import_module("detectors.signals.volume_spike")
    assert tried(case, module.Detector(module.Options()), folder=tmp_path).holds
    for written in ("timestamp,value\nsoon,1\n", "timestamp,value\n", "time,count\n2026-11-16T00:00:00Z,3\n"):
        (tmp_path / "kettle.csv").write_text(written)
        with pytest.raises(Refused, match=r"kettle\.csv"):
            tried(case, module.Detector(module.Options()), folder=tmp_path)


def test_a_detector_is_not_fed_with_what_it_does_not_take():
    module = importlib.import_module("detectors.signals.single_risk")
    with pytest.raises(Refused, match="does not take"):
        tried(Case(kind="single_risk", name="a", fires=True, series={"counts": [1]}), module.Detector(module.Options()))
