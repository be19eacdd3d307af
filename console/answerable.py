"""Who can be answered, and who cannot: for `tocsin check`."""

from __future__ import annotations

from console.config import Config
from console.replying import deaf_kinds, inboxes_of, writers_of
from core.clock import RealClock
from core.http import Fetcher
from core.records import Record


class Answerable(Record, frozen=True, kw_only=True, gc=False):
    """How people can answer.

    `kinds` are heard; `deaf` can send and were not told how to listen (kind -> what is missing); `mute` are people with no channel that can be answered;
    `shared` are people who write to a kind as one (kind, their ids), whom no answer counts for.
    """

    kinds: tuple[str, ...] = ()
    deaf: dict[str, str]
    mute: tuple[str, ...] = ()
    shared: tuple[tuple[str, tuple[str, ...]], ...] = ()


def answerable(config: Config) -> Answerable:
    """How a configuration is answered.

    Raises:
        ConfigError: an inbox that `alerting.inboxes` names cannot be used.
    """
    clock = RealClock()
    inboxes = inboxes_of(config, Fetcher(now=clock.now, allow=config.listener.allow_private_hosts), clock)
    writers = {kind: writers_of(config.alerting, kind, inbox) for kind, inbox in inboxes.items()}
    single = {next(iter(people)) for known in writers.values() for people in known.values() if len(people) == 1}
    return Answerable(
        kinds=tuple(inboxes),
        deaf=deaf_kinds(config.alerting),
        mute=tuple(person.id for person in config.alerting.people if person.id not in single),
        shared=tuple((kind, tuple(sorted(people))) for kind, known in writers.items() for people in known.values() if len(people) > 1),
    )
