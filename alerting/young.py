"""Whether what is said tells of somebody who is not of age: a child, a pupil. Pure.

It is asked only of mentions in which a risk to people was heard, and only raises: "học sinh" beside a poisoning is grave, by itself it is nothing.
Words with marks count as they are written; without marks only those that mean nothing else then ("hoc sinh", not "con toi").
"""

from __future__ import annotations

import re
from typing import Final

from core.text import normalise

_MARKED: Final = (
    *("trẻ em", "trẻ nhỏ", "trẻ con", "trẻ sơ sinh", "trẻ mầm non", "trẻ vị thành niên", "vị thành niên", "thiếu nhi", "thiếu niên"),
    *("em bé", "cháu bé", "bé trai", "bé gái", "bé nhà", "bé con", "các bé", "các cháu", "các con", "nhóc", "con nít", "em nhỏ"),
    *("con trai", "con gái", "con tôi", "con mình", "con em", "cháu tôi", "cháu nhà", "con nhà"),
    *("học sinh", "học trò", "nữ sinh", "nam sinh", "mầm non", "mẫu giáo", "nhà trẻ", "tiểu học", "bán trú"),
)
_BARE: Final = (
    "tre em",
    "tre nho",
    "em be",
    "be trai",
    "be gai",
    "hoc sinh",
    "hoc tro",
    "nu sinh",
    "mam non",
    "mau giao",
    "tieu hoc",
    "ban tru",
)
_ENGLISH: Final = (
    *("child", "children", "kid", "kids", "toddler", "toddlers", "baby", "babies", "infant", "infants", "newborn", "minors", "underage"),
    *(
        "student",
        "students",
        "pupil",
        "pupils",
        "schoolchild",
        "schoolchildren",
        "schoolboy",
        "schoolgirl",
        "teen",
        "teenager",
        "teenagers",
    ),
    *("son", "daughter", "grandson", "granddaughter", "kindergarten", "preschool", "primary school"),
)
_AGE: Final = r"(?:1[0-7]|[1-9])(?:[- ]year[- ]old| tuổi| tháng tuổi| months? old)"  # under 18
_YOUNG: Final = re.compile(rf"(?<!\w)(?:{'|'.join((*_MARKED, *_BARE, *_ENGLISH))}|{_AGE})(?!\w)")


def is_young(text: str) -> bool:
    """Whether a text names a child, a pupil, or somebody under eighteen.

    Example:
        >>> is_young("20 học sinh tiểu học bị ngộ độc"), is_young("My 9-year-old was burned"), is_young("Còn tôi thì ngộ độc")
        (True, True, False)
    """
    return _YOUNG.search(normalise(text).lower()) is not None
