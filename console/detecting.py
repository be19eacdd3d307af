"""The configured signals' detectors, by kind, and which of them can do what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console import shelf
from console.config import Config


def detectors_of(config: Config) -> dict[str, Any]:
    """Every configured signal's detector, by kind."""
    built: dict[str, Any] = {}
    for signal in config.detectors.signals:
        module = shelf.load(shelf.SIGNALS, signal.kind)
        built[signal.kind] = module.Detector(shelf.options(module, {"sensitivity": config.detectors.sensitivity, **signal.options}))
    return built


def able(built: Mapping[str, Any], does: str, *, people: bool = False) -> dict[str, Any]:
    """Those of the detectors that have a method or mark: of the topics, or of the topics of people."""
    wanted = {kind: one for kind, one in built.items() if getattr(one, "about_people", False) is people}
    if does == "judge":  # mentions; one that steps over counts may call something of its own so
        wanted = {kind: one for kind, one in wanted.items() if not hasattr(one, "step")}
    return {kind: one for kind, one in wanted.items() if getattr(one, does, False)}
