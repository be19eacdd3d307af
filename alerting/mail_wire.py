"""How a mail of ours goes over the wire: the standard library's policy, where it would lose words or threads."""

from __future__ import annotations

from email.header import Header
from email.policy import EmailPolicy
from typing import Any, Final

_IDS: Final = ("In-Reply-To", "References")
_LONGEST_LINE: Final = 900  # characters; RFC 5322 allows 998


class _Wire(EmailPolicy):
    """The library's policy, with two faults mended.

    Until Python 3.12 it loses or adds spaces between encoded words (python/cpython#92081); and it encodes ids that are longer than a line, so that
    no mail program knows the thread.
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        """One header as it goes over the wire."""
        if name == "Subject":
            return self._line(name, str(value))
        if name == "From" and not str(value).isascii():
            (address,) = value.addresses
            return self._line(name, address.display_name, f" <{address.addr_spec}>")
        if name in _IDS:
            ids = (one for one in str(value).split() if one.isascii() and len(one) < _LONGEST_LINE)
            return f"{name}: {f'{self.linesep} '.join(ids)}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)

    def _line(self, name: str, words: str, end: str = "") -> bytes:
        return f"{name}: {Header(words, header_name=name).encode(linesep=self.linesep)}{end}{self.linesep}".encode("ascii")


WIRE: Final = _Wire(linesep="\r\n")
