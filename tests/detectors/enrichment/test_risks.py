"""The risk lexicon: every row's own cases, the innocent lookalikes, negation, and context."""

from __future__ import annotations

import pytest
from spacy.language import Language

from core.records import Risk
from detectors.enrichment import language, risks, topics
from detectors.enrichment.doc import blank, notes
from detectors.enrichment.lexicon import LEXICONS, Lexicon, Row, load_lexicon, spelled

assert language
assert topics

ROWS = [pytest.param(name, row, id=row.id) for name in LEXICONS for row in load_lexicon(name).rows]


@pytest.fixture(scope="module")
def nlp() -> Language:
    made = blank()
    made.add_pipe("tocsin_language")
    made.add_pipe("tocsin_topics", config={"topics": [{"id": "acme", "query": "acme", "languages": []}]})
    made.add_pipe("tocsin_risks")
    return made


def hear(nlp: Language, text: str, context: tuple[str, ...] = ()) -> tuple[Risk, ...]:
    doc = nlp.make_doc(text)
    notes(doc).brand_context = context
    return notes(nlp(doc)).risks


@pytest.mark.parametrize(("name", "row"), ROWS)
def test_a_row_hears_what_it_must_and_nothing_else(nlp: Language, name: str, row: Row):
    lexicon = load_lexicon(name)
    alone = risks.HearRisks(nlp, {name: Lexicon(rows=(row,), negations=lexicon.negations, spellings=lexicon.spellings)})

    def heard(text: str) -> list[str]:
        return [risk.family for risk in notes(alone(nlp(text))).risks]

    assert row.says
    assert row.silent
    assert {text: heard(text) for text in row.says} == {text: [row.family] for text in row.says}
    assert {text: hear(nlp, text) for text in row.silent} == dict.fromkeys(row.silent, ())


@pytest.mark.parametrize(
    "text",
    [
        "chỗ photo kia có phot ảnh màu đẹp lắm",
        "máy rỉ dầu do hở phốt, phải thay piston",
        "chàng trai to cao nhất lớp",
        "đoạn ngộ độc thoại của diễn viên rất sâu",
        "bé ngộ nghĩnh, độc đáo",
        "sắp mở bán, sap co app",
        "mua sáp thơm, sap nay min",
        "sập giá cả gian hàng, bán sập sàn",
        "uống trà kể chuyện cười đau bụng",
        "bánh này ngon chết người",
        "nhà nước thu hồi đất xây trường",
        "món lưỡi bò xào rất ngon",
        "ngồi chém gió cả chiều",
        "công an phường phát quà cho các cháu",
        "tổ kiến trên cây, kien bo khap noi",
        "gián tiếp tạo việc làm",
        "buffet này ăn hết hạn mức luôn",
        "tẩy chay? Không, tôi mua thêm nữa",
        "nước rau má đậu xanh mát lạnh",
        "cảnh báo mọi người quán ngon dễ nghiện",
        "bộ phim bóc phốt nhân vật chính",
        "nam khách bị khởi tố vì hành hung nhân viên cửa hàng",
        "mẹo phân biệt hàng giả hàng thật",
        "app này mượt, không bị sập",
        "anh ấy bị bắt làm chủ hôn",
    ],
)
def test_innocent_lookalikes_are_not_heard(nlp: Language, text: str):
    assert hear(nlp, text) == ()


def test_a_negation_takes_level_one_to_two_and_never_away(nlp: Language):
    assert hear(nlp, "Acme lừa đảo khách")[0].level == 1
    assert hear(nlp, "Acme không hề lừa đảo khách")[0].level == 2
    assert hear(nlp, "Acme is not a scam")[0].level == 2


def test_a_question_keeps_its_level(nlp: Language):
    assert hear(nlp, "nghe nói quán này có giòi phải không?")[0].level == 1


def test_an_expression_in_context_needs_its_words_or_the_brand(nlp: Language):
    assert hear(nlp, "bị đau bụng từ sáng") == ()
    assert hear(nlp, "ăn xong đau bụng từ sáng")[0].family == "food-safety"
    assert hear(nlp, "đau bụng vì acme")[0].family == "food-safety"
    assert hear(nlp, "bị đau bụng từ sáng", context=("acme",))[0].family == "food-safety"


def test_expressions_without_marks_are_not_looked_for_in_another_language(nlp: Language):
    assert hear(nlp, "The artist Boc Phot Nguyen opened a gallery in the old town last night") == ()


@pytest.mark.parametrize("text", ["l.ừ.a đ.ả.o", "LỪA ĐẢOOOO", "lừa đả0", "lừa\u200b đảo", "lu\u031b\u0300a đảo", "lua dao nha moi nguoi"])
def test_disguises_do_not_help(nlp: Language, text: str):
    assert [risk.family for risk in hear(nlp, text)] == ["fraud"]


def test_a_family_is_heard_once_with_its_gravest_level(nlp: Language):
    heard = hear(nlp, "thịt mốc xanh, ăn xong cả nhà ngộ độc, mua về toàn hàng lỗi")
    assert [(risk.family, risk.level) for risk in heard] == [("food-safety", 1), ("complaint", 3)]


def test_short_forms_stand_for_their_words():
    assert spelled("không được", {"không": ("k",), "được": ("đc",)}) == ["không được", "không đc", "k được", "k đc"]
