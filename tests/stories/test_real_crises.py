"""Three real crises, each over a synthetic quiet fortnight, through `tocsin replay`: an incident within the hour of the rise, and none before."""

import csv
import json
import random
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from console.cli import main
from tests import make

IDS_BEGIN = datetime(2010, 11, 4, 1, 42, 54, 657_000, tzinfo=UTC)
FIRST_ID_WITH_TIME = 30_000_000_000
FORTNIGHT = timedelta(days=14)
CALM = ("nothing new about {0}", "a quiet day, {0} as ever", "reading about {0} over coffee", "{0} on the map again")


def tweets(path):
    """(when, id, text) of an event's tweets; the time stands in the id."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [(int(row[0].strip('" ')), row[1]) for row in list(csv.reader(file))[1:] if row and row[0].strip('" ').isdigit()]
    return sorted(
        (IDS_BEGIN + timedelta(milliseconds=number >> 22), str(number), text) for number, text in rows if number >= FIRST_ID_WITH_TIME
    )


def rise(times):
    """The end of the first five minutes after which the next hour holds at least ten tweets."""
    end = times[0] + timedelta(minutes=5)
    while sum(end <= at < end + timedelta(hours=1) for at in times) < 10:
        end += timedelta(minutes=5)
    return end


def quiet_fortnight(word, until):
    """One post an hour in the mean, at random moments, calm."""
    dice = random.Random(2026)
    at = until - FORTNIGHT
    while (at := at + timedelta(hours=dice.expovariate(1.0))) < until:
        yield at, f"calm-{at.timestamp():.0f}", f"{dice.choice(CALM).format(word)} {dice.randrange(10_000)}"


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize(
    ("event", "word"),
    [("2013_West_Texas_explosion", "texas"), ("2013_Lac_Megantic_train_crash", "megantic"), ("2013_Brazil_nightclub_fire", "brazil")],
)
def test_a_real_crisis_opens_an_incident_within_its_first_hour_and_the_fortnight_before_none(event, word, shared, tmp_path, capsys):
    posts = tweets(shared / "crisislex" / "labelled" / f"{event}.csv")
    begins, risen = posts[0][0], rise([at for at, _, _ in posts])
    recorded = [*quiet_fortnight(word, begins), *(post for post in posts if post[0] < risen + timedelta(hours=3))]
    file, config = tmp_path / "crisis.jsonl", tmp_path / "config.yaml"
    file.write_text(
        "\n".join(
            json.dumps(
                {"source_id": "microblog", "native_id": native_id, "text": text, "published_at": at.isoformat(), "author": native_id}
            )
            for at, native_id, text in recorded
        )
    )
    # the events were collected by many keywords: everything that the source holds is about the topic
    sources = [{"id": "microblog", "kind": "replay", "path": "unused.jsonl", "topic": "event"}]
    values = make.config(topics=[{"id": "event", "kind": "brand", "query": word}], listener={"sources": sources})
    config.write_text(yaml.safe_dump(values))
    assert main(["--config", str(config), "replay", str(file), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["mentions"] == len(recorded)
    opened = [datetime.fromisoformat(incident["opened_at"]) for incident in found["incidents"]]
    assert [at for at in opened if at < begins] == []
    assert opened, "no incident"
    assert opened[0] <= risen + timedelta(hours=1)
    evidence = found["incidents"][0]["evidence"]
    texts = {text for _, _, text in posts}
    assert evidence
    assert any(piece["text"][:40] in text for piece in evidence for text in texts)
    assert found["pages"]
    assert datetime.fromisoformat(found["pages"][0]["at"]) <= risen + timedelta(hours=1)
