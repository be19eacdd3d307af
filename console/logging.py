"""Logs of the process: key=value lines on standard error. Standard output is data."""

from __future__ import annotations

import logging
import sys
from typing import Final

import structlog

LEVELS: Final = (logging.WARNING, logging.INFO, logging.DEBUG)


def configure(*, verbose: int = 0, daemon: bool = False) -> None:
    """Send every log line to standard error.

    Args:
        verbose: 0 tells warnings and errors, 1 what an operator wants daily, 2 everything; only then may words of mentions stand there.
        daemon: begins at 1.
    """
    level = LEVELS[min(verbose + daemon, len(LEVELS) - 1)]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["at", "level", "event"], bool_as_flag=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(
        stream=sys.stderr, level=max(level, logging.WARNING), format="level=%(levelname)s logger=%(name)s event=%(message)r"
    )
