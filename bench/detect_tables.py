"""Markdown tables and intervals of the detection bench."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bench.detect_series import Numbers

OUTSIDE = 10.0  # percent, half on either side


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table with a line behind it.

    Example:
        >>> print(table(("a", "b"), [("1", "2")]))
        | a | b |
        | --- | --- |
        | 1 | 2 |
        <BLANKLINE>
    """
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def interval(values: Numbers) -> tuple[float, float]:
    """What nine of ten draws lie between; NaN draws are left out."""
    low, high = np.nanpercentile(values, [OUTSIDE / 2, 100.0 - OUTSIDE / 2])
    return float(low), float(high)


def share(part: int, whole: int) -> str:
    """A share in percent, and of how many."""
    return f"{100 * part / whole:.0f} % of {whole}" if whole else "-"
