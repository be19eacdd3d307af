"""`make bench-paging`: how long a page takes, from the post that is risk enough alone to the channel that has accepted it; and what stops it.

The daemon is a process of its own with real spaCy, SQLite with synchronous=FULL, posts pushed by signed webhook, pages by webhook to a local receiver.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientSession

from bench.paging_place import PATIENCE_S, Place
from bench.paging_races import quiet, races, storm

RATE: Final = 10.0  # incidents a second
INCIDENTS: Final = 300
PRESSES: Final = 100
STARTS: Final = 3
NONCE: Final = re.compile(r'name="nonce" value="([^"]+)"')
FIRE: Final = "{brand} kettle caught fire and burned my son"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure all, print tables; the exit status is 1 where a figure that was promised is not met."""
    asked = argparse.ArgumentParser(prog="bench.paging", description=__doc__)
    asked.add_argument("--incidents", type=int, default=INCIDENTS)
    asked.add_argument("--races", type=int, default=1_000)
    args = asked.parse_args(argv)
    quiet()
    with tempfile.TemporaryDirectory(prefix="tocsin-paging-") as name:
        kept = asyncio.run(_with_daemon(Place(Path(name), args.incidents + 1)))
    with tempfile.TemporaryDirectory(prefix="tocsin-paging-") as name:
        kept += [asyncio.run(races(Path(name), args.races)), asyncio.run(storm(Path(name)))]
    return 0 if all(kept) else 1


async def _with_daemon(place: Place) -> list[bool]:
    receiver = await place.receive()
    place.start()
    try:
        async with ClientSession() as http:
            await _ready(place, http)
            kept = [await collected_to_accepted(place, http), await presses(place, http)]
        place.stop()
        return [*kept, await starts(place)]
    finally:
        if place.process is not None and place.process.poll() is None:
            place.process.kill()
        await receiver.cleanup()


async def _ready(place: Place, http: ClientSession) -> None:
    """Wait until it serves, has heard its source, and no longer holds back what it notices at its start."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            await place.push(http, f"my {place.brands[-1]} is nice")
            break
        except OSError:
            await asyncio.sleep(0.2)
    await asyncio.sleep(5)


async def collected_to_accepted(place: Place, http: ClientSession) -> bool:
    """Posts at an even rate, each about another brand: from offering it to the page that the channel accepted."""
    offered: dict[str, float] = {}
    stored: list[float] = []

    async def burn(brand: str) -> None:
        offered[brand] = await place.push(http, FIRE.format(brand=brand.title()))
        stored.append(time.monotonic() - offered[brand])

    spent = -place.processor_s()
    begun, burning = time.monotonic(), []
    for number, brand in enumerate(place.brands[:-1]):
        await asyncio.sleep(max(0.0, begun + number / RATE - time.monotonic()))
        burning.append(asyncio.create_task(burn(brand)))
    await asyncio.gather(*burning)
    await _until(lambda: len(place.pages) >= len(offered))
    spent += place.processor_s()
    took = []
    for at, page in place.pages:
        brand = next((word.lower() for word in re.findall(r"Zolta\d+", page["subject"])), None)
        if brand in offered:
            took.append(at - offered[brand])
    print(f"\na post that is risk enough alone, {RATE:.0f} a second, {len(offered)} in all ({len(took)} pages)")
    print(f"  {spent / len(offered) * 1000:.0f} ms of a processor each, all stages together")
    _times("offered -> stored", stored)
    return _times("offered -> accepted by the channel", took, p50=1.5, p99=5.0) and len(took) == len(offered)


async def presses(place: Place, http: ClientSession) -> bool:
    """A hundred people press the same link's button at once."""
    link = next(page["link"] for _, page in reversed(place.pages) if page["link"])
    incident = next(page["incident_id"] for _, page in reversed(place.pages) if page["link"])

    async def press() -> int:
        async with http.get(link) as shown:
            found = NONCE.search(await shown.text())
        assert found is not None
        nonces.append(found.group(1))
        await everybody.wait()
        async with http.post(link, data={"nonce": nonces.pop()}, headers={"origin": place.address}) as answer:
            return answer.status

    nonces: list[str] = []
    everybody = asyncio.Event()
    pressing = [asyncio.create_task(press()) for _ in range(PRESSES)]
    await _until(lambda: len(nonces) == PRESSES)
    begun = time.monotonic()
    everybody.set()
    statuses = Counter(await asyncio.gather(*pressing))
    taken = place.ask("SELECT count(*) FROM timeline WHERE incident_id = ? AND kind = 'acknowledged'", incident)[0][0]
    print(
        f"\n{PRESSES} acknowledgements at once: {taken} transition, answers {dict(statuses)}, all within {time.monotonic() - begun:.2f} s"
    )
    return bool(taken == 1 and statuses == {200: PRESSES})


async def starts(place: Place) -> bool:
    """From a cold start of the process to a page that was planned before."""
    took = []
    for number in range(STARTS):
        before = len(place.pages)
        _plan_a_page(place, number)
        begun = time.monotonic()
        place.start()
        await _until(lambda before=before: len(place.pages) > before)
        took.append(place.pages[-1][0] - begun)
        place.stop()
    print(f"\na page that waits for the daemon to start, {STARTS} cold starts")
    return _times("process started -> accepted", took, p99=10.0)


def _plan_a_page(place: Place, number: int) -> None:
    from datetime import UTC, datetime

    from core.records import Notification
    from store import notifications
    from store.database import Database

    now, database = datetime.now(UTC), Database(f"sqlite:///{place.folder}/tocsin.db")
    waiting = Notification(key=f"start-{number}", incident_id=None, kind="test", person="p0", channel="webhook", due_at=now, planned_at=now)
    database.write_now(notifications.plan, [waiting])
    database.close()


async def _until(holds: Any) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds() and time.monotonic() < end:  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.01)


def _times(name: str, seconds: Sequence[float], *, p50: float | None = None, p99: float | None = None) -> bool:
    """Print the percentiles; whether they are as wanted."""
    ranked = sorted(seconds) or [float("nan")]
    at = {share: ranked[min(len(ranked) - 1, int(len(ranked) * share))] for share in (0.5, 0.9, 0.99)}
    wanted = ", ".join(f"p{name} {limit} s" for name, limit in (("50", p50), ("99", p99)) if limit is not None)
    print(
        f"  {name:36} n {len(seconds):5}  p50 {at[0.5]:7.3f} s  p90 {at[0.9]:7.3f} s  p99 {at[0.99]:7.3f} s  worst {ranked[-1]:7.3f} s"
        + (f"  (wanted {wanted})" if wanted else "")
    )
    return (p50 is None or at[0.5] <= p50) and (p99 is None or at[0.99] <= p99)


if __name__ == "__main__":
    sys.exit(main())
