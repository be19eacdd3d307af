"""What a browser does with a link and a form, as far as a test needs it."""

from __future__ import annotations

from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

from lxml import html

HEADERS = {
    "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en-US,en;q=0.9,vi;q=0.7",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
}
TIMEOUT_S = 10


class Form:
    """A form on a page: where its button sends which fields."""

    def __init__(self, page: str, method: str, action: str, fields: dict[str, str]) -> None:
        self.page = page
        self.method = method
        self.action = urljoin(page, action)
        self.fields = fields


class Seen:
    """A page as it was answered, after redirects."""

    def __init__(self, url: str, status: int, text: str) -> None:
        self.url = url
        self.status = status
        self.text = text

    def form(self, field: str) -> Form:
        """The one form that has a field of this name."""
        forms = [form for form in html.document_fromstring(self.text).forms if field in form.fields]
        assert len(forms) == 1, self.text
        return Form(
            self.url, forms[0].method, forms[0].get("action") or self.url, {name: value or "" for name, value in forms[0].form_values()}
        )


class Browser:
    """Keeps cookies, follows redirects, sends what browsers send."""

    def __init__(self) -> None:
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()), ProxyHandler({}))

    def ask(self, url: str, method: str = "GET", data: bytes | None = None, **headers: str) -> Seen:
        """Open an address."""
        request = Request(url, data=data, method=method, headers={**HEADERS, "Sec-Fetch-Site": "none", **headers})
        try:
            answer = self._opener.open(request, timeout=TIMEOUT_S)
        except HTTPError as error:
            answer = error
        with answer:
            return Seen(answer.url, answer.status, answer.read().decode())

    def press(self, form: Form) -> Seen:
        """Press a form's button."""
        assert form.method == "POST"
        parts = urlsplit(form.page)
        told = {"Origin": f"{parts.scheme}://{parts.netloc}", "Referer": form.page, "Sec-Fetch-Site": "same-origin"}
        return self.ask(form.action, "POST", urlencode(form.fields).encode(), **told)
