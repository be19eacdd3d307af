"""Charts of what was said, drawn by one library for alerts, pages and reviews: bars by time, the negative part of each, marks of what happened.

The same curve gives the same bytes. Times are told in the reader's zone. What was not heard is hatched, never an empty place.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Final, Literal
from zoneinfo import ZoneInfo

from core.records import Record

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE_INCHES: Final = (6.4, 3.2)
DAY_S: Final = 86_400
EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - where the library counts wall time from
DPI: Final = 120  # 768 x 384: readable on a phone, some 20 kB
CALM, NEGATIVE, UNHEARD, INK, MARK = "#8fa9c4", "#b3261e", "#d9d9d9", "#1b1b1b", "#5f3dc4"  # told apart by the colour-blind, and in grey
_ONE_AT_A_TIME: Final = Lock()  # the library keeps a cache of fonts


class Bar(Record, frozen=True, kw_only=True, gc=False):
    """One stretch of time: how many mentions, how many of them negative; None where nothing was heard."""

    start: datetime
    mentions: int | None
    negative: int = 0


class Mark(Record, frozen=True, kw_only=True, gc=False):
    """Something that happened: a line in the chart with a word on it."""

    at: datetime
    label: str


class Curve(Record, frozen=True, kw_only=True, gc=False):
    """What a chart shows. `width_s`: of a bar, in seconds; `zone` an IANA name; the labels are in the reader's language."""

    title: str
    bars: tuple[Bar, ...]
    width_s: float
    zone: str
    mentions_label: str
    negative_label: str
    unheard_label: str
    marks: tuple[Mark, ...] = ()


@lru_cache(maxsize=32)
def draw(curve: Curve, form: Literal["png", "svg"] = "png") -> bytes:
    """The chart as a picture.

    Raises:
        ImportError: the extra `charts` is not installed.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with _ONE_AT_A_TIME, rc_context({"font.size": 10, "svg.hashsalt": "tocsin", "svg.fonttype": "path"}):
        figure = Figure(figsize=SIZE_INCHES, dpi=DPI, layout="constrained")
        axes = figure.subplots()
        _bars(axes, curve)
        _marks(axes, curve)
        _frame(axes, curve)
        figure.legend(loc="outside lower left", ncols=3, fontsize=9, frameon=False)
        page = BytesIO()
        figure.savefig(page, format=form, metadata={"Date": None} if form == "svg" else {"Software": None})
    return page.getvalue()


def _bars(axes: Axes, curve: Curve) -> None:
    width = curve.width_s / DAY_S
    heard = [bar for bar in curve.bars if bar.mentions is not None]
    starts = [_local(bar.start, curve) for bar in heard]
    axes.bar(starts, [bar.mentions or 0 for bar in heard], width=width, align="edge", color=CALM, label=curve.mentions_label)
    if any(bar.negative for bar in heard):
        axes.bar(starts, [bar.negative for bar in heard], width=width, align="edge", color=NEGATIVE, hatch="//", label=curve.negative_label)
    unheard = [_local(bar.start, curve) for bar in curve.bars if bar.mentions is None]
    for number, start in enumerate(unheard):
        axes.axvspan(start, start + width, color=UNHEARD, hatch="xx", label=curve.unheard_label if number == 0 else "_")


def _marks(axes: Axes, curve: Curve) -> None:
    """Lines with their words on the side that has room, each below the one before."""
    middle = _local(curve.bars[len(curve.bars) // 2].start, curve)
    for number, mark in enumerate(curve.marks):
        at = _local(mark.at, curve)
        late = at > middle
        axes.axvline(at, color=MARK, linewidth=1.4, linestyle="--")
        axes.annotate(
            mark.label,
            (at, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(-4 if late else 4, -3 - 14 * number),
            textcoords="offset points",
            horizontalalignment="right" if late else "left",
            verticalalignment="top",
            color=MARK,
            fontsize=9,
        )


def _frame(axes: Axes, curve: Curve) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import MaxNLocator

    first, last = _local(curve.bars[0].start, curve), _local(curve.bars[-1].start, curve) + curve.width_s / DAY_S
    axes.set_xlim(first, last)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    locator = AutoDateLocator(minticks=3)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(
        ConciseDateFormatter(  # type: ignore[no-untyped-call]
            locator, formats=["%Y", "%m/%Y", "%d/%m", "%H:%M", "%H:%M", "%S"], show_offset=False
        )
    )
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(curve.title, loc="left", fontsize=11, color=INK, parse_math=False)


def _local(at: datetime, curve: Curve) -> float:
    """Wall time of the reader, which is what the axis shows, in days."""
    wall = at.astimezone(ZoneInfo(curve.zone)).replace(tzinfo=None)
    return (wall - EPOCH).total_seconds() / DAY_S
