"""Loads a plug-in: the kind in config.yaml IS the module's name on its shelf; a dotted kind lives outside the tree."""

from __future__ import annotations

import importlib
import pkgutil
import re
from types import ModuleType
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from core.errors import ConfigError

COLLECTORS: Final = "listener.collectors"
SIGNALS: Final = "detectors.signals"
NOTIFIERS: Final = "alerting.notifiers"
INBOXES: Final = "alerting.inbox"
CLASSES: Final = {
    COLLECTORS: "Collector",
    SIGNALS: "Detector",
    NOTIFIERS: "Notifier",
}  # `INBOXES` holds more than kinds (console/replying.py)
_KIND = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*")


def kinds(shelf: str) -> list[str]:
    """What stands on a shelf, by name."""
    return sorted(
        module.name for module in pkgutil.iter_modules(importlib.import_module(shelf).__path__) if not module.name.startswith("_")
    )


def load(shelf: str, kind: str) -> ModuleType:
    """The module of a kind.

    Raises:
        ConfigError: there is none of that name (the message lists those there are), or it is no plug-in of this shelf.
    """
    name = kind if "." in kind else f"{shelf}.{kind}"
    if not _KIND.fullmatch(kind):
        raise ConfigError(f"{kind!r} is no kind; on this shelf stand: {', '.join(kinds(shelf))}")
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and not name.startswith(error.name):
            raise ConfigError(f"kind {kind} needs the package {error.name}: pip install it") from error
        raise ConfigError(f"unknown kind {kind!r}; on this shelf stand: {', '.join(kinds(shelf))}") from error
    except (ImportError, SyntaxError) as error:
        raise ConfigError(f"kind {kind} cannot be loaded: {error}") from error
    wanted_class = CLASSES.get(shelf, "Inbox")
    missing = [wanted for wanted in ("Options", wanted_class) if not hasattr(module, wanted)]
    if missing:
        raise ConfigError(f"{name} defines no {missing[0]}; a kind of this shelf needs Options and {wanted_class}")
    return module


def options(module: ModuleType, given: dict[str, Any]) -> BaseModel:
    """The module's `Options` from what the configuration gives.

    Raises:
        ValidationError: of pydantic; its places are those of `given`.
    """
    model: type[BaseModel] = module.Options
    return model.model_validate(given)


def told(error: ValidationError) -> tuple[tuple[int | str, ...], str]:
    """The place and the words of the first thing that pydantic found wrong; never the value, which may be a secret."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    words = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        words = "unknown key"
    elif first["type"] == "missing":
        words = "this key is missing"
    return first["loc"], words
