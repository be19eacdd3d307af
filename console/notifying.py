"""The notifiers of people's channels, built when they are first needed."""

from __future__ import annotations

from alerting.base import Limits, Notifier
from alerting.settings import ChannelSettings, PersonSettings
from console import shelf
from console.config import Config
from core.clock import Clock
from core.http import Fetcher


class NotifierShelf:
    """Builds the notifier of a person's channel when it is first needed: Apprise is loaded by those who use it."""

    def __init__(self, config: Config, http: Fetcher, clock: Clock) -> None:
        self._config = config
        self._http = http
        self._clock = clock
        self._built: dict[tuple[str, str], Notifier] = {}

    def get(self, person: PersonSettings, channel: ChannelSettings) -> Notifier:
        """The notifier of a person's channel, the same one each time."""
        key = (person.id, channel.id or channel.kind)
        if key not in self._built:
            module = shelf.load(shelf.NOTIFIERS, channel.kind)
            given = shelf.options(module, self._config.alerting.options_for(channel))
            self._built[key] = module.Notifier(given, http=self._http, now=self._clock.now)
        return self._built[key]


def limits_of(channel: ChannelSettings) -> Limits:
    """What the kind of a channel can."""
    limits: Limits = shelf.load(shelf.NOTIFIERS, channel.kind).LIMITS
    return limits


def never_first(config: Config) -> tuple[str, ...]:
    """The people, by id, whom no channel may write to first: a page may never reach them."""
    return tuple(
        person.id
        for person in config.alerting.people
        if person.channels and not any(limits_of(channel).initiates for channel in person.channels)
    )
