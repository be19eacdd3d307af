"""The risk lexicon: every row's own cases, the innocent lookalikes, negation, and context."""

from __future__ import annotations

import unicodedata
from collections import Counter

import pytest
from spacy.language import Language

from bench.risks import wilson
from core.records import Risk
from core.text import unmarked
from detectors.enrichment import language, risks, topics
from detectors.enrichment.doc import blank, notes
from detectors.enrichment.lexicon import LEXICONS, Row, load_lexicon, spelled

assert language
assert topics

ROWS = [pytest.param(row, id=row.id) for name in LEXICONS for row in load_lexicon(name).rows]
ALL = [row for name in LEXICONS for row in load_lexicon(name).rows]
CASES = 400  # at least, of each kind
ISSUE = {
    "food-safety", "recall", "injury", "fraud", "data-leak", "outage", "discrimination", "harassment", "threat", "self-harm", "doxxing",
    "legal", "boycott", "expose", "impersonation", "executive", "labour", "environment", "staff-conduct", "ambassador", "price", "complaint",
}  # fmt: skip


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


def rows(nlp: Language, text: str) -> dict[str, int]:
    """The rows that a text says, with their levels."""
    hearing = nlp.get_pipe("tocsin_risks")
    assert isinstance(hearing, risks.HearRisks)
    return {one.row.id: one.level for one in hearing.rows(nlp(text))}


@pytest.mark.parametrize("row", ROWS)
def test_a_row_hears_what_it_must_at_its_level_and_stays_silent_where_it_must(nlp: Language, row: Row):
    assert row.says
    assert row.silent
    assert {text: rows(nlp, text).get(row.id) for text in row.says} == dict.fromkeys(row.says, row.level)
    assert {text: hear(nlp, text) for text in row.silent} == dict.fromkeys(row.silent, ())


def test_decomposed_letters_are_heard_alike(nlp: Language):
    said = [(row, text) for row in load_lexicon("vi").rows for text in row.says if not unicodedata.is_normalized("NFD", text)]
    assert [text for row, text in said if row.id not in rows(nlp, unicodedata.normalize("NFD", text))] == []


def test_what_may_be_typed_without_marks_is_heard_without_any(nlp: Language):
    said = [(row, text) for row in load_lexicon("vi").rows if not (row.marked or row.near_bare) for text in row.says]
    assert len(said) > CASES / 2
    assert [text for row, text in said if row.family not in {risk.family for risk in hear(nlp, unmarked(text))}] == []


def test_there_are_cases_enough_in_every_family_of_both_languages():
    says, silent = sum(len(row.says) for row in ALL), sum(len(row.silent) for row in ALL)
    assert min(says, silent) >= CASES
    typed_bare = [text for row in load_lexicon("vi").rows for text in row.says if text.isascii()]
    assert len(typed_bare) >= 100
    for name in LEXICONS:
        families = Counter(row.family for row in load_lexicon(name).rows)
        assert {family for family in ISSUE if families[family] < 3} == set()
    assert [row_id for row_id, count in Counter(row.id for row in ALL).items() if count > 1] == []


def test_a_row_that_was_read_and_found_wanting_does_not_page_alone():
    measured = [row for row in ALL if row.alone == "measured"]
    assert measured
    assert [row.id for row in measured if row.read < 10 or wilson(row.right, row.read)[0] <= 0.5] == []
    assert [row.id for row in ALL if row.alone == "argued" and row.read - row.right > 1] == []
    assert [row.id for row in ALL if row.alone != "no" and (row.level != 1 or row.amplifies)] == []


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
        "anh Dương ở đường Lê Lợi, họ Dương, nick duong",
        "dương",
    ],
)
def test_innocent_lookalikes_are_not_heard(nlp: Language, text: str):
    assert hear(nlp, text) == ()


def test_a_negation_takes_level_one_to_two_and_never_away(nlp: Language):
    assert hear(nlp, "Acme lừa đảo khách")[0].level == 1
    assert hear(nlp, "Acme không hề lừa đảo khách")[0].level == 2
    assert hear(nlp, "Acme is not a scam")[0].level == 2
    assert hear(nlp, "the Acme kettle has not been recalled")[0].level == 2


def test_a_supposition_or_another_place_does_the_same(nlp: Language):
    assert hear(nlp, "nếu bị lừa đảo thì báo Acme")[0].level == 2
    assert hear(nlp, "if I get scammed then Acme will pay")[0].level == 2
    assert hear(nlp, "Acme uy tín, bên kia lừa đảo")[0].level == 2


def test_not_only_denies_nothing(nlp: Language):
    assert hear(nlp, "Acme không chỉ lừa đảo mà còn chửi khách")[0].level == 1
    assert hear(nlp, "Acme is not only a scam but a rude one")[0].level == 1


def test_a_negation_ends_with_its_clause(nlp: Language):
    assert hear(nlp, "Acme không trả lời, lừa đảo rõ ràng")[0].level == 1


def test_a_row_that_may_not_page_alone_counts_as_level_two_until_another_says_the_same(nlp: Language):
    assert [(risk.family, risk.level) for risk in hear(nlp, "Acme: báo công an rồi")] == [("legal", 2)]
    assert hear(nlp, "Acme: báo công an rồi, mai khởi kiện")[0].level == 1
    assert hear(nlp, "ăn Acme xong tiêu chảy")[0].level == 2
    assert hear(nlp, "ăn Acme xong tiêu chảy, nửa đêm đi cấp cứu")[0].level == 1


def test_words_that_only_sharpen_are_told_beside_a_risk_alone(nlp: Language):
    assert hear(nlp, "share mạnh cho mọi người biết nha") == ()
    assert [risk.family for risk in hear(nlp, "Acme quỵt tiền, share mạnh cho mn biết")] == ["fraud", "spread"]


def test_a_sentence_ends_an_expression(nlp: Language):
    assert hear(nlp, "chưa nhận được hàng. giả sử mai giao thì sao")[0].family == "complaint"
    assert [risk.family for risk in hear(nlp, "shop giao hàng. Giả dụ tặng quà thì thích")] == []


def test_slurs_are_masked_in_what_alerts_quote(nlp: Language):
    assert [risk.term for risk in hear(nlp, "nó chửi khách là namki trên live") if risk.family == "discrimination"] == ["n***"]


def test_english_words_are_not_found_in_vietnamese_ones(nlp: Language):
    assert hear(nlp, "bán đồ cũ, bạn nào cần thì nhắn") == ()


def test_a_question_keeps_its_level(nlp: Language):
    assert hear(nlp, "nghe nói quán này có giòi phải không?")[0].level == 1
    assert hear(nlp, "sữa Acme có bị thu hồi không?")[0].level == 1
    assert hear(nlp, "has the Acme kettle been recalled? product recall?")[0].level == 1
    assert hear(nlp, "is it safe?") == ()


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
