"""config.yaml + environment -> an immutable `Config`. The one place that reads files and the environment.

Each package's own `settings.py` says what its section may hold; here they are put together, and what names something in another section is
checked. Whatever is wrong is one `ConfigError` with path and line.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from pydantic import AfterValidator, PrivateAttr, ValidationError

from alerting.holidays import check_country, is_country
from alerting.settings import AlertingSettings, ChannelSettings
from console import shelf
from console.settings import ConsoleSettings, EventSettings, PlaceSettings, PlaybookSettings, Section, StoreSettings, known_zone
from console.yaml_file import Place, YamlFile, did_you_mean
from core.errors import ConfigError
from detectors.settings import UNCHECKED, AuthorSettings, DetectorsSettings, SignalSettings, TopicSettings
from listener.settings import ListenerSettings, SourceSettings

DEFAULT_PATH: Final = Path("config.yaml")
ENV_PATH: Final = "TOCSIN_CONFIG"
OWN_KEYS: Final = {  # what an entry may say besides its plug-in's options
    shelf.COLLECTORS: tuple(SourceSettings.model_fields),
    shelf.SIGNALS: tuple(SignalSettings.model_fields),
    shelf.NOTIFIERS: tuple(ChannelSettings.model_fields),
}


class Config(Section):
    """The whole configuration, as it stands until it is replaced as a whole (rule 13)."""

    name: str = "Tocsin"
    language: Literal["vi", "en"] = "vi"
    timezone: Annotated[str, AfterValidator(known_zone)] = "Asia/Ho_Chi_Minh"
    store: StoreSettings = StoreSettings()
    topics: tuple[TopicSettings, ...] = ()
    places: tuple[PlaceSettings, ...] = ()
    events: tuple[EventSettings, ...] = ()
    authors: tuple[AuthorSettings, ...] = ()
    listener: ListenerSettings = ListenerSettings()
    detectors: DetectorsSettings = DetectorsSettings()
    alerting: AlertingSettings = AlertingSettings()
    playbooks: PlaybookSettings = PlaybookSettings()
    console: ConsoleSettings = ConsoleSettings()

    _digest: str = PrivateAttr(default="")
    _folder: Path = PrivateAttr(default=Path())

    @property
    def digest(self) -> str:
        """SHA-256 of everything that was read, in hexadecimal: two files that say the same are one configuration."""
        return self._digest

    @property
    def folder(self) -> Path:
        """Where the file stands; relative paths in it start there."""
        return self._folder

    def zone_of(self, topic: TopicSettings) -> str:
        """The IANA zone in which a topic's usual day is learnt."""
        return topic.timezone or self.timezone


def find(given: str | None, environment: Mapping[str, str] = os.environ) -> Path:
    """The file to read: the one given, else `$TOCSIN_CONFIG`, else ./config.yaml."""
    return Path(given or environment.get(ENV_PATH) or DEFAULT_PATH)


def load(path: Path, environment: Mapping[str, str] = os.environ, *, plug_ins: bool = True) -> Config:
    """Read and check a configuration.

    Args:
        path: the file.
        environment: where `${NAME}` is looked up.
        plug_ins: False for verbs that must answer at once: no plug-in is loaded, so their options and the topics' queries are not
            checked, and a `${NAME}` that is not set stays as it stands (`tocsin ack` needs nobody's token).

    Raises:
        ConfigError: what is wrong and how to mend it, with path and line.
    """
    file = YamlFile(path, environment if plug_ins else _Forgiving(environment))
    if not isinstance(file.data, dict):
        raise ConfigError("a configuration is a mapping of sections (name:, topics:, listener: ...)", path=str(path), line=1)
    return parse(file.data, file, plug_ins=plug_ins)


def parse(data: Mapping[str, Any], file: YamlFile | None = None, *, plug_ins: bool = True) -> Config:
    """A configuration from values; `file` knows their lines, `plug_ins` as for `load`.

    Raises:
        ConfigError: as `load`.
    """
    try:
        config = Config.model_validate(data, context=None if plug_ins else UNCHECKED)
        managers = {place.id: place.manager for place in config.places if place.manager is not None}
        settled = config.alerting.settled(language=config.language, timezone=config.timezone, managers=managers)
        config = config.model_copy(update={"alerting": settled})
    except ValidationError as error:
        place, words = shelf.told(error)
        raise _error(file, place, words + _hint(place, words)) from error
    for place, problem in _problems(config, plug_ins=plug_ins):
        raise _error(file, place, problem)
    config._digest = hashlib.sha256(msgspec.json.encode(data, order="deterministic", enc_hook=str)).hexdigest()  # noqa: SLF001 - its maker
    config._folder = file.path.parent if file else Path()  # noqa: SLF001
    return config


class _Forgiving(dict[str, str]):
    """An environment in which what is not set stays as it is written."""

    def get(self, key: str, default: str | None = None) -> str:  # type: ignore[override]
        return super().get(key, f"${{{key}}}" if default is None else default)


def _problems(config: Config, *, plug_ins: bool) -> Iterator[tuple[Place, str]]:
    """What one section says of another and does not hold, and plug-ins' own options."""
    yield from _twice(config)
    yield from _wrong_zones(config)
    yield from _wrong_references(config)
    if plug_ins:
        yield from _wrong_plug_ins(config)
        yield from _wrong_countries(config)


def _wrong_plug_ins(config: Config) -> Iterator[tuple[Place, str]]:
    for index, source in enumerate(config.listener.sources):
        yield from _plug_in(shelf.COLLECTORS, source.kind, source.options, ("listener", "sources", index))
    for index, signal in enumerate(config.detectors.signals):
        given = {"sensitivity": config.detectors.sensitivity, **signal.options}
        yield from _plug_in(shelf.SIGNALS, signal.kind, given, ("detectors", "signals", index))
    for index, person in enumerate(config.alerting.people):
        for number, channel in enumerate(person.channels):
            place = ("alerting", "people", index, "channels", number)
            yield from _plug_in(shelf.NOTIFIERS, channel.kind, config.alerting.options_for(channel), place)
    for kind in config.alerting.notifiers:  # a slip here would leave every channel of the kind without what it shares
        try:
            shelf.load(shelf.NOTIFIERS, kind)
        except ConfigError as error:
            yield ("alerting", "notifiers", kind), error.reason


def _wrong_countries(config: Config) -> Iterator[tuple[Place, str]]:
    for index, rotation in enumerate(config.alerting.rotations):
        if rotation.holidays is not None and is_country(rotation.holidays):
            try:
                check_country(rotation.holidays)
            except ValueError as error:
                yield ("alerting", "rotations", index, "holidays"), str(error)


def _twice(config: Config) -> Iterator[tuple[Place, str]]:
    named = {
        "topics": [topic.id for topic in config.topics],
        "places": [branch.id for branch in config.places],
        "authors": [one.id for one in config.authors],
    }
    for section, ids in named.items():
        for index, one in enumerate(ids):
            if ids.index(one) != index:
                yield (section, index, "id"), f"{section.removesuffix('s')} {one!r} stands there twice"


def _wrong_zones(config: Config) -> Iterator[tuple[Place, str]]:
    for index, topic in enumerate(config.topics):
        try:
            known_zone(topic.timezone or config.timezone)
        except ValueError as error:
            yield ("topics", index, "timezone"), str(error)


def _wrong_references(config: Config) -> Iterator[tuple[Place, str]]:
    topics = {topic.id for topic in config.topics}
    people = {person.id for person in config.alerting.people}
    named: list[tuple[Place, str | None]] = [
        (("listener", "sources", index, "topic"), source.topic) for index, source in enumerate(config.listener.sources)
    ]
    named += [
        (("alerting", "routes", index, "match", "topic"), topic)
        for index, route in enumerate(config.alerting.routes)
        for topic in route.match.topic
    ]
    named += [
        (("listener", "unseen", index, "topics"), topic) for index, unseen in enumerate(config.listener.unseen) for topic in unseen.topics
    ]
    named += [(("authors", index, "topic"), one.topic) for index, one in enumerate(config.authors)]
    branches = {branch.id for branch in config.places}
    for index, route in enumerate(config.alerting.routes):
        for branch in route.match.place:
            if branch not in branches:
                yield (
                    ("alerting", "routes", index, "match", "place"),
                    f"unknown place {branch!r}; configured are: {', '.join(sorted(branches)) or 'none'}",
                )
    for place, topic in named:
        if topic is not None and topic not in topics:
            yield place, f"unknown topic {topic!r}; configured are: {', '.join(sorted(topics)) or 'none'}"
    persons: list[tuple[Place, str | None]] = [(("places", index, "manager"), branch.manager) for index, branch in enumerate(config.places)]
    persons += [(("listener", "unseen", index, "person"), unseen.person) for index, unseen in enumerate(config.listener.unseen)]
    for place, person in persons:
        if person is not None and person not in people:
            yield place, f"unknown person {person!r}; configured are: {', '.join(sorted(people)) or 'none'}"


def _plug_in(where: str, kind: str, given: dict[str, Any], place: Place) -> Iterator[tuple[Place, str]]:
    """What is wrong with a plug-in's kind or options."""
    try:
        module = shelf.load(where, kind)
    except ConfigError as error:
        yield (*place, "kind"), error.reason
        return
    try:
        shelf.options(module, given)
    except ValidationError as error:
        inner, words = shelf.told(error)
        known = [*(field.alias or name for name, field in module.Options.model_fields.items()), *OWN_KEYS[where]]
        hint = did_you_mean(str(inner[-1]), known) if inner and words == "unknown key" else ""
        yield (*place, *inner), f"{words}{hint}"


def _hint(place: Place, words: str) -> str:
    """Which key was meant, where an unknown one is close to a known one."""
    if words != "unknown key":
        return ""
    model: Any = Config
    for part in place[:-1]:
        if isinstance(part, str):
            model = _inner(model, part)
    return did_you_mean(str(place[-1]), list(getattr(model, "model_fields", {})))


def _inner(model: Any, key: str) -> Any:
    """The model of a key's value, or of its items."""
    field = getattr(model, "model_fields", {}).get(key)
    annotation: Any = None if field is None else field.annotation
    arguments = [each for each in getattr(annotation, "__args__", ()) if hasattr(each, "model_fields")]
    return arguments[0] if arguments else annotation


def _error(file: YamlFile | None, place: Place, reason: str) -> ConfigError:
    if file is not None:
        return file.error(place, reason)
    return ConfigError(f"{'.'.join(map(str, place))}: {reason}" if place else reason)
