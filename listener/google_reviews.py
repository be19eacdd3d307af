"""Reviews by Google's APIs: of places (Business Profile, v4) and of apps (Android Publisher, v3), as mentions; and the tokens that open them. Pure but for `signed`.

Shapes: https://developers.google.com/my-business/reference/rest/v4/accounts.locations.reviews and
https://developers.google.com/android-publisher/api-ref/rest/v3/reviews.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from core.errors import SourceRejected, SourceUnavailable, SourceUnreadable
from core.records import Author, Engagement, Mention
from core.text import mention_key
from listener.entries import MAX_NAME_CHARS, author_name, language_code, words
from listener.fields import count, identity, items, mapping, moment, since_epoch, string
from listener.review_files import KIND, headline, stars
from listener.walk import Heard

GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
PLAY_SCOPE: Final = "https://www.googleapis.com/auth/androidpublisher"
LASTS_S: Final = 600
_REFUSED: Final = frozenset({"invalid_grant", "invalid_client", "unauthorized_client", "access_denied", "invalid_scope"})


def access_token(found: Any, status: int, source: str) -> str:
    """The access token of a token endpoint's answer.

    Raises:
        SourceRejected: the refresh token, the account or the client is refused.
        SourceUnavailable: anything else went wrong over there.
        SourceUnreadable: an answer without a token.
    """
    answer = mapping(found)
    token, error = string(answer.get("access_token")), string(answer.get("error"))
    if token and status < 400:  # noqa: PLR2004
        return token
    if error in _REFUSED or status in (401, 403):
        mend = "; log in again and make a new refresh token" if error == "invalid_grant" else ""
        raise SourceRejected(source, f"Google refuses the credentials ({words(error, 40) or status}{mend}, {status})")
    if status >= 400:  # noqa: PLR2004
        raise SourceUnavailable(source, f"Google's token endpoint answered with status {status}")
    raise SourceUnreadable(source, "Google's token endpoint gave no token")


def signed(account: Mapping[str, Any], audience: str, now: datetime) -> str:
    """The assertion of a service account (a JWT, RS256) for Android Publisher.

    Raises:
        ValueError: no key of a service account.
        ModuleNotFoundError: the package cryptography is not installed.
    """
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    email, pem = string(account.get("client_email")), string(account.get("private_key"))
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey) or not email:
        raise ValueError("no RSA key of a service account")
    at = int(now.timestamp())
    claims = {"iss": email, "scope": PLAY_SCOPE, "aud": audience, "iat": at, "exp": at + LASTS_S}
    body = ".".join(_b64(msgspec.json.encode(part)) for part in ({"alg": "RS256", "typ": "JWT"}, claims))
    return f"{body}.{_b64(key.sign(body.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def place_reviews(found: Any, location: str, branch: str, source: str, seen_at: datetime) -> tuple[list[Heard], int]:
    """The reviews of one page of a place, newest first, and how many could not be read. The owner's reply is no mention.

    Raises:
        SourceUnreadable: it is no such page.
    """
    given = mapping(found).get("reviews", [])
    if not isinstance(found, dict) or not isinstance(given, list):
        raise SourceUnreadable(source, "not a page of Google's reviews")
    heard = [_place_review(mapping(one), location, branch, source, seen_at) for one in given]
    return [one for one in heard if one is not None], heard.count(None)


def app_reviews(found: Any, package: str, branch: str, source: str, seen_at: datetime) -> tuple[list[Heard], int]:
    """The reviews of one page of an app, newest first, and how many could not be read. The developer's reply is no mention.

    Raises:
        SourceUnreadable: it is no such page.
    """
    given = mapping(found).get("reviews", [])
    if not isinstance(found, dict) or not isinstance(given, list):
        raise SourceUnreadable(source, "not a page of Google Play's reviews")
    heard = [_app_review(mapping(one), package, branch, source, seen_at) for one in given]
    return [one for one in heard if one is not None], heard.count(None)


def next_page(found: Any) -> str | None:
    """The token of the next page; None at the end."""
    page = mapping(found)
    return string(page.get("nextPageToken")) or string(mapping(page.get("tokenPagination")).get("nextPageToken")) or None


def _place_review(review: Mapping[str, Any], location: str, branch: str, source: str, seen_at: datetime) -> Heard | None:
    native_id, at = identity(review.get("reviewId")), moment(review.get("createTime"))
    rating, said = stars(string(review.get("starRating"))), words(string(review.get("comment")))
    if native_id is None or at is None or (rating is None and not said):
        return None
    updated = moment(review.get("updateTime"))
    reviewer = mapping(review.get("reviewer"))
    name = None if reviewer.get("isAnonymous") is True else author_name(reviewer.get("displayName"))
    mention = Mention(
        key=mention_key(KIND, location, native_id),
        source_id=source,
        native_id=native_id,
        seen_at=seen_at,
        author=Author(key=f"{source}/{name}", name=name) if name else None,
        title=headline(rating, branch),
        text=said,
        published_at=at,
        edited_at=updated if updated and updated > at else None,
    )
    return Heard(native_id=native_id, order=int((updated or at).timestamp()), mention=mention)


def _app_review(review: Mapping[str, Any], package: str, branch: str, source: str, seen_at: datetime) -> Heard | None:
    comments = [mapping(mapping(one).get("userComment")) for one in items(review.get("comments"))]
    comment = next((one for one in comments if one), {})
    native_id, at = identity(review.get("reviewId")), since_epoch(_seconds(mapping(comment.get("lastModified")).get("seconds")))
    rating = count(comment.get("starRating"))
    title, tab, rest = string(comment.get("text")).partition("\t")  # Play puts a title before a tab
    said = words(rest if tab else title)
    if native_id is None or at is None or not (said or title.strip() or rating):
        return None
    name = author_name(words(string(review.get("authorName")), MAX_NAME_CHARS))
    mention = Mention(
        key=mention_key(KIND, package, native_id),
        source_id=source,
        native_id=native_id,
        seen_at=seen_at,
        author=Author(key=f"{source}/{name}", name=name) if name else None,
        title=headline(rating if rating and rating <= 5 else None, branch, words(title) if tab else ""),  # noqa: PLR2004
        text=said,
        lang=language_code(comment.get("reviewerLanguage")),
        published_at=at,
        engagement=Engagement(likes=count(comment.get("thumbsUpCount"))),
    )
    return Heard(native_id=native_id, order=int(at.timestamp()), mention=mention)


def _seconds(value: object) -> object:
    """JSON writes 64-bit numbers as text."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12 else value  # noqa: PLR2004


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
