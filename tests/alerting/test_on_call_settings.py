"""P4: every setting with a time stands in the table of docs/alerting.md that says whose clock it uses."""

import re
import typing
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel

from alerting.hours import Hours
from alerting.on_call_settings import Handover
from alerting.settings import AlertingSettings

PAGE = (Path(__file__).parents[2] / "docs" / "alerting.md").read_text(encoding="utf-8")
TABLE = PAGE[PAGE.index("| whose clock |") : PAGE.index("A critical incident never waits longer")]
TIMES = (timedelta, time, date, datetime, Hours, Handover)
NAMES = {"timezone", "quiet_hours"}


def timed(model=AlertingSettings, path=""):
    """Every setting whose type holds a time: its path, as in `rotations[].handover`."""
    for name, field in model.model_fields.items():
        types = list(inside(field.annotation))
        here = f"{path}{field.alias or name}"
        if name in NAMES or any(isinstance(one, type) and issubclass(one, TIMES) for one in types):
            yield here
        for one in types:
            if isinstance(one, type) and issubclass(one, BaseModel) and one is not Handover:
                yield from timed(one, f"{here}{'[]' if typing.get_origin(field.annotation) is tuple else ''}.")


def inside(annotation):
    yield annotation
    for each in typing.get_args(annotation):
        yield from inside(each)


@pytest.mark.parametrize("path", sorted(set(timed())))
def test_every_setting_with_a_time_says_whose_clock_it_uses(path):
    assert f"`{path}`" in TABLE, f"{path} stands in no row of the table"


def test_no_row_names_a_clock_of_none():
    rows = [row.split(" | ") for row in TABLE.splitlines() if row.startswith("| `")]
    paths = set(timed())
    told = {name: row[-1] for row in rows for name in re.findall(r"`([\w.\[\]]+)`", row[0])}
    assert all(clock.strip(" |-") for name, clock in told.items() if name in paths)
