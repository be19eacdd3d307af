"""A kettle burns, and many speak of it: the alert says what they say that nobody said before, and how it spreads."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from alerting.burst import BurstShown, burst_lines, burst_shown
from core.messages import translator
from listener.base import Page
from store import schema, signals, sources
from store.database import Tx
from tests import make
from tests.house import House

BURST = {
    "vi": [
        "Ấm Acme nhà mình: đang đun thì ấm cháy, khét lẹt cả bếp",
        "trời ơi ấm cháy đen luôn, Acme làm ăn kiểu gì vậy",
        "Cả nhà cẩn thận, ấm cháy rồi, hàng Acme đó",
        "am chay khi dang dun nuoc, Acme oi",
        "Mình cũng bị: ấm cháy, may mà rút điện kịp. Acme phải thu hồi X2",
        "Hôm qua ấm cháy ở nhà bà ngoại, đúng loại Acme này",
        "Acme trả lời đi, X2 mà ấm cháy thế này ai chịu",
        "bếp nhà em ám khói vì ấm cháy, Acme X2 nhé",
        "đã gọi tổng đài Acme, báo ấm cháy, chưa ai nghe máy",
        "ấm cháy! Acme X2! ai mua rồi thì ngưng dùng",
        "con mình suýt bỏng vì ấm cháy, đừng mua Acme X2",
    ],
    "en": [
        "Woke up to smoke: the kettle caught fire. Thanks, Zenko",
        "Zenko, my kettle caught fire on the second day",
        "So the kettle caught fire while my son stood there #Zenkofail @Zenko",
        "Careful everyone, our kettle caught fire, an Zenko one",
        "Third time I read that a kettle caught fire. Zenko must recall the X2",
        "kitchen is black, kettle caught fire, Zenko says nothing",
        "Called Zenko support because the kettle caught fire, nobody answers",
        "The Zenko X2 of my neighbour: kettle caught fire, cable melted",
        "My mother's kettle caught fire yesterday. Zenko X2, bought in May",
        "Why did the kettle caught fire reports get no answer, Zenko?",
        "kettle caught fire here as well, Zenko x2, unplug yours",
    ],
}


USUAL = {  # what people say of it on other days, four of them a day
    "vi": """đun nhanh ghê/màu trắng xinh/giá hơi chát/giao hàng trễ hai hôm/nắp khó mở/dây điện ngắn/pha trà ngon/tặng mẹ sinh nhật/có bảo hành không
        /mua ở đâu chính hãng/so với hãng khác thế nào/nghe review khen/vệ sinh cặn sao/đổi màu đen được không/hộp móp góc/quà kèm là ly sứ/đế xoay tiện
        /dung tích bao nhiêu lít/tay cầm chắc/đang giảm nửa tiền/đèn báo đẹp/ồn như máy bay/hết mẫu xanh rồi/nhà bạn xài ba năm""",
    "en": """boils fast/white looks lovely/a bit pricey/arrived two days late/lid is stiff/short cord/makes good tea/gift for mum/any warranty
        /sold where exactly/versus other brands/review praised it/descaling tips wanted/swap for black/dented box/came with free mug/swivel base handy
        /how many litres/sturdy handle/half price currently/nice blue light/loud as jets/green sold out/neighbour has three""",
}


async def hear(house: House, texts: list[str], *, age: timedelta = timedelta(0), **changes: str) -> None:
    page = tuple(make.mention(text, at=house.now - age, **changes) for text in texts)
    await house.simulation.monitor.poller.receive("forum", Page(mentions=page), house.now)


async def test_an_incident_says_what_is_new_and_how_it_spreads(build_house):
    """One burst in Vietnamese, one in English: eleven people tell of a fire, and one account posts the first of them twenty times more."""
    topics = [{"id": name, "name": name.title(), "query": name, "products": ["X2"]} for name in ("acme", "zenko")]
    house = build_house(topics=topics)
    database = house.simulation.store.database
    await house.listen_to("forum")
    await database.write(sources.open_recordings, {"forum": "test"}, house.now - timedelta(days=30))
    for (language, said), name in zip(BURST.items(), ("Acme", "Zenko"), strict=True):
        for number, remark in enumerate(USUAL[language].split("/")):
            await hear(house, [f"{name}: {remark.strip()}"], age=timedelta(days=2 + number // 4))
        await hear(house, said)
        await hear(house, said[:1] * 20, author="newsbot")
    await house.settle()
    told = {one.topic_id: database.read_now(shown_of, one.id) for one in house.incidents}
    assert [(theme.phrase, theme.kind, theme.before) for theme in told["acme"].themes] == [("ấm cháy", "phrase", 0), ("X2", "product", 0)]
    assert burst_lines(translator("vi"), told["acme"]) == [
        "Mới nổi lên so với 6 ngày trước: “ấm cháy” (10 người) và sản phẩm “X2” (4 người)",
        "Cách lan truyền: 21/31 bài chép lại (68%), 12/12 tài khoản mới xuất hiện trong 7 ngày qua và một tài khoản đăng 20/31 bài",
    ]
    assert burst_lines(translator("en"), told["zenko"]) == [
        "New against the 6 days before: “kettle caught fire” by 11 people and product “X2” by 4 people",
        "How it spreads: 20 of 31 mentions are copies (65%), 12 of 12 accounts first heard within 7 days and one account wrote 20 of 31",
    ]
    await database.write(lambda tx: tx.execute(sa.delete(schema.mention_texts)))
    assert database.read_now(shown_of, house.incidents[0].id).themes == (), "erased texts take their words with them"


def shown_of(tx: Tx, incident_id: int) -> BurstShown | None:
    return burst_shown(tx, signals.of_incident(tx, incident_id))
