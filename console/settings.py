"""The sections of `config.yaml` that belong to no wing: where things are stored, places, events, playbooks, the console."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

MAX_PORT: Final = 65_535


def known_zone(name: str) -> str:
    """The name, if it is a time zone.

    Raises:
        ValueError: it is not; the message says how to write one.
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone {name!r}; write an IANA name such as Asia/Ho_Chi_Minh") from error
    return name


class Section(BaseModel):
    """What all sections share: no unknown key, no change after reading, no value shown in an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class StoreSettings(Section):
    """Where everything is remembered: `sqlite:///FILE` or `postgresql://...`; streams `memory` or `nats://HOST:PORT`."""

    database: str = Field(default="sqlite:///var/tocsin.db", repr=False)
    streams: str = "memory"


class PlaceSettings(Section):
    """A branch: its names in the wild, where it stands, and who runs it."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    address: str | None = None
    manager: str | None = None


class EventSettings(Section):
    """An expected rise, both days included; it is said, and never hides a risk.

    `marks`: words or hashtags of our own campaign; a post that carries one within these days is our own.
    """

    name: str
    from_: date = Field(alias="from")
    to: date
    expect: Literal["more", "less"] = "more"
    marks: tuple[Annotated[str, Field(pattern=r"\w")], ...] = ()

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.to < self.from_:
            raise ValueError(f"the event {self.name!r} ends before it begins")
        return self


class PlaybookSettings(Section):
    """Folders of the operator's own playbooks, read after the shipped library."""

    folders: tuple[str, ...] = ()


def _real_port(listen: str) -> str:
    if int(listen.rpartition(":")[2]) > MAX_PORT:
        raise ValueError(f"{listen} has no such port; the highest is {MAX_PORT}")
    return listen


class ConsoleSettings(Section):
    """Where the console answers, and how it is reached from outside (`base_url` stands in alerts)."""

    listen: Annotated[str, Field(pattern=r"^(\[[0-9a-fA-F:]+\]|[^\s:\[\]]+):\d{1,5}$"), AfterValidator(_real_port)] = "127.0.0.1:8765"
    base_url: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")] = "http://127.0.0.1:8765"

    @property
    def host(self) -> str:
        """The address to listen on."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port to listen on; 0 takes a free one."""
        return int(self.listen.rpartition(":")[2])
