"""How many mentions a processor's second stores: new ones, and ones that are known already, on SQLite.

make bench-store
"""

from __future__ import annotations

import tempfile
import time
from typing import Final

from store import mentions
from store.open import open_database
from tests import make

SIZES: Final = ((40, 12_000), (1_000, 30_000))  # mentions on a page; in all
AUTHORS: Final = 2_000
TEXT: Final = "Ấm Acme nhà mình dùng ba tháng thì hỏng, gọi bảo hành không ai nghe máy " + "x" * 100


def main() -> None:
    """Print the table."""
    print(f"{'page':>6}{'new a CPU-second':>20}{'known a CPU-second':>20}")
    for size, total in SIZES:
        new, known = _measured(size, total)
        print(f"{size:>6}{new:>20,.0f}{known:>20,.0f}")


def _measured(size: int, total: int) -> tuple[float, float]:
    pages = [
        [
            make.mention(f"{TEXT} {number}", title="Tựa", author=f"u{number % AUTHORS}", url=f"https://forum.example/{number}")
            for number in range(start, start + size)
        ]
        for start in range(0, total, size)
    ]
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{folder}/pages.db")
        rates = []
        for _ in range(2):
            start_s = time.process_time()
            for page in pages:
                database.write_now(mentions.add, page)
            rates.append(total / (time.process_time() - start_s))
        database.close()
    return rates[0], rates[1]


if __name__ == "__main__":
    main()
