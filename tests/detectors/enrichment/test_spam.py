"""Adverts and phishing by their signs; who warns of them, asks after them or only sells is none."""

from __future__ import annotations

import pytest

from core.text import clean
from core.tokens import tokens
from detectors.enrichment import spam


def told(text: str) -> str | None:
    text = clean(text, 5_000)
    found = spam.judge(text, tokens(text))
    return None if found is None else found[0]


@pytest.mark.parametrize(
    "text",
    [
        "Cẩn thận bọn tuyển ctv việc nhẹ lương cao lừa đảo, đừng ib zalo",
        "Có ai bị mấy đứa vay tiền nhanh gọi 0912345678 làm phiền không",
        "Trang ơi việc nhẹ lương cao kìa",
        "shop ơi giá bao nhiêu ib mình với",
        "Em mua hàng thanh lý mà shop chưa giao, gọi 0912345678 không ai nghe",
        "I ordered with the discount code and it never arrived http://x.example",
        "khóa học miễn phí của Acme hay lắm",
        "Acme bị lỗi, gọi tổng đài 19001234 không được",
        "số mình 0912345678, giao giờ hành chính giúp em",
        "xem bài này đi https://bao.example/tin-moi",
        "HÀNG ĐẸP QUÁ TRỜI LUÔN MỌI NGƯỜI ƠI RẤT LÀ ƯNG Ý 😍😍😍😍😍😍😍",
        "Beware of the crypto signals guys on telegram, they DM everybody",
        "is this legit? they say guaranteed returns, contact me on whatsapp",
        "lãi suất thấp quá, gửi tiết kiệm chán",
        "",
        "🔥" * 50,
    ],
)
def test_ordinary_talk_is_no_advert(text: str):
    assert told(text) is None


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("tuyen ctv online viec nhẹ luong cao, inbox minh nhe", "spam"),
        ("Kiếm 500k/ngày tại nhà, không cần vốn, ib em nhé", "spam"),
        ("make $900 a week, no experience needed, text me", "spam"),
        ("http://a.example/c http://a.example/c http://a.example/c", "spam"),
        ("chuc mung ban da trung thuong, truy cap http://nhanqua.example", "scam"),
        ("send your seed phrase to support, dm me", "scam"),
    ],
)
def test_adverts_and_phishing_are_told(text: str, family: str):
    assert told(text) == family


def test_a_very_long_text_takes_no_long_time():
    assert told("0912345678 " * 9_000) is None
    assert told("zalo zalo " * 10_000) is None
