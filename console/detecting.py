"""The configured signals' detectors, by kind, and which of them can do what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alerting.budget import sure_scores
from console import shelf
from console.config import Config
from console.weighing import alarm_budget


def detectors_of(config: Config) -> dict[str, Any]:
    """Every configured signal's detector, by kind; where a budget holds what is just over a threshold, it tells a burst once more when it is sure."""
    built: dict[str, Any] = {}
    budget = alarm_budget(config, "live")
    for signal in config.detectors.signals:
        module = shelf.load(shelf.SIGNALS, signal.kind)
        options = shelf.options(module, {"sensitivity": config.detectors.sensitivity, **signal.options})
        built[signal.kind] = module.Detector(options)
        if budget is not None and hasattr(built[signal.kind], "sure") and hasattr(options, "chance"):
            built[signal.kind].sure = sure_scores(budget, options.chance)
    return built


def able(built: Mapping[str, Any], does: str, *, people: bool = False) -> dict[str, Any]:
    """Those of the detectors that have a method or mark: of the topics, or of the topics of people."""
    wanted = {kind: one for kind, one in built.items() if getattr(one, "about_people", False) is people}
    return {kind: one for kind, one in wanted.items() if getattr(one, does, False)}
