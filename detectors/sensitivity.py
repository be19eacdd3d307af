"""How readily signals fire: a word of the configuration, here by itself so that reading a configuration loads no numpy."""

from __future__ import annotations

from typing import Literal

Sensitivity = Literal["quiet", "balanced", "sensitive"]
