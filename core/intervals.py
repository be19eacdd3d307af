"""How sure a share is that was counted on few: 8 of 10 is not 80 of 100."""

from __future__ import annotations

import math
from typing import Final

Z95: Final = 1.959963984540054  # of the normal law: 19 of 20 lie within


def wilson(hits: int, of: int, *, z: float = Z95) -> tuple[float, float]:
    """The interval of a share, 95 % unless told otherwise; (0, 1) where nothing was counted. Both ends lie in 0 to 1.

    Example:
        >>> [round(end, 2) for end in wilson(8, 10)]
        [0.49, 0.94]
        >>> wilson(0, 0)
        (0.0, 1.0)

    Source: Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22 (1927).
    """
    if of == 0:
        return 0.0, 1.0
    share, weight = hits / of, z * z / of
    middle = (share + weight / 2) / (1 + weight)
    half = z * math.sqrt(share * (1 - share) / of + weight / (4 * of)) / (1 + weight)
    return max(0.0, middle - half), min(1.0, middle + half)


def least_fall(before: tuple[int, int], after: tuple[int, int], *, z: float = Z95) -> float:
    """By how much a share has fallen at least, of (hits, counted) before and after; 0 or less where it may not have fallen at all.

    Example:
        >>> round(least_fall((18, 20), (2, 10)), 2), least_fall((9, 10), (3, 4)) < 0
        (0.33, True)

    Source: Newcombe, "Interval estimation for the difference between independent proportions", Statist. Med. 17 (1998), method 10.
    """
    if not (before[1] and after[1]):
        return -1.0
    was, now = before[0] / before[1], after[0] / after[1]
    return was - now - math.hypot(was - wilson(*before, z=z)[0], wilson(*after, z=z)[1] - now)
