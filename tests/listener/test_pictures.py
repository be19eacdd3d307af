"""Pictures are what their first bytes say."""

import hashlib

import pytest

from listener.pictures import MAX_BYTES, PictureError, media_type, pictures_of

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0 JFIF", "image/jpeg"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"GIF89a", "image/gif"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"RIFF\x10\x00\x00\x00WAVE", None),
        (b"%PDF-1.7", None),
        (b"<html>", None),
        (b"", None),
    ],
)
def test_what_a_picture_is(data: bytes, kind: str | None) -> None:
    assert media_type(data) == kind


def test_the_same_picture_is_kept_once_by_its_hash() -> None:
    (shown,) = pictures_of([PNG, PNG])
    assert (shown.sha256, shown.data) == (hashlib.sha256(PNG).hexdigest(), PNG)


@pytest.mark.parametrize(("given", "why"), [([PNG] * 5, "number"), ([PNG + bytes(MAX_BYTES)], "size"), ([PNG, b"<svg/>"], "kind")])
def test_what_is_not_taken_says_why(given: list[bytes], why: str) -> None:
    with pytest.raises(PictureError) as caught:
        pictures_of(given)
    assert caught.value.why == why
