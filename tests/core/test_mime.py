"""What is broken in mails, read as far as it can be."""

from email import message_from_bytes

from core.mime import decoded, header, message_id, message_ids, parts_of, text_of


def test_a_charset_that_lies_or_is_unknown_is_read_as_utf_8_then_as_old_vietnamese_windows():
    assert decoded("Ấm".encode(), "us-ascii") == "Ấm"
    assert decoded("Ấm".encode(), "no-such") == "Ấm"
    assert decoded("Đường".encode("cp1258", "replace")[:1], None) == "Đ"


def test_parts_headers_and_ids():
    mail = message_from_bytes(
        b"References: <a@x>\r\n <b@x> junk\r\nContent-Type: multipart/alternative; boundary=q\r\n\r\n"
        b"--q\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\xe1\xba\xa4m\r\n--q\r\nContent-Type: text/html\r\n\r\n<p>x\r\n--q--\r\n"
    )
    assert [part.get_content_type() for part in parts_of(mail)] == ["text/plain", "text/html"]
    assert text_of(parts_of(mail)[0]).strip() == "Ấm"
    assert message_ids(header(mail, "References")) == ["a@x", "b@x"]
    assert message_id(header(mail, "References")) == "a@x"
    assert message_id(header(mail, "In-Reply-To")) is None
