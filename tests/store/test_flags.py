from datetime import timedelta

from core.flagged import Counted, Flagged, Picture
from core.records import Engagement
from store import flags, mentions, readings
from tests import make

HOUR = timedelta(hours=1)
SHOT = Picture(sha256="ab" * 32, media_type="image/png", data=b"\x89PNG\r\n\x1a\nx")
HASH = Picture(sha256="cd" * 32)


def kept(database, now, *, by="ana", counted=(), pictures=(), **changes):
    """A flagged mention of the source "groups"."""

    def work(tx):
        mention = make.mention("Sữa Acme", source="groups", native_id="1", title="Mẹ bỉm", **changes)
        mentions.add(tx, [mention])
        flags.keep(tx, "groups", [Flagged(key=mention.key, by=by, place="facebook_group", pictures=pictures)], counted, now)
        return flags.with_key(tx, mention.key)

    return database.write_now(work)


def test_a_flag_remembers_who_flagged_it_first_and_what_it_began_with(database, now):
    flag = kept(database, now, engagement=Engagement(likes=12))
    assert (flag.by, flag.place, flag.title, flag.source_id, flag.at, flag.deleted_at) == (
        "ana",
        "facebook_group",
        "Mẹ bỉm",
        "groups",
        now,
        None,
    )
    again = kept(database, now + HOUR, by="ben", engagement=Engagement(likes=15), at=now + HOUR)
    assert (again.mention_id, again.by) == (flag.mention_id, "ana")
    assert [(one.likes, one.by) for one in database.read_now(readings.of, [flag.mention_id])[flag.mention_id]] == [(12, "ana"), (15, "ben")]
    assert database.read_now(flags.lately, now)
    assert not database.read_now(flags.lately, now + HOUR)


def test_pictures_stand_by_their_hash_once_and_go_with_the_post(database, now):
    flag = kept(database, now, pictures=(SHOT, HASH))
    kept(database, now, by="ben", pictures=(SHOT,))
    assert database.read_now(flags.pictures_of, [flag.mention_id]) == {flag.mention_id: [(SHOT.sha256, True), (HASH.sha256, False)]}
    assert database.read_now(flags.picture, SHOT.sha256) == SHOT
    assert database.read_now(flags.picture, HASH.sha256) is None
    assert database.write_now(flags.take, flag, Counted(mention_id=flag.mention_id, by="ana", gone=True), now)
    assert database.read_now(flags.picture, SHOT.sha256) is None
    gone = database.read_now(flags.get, flag.mention_id)
    assert (gone.title, gone.deleted_at) == ("", now)
    assert not database.write_now(flags.take, gone, Counted(mention_id=flag.mention_id, by="ana"), now)


def test_a_picture_that_another_post_shows_stays(database, now):
    flag = kept(database, now, pictures=(SHOT,))

    def other(tx):
        mention = make.mention("Ấm Acme", source="groups", native_id="2")
        mentions.add(tx, [mention])
        flags.keep(tx, "groups", [Flagged(key=mention.key, by="ana", pictures=(SHOT,))], (), now)

    database.write_now(other)
    database.write_now(flags.take, flag, Counted(mention_id=flag.mention_id, by="ana", gone=True), now)
    assert database.read_now(flags.picture, SHOT.sha256) == SHOT


def test_counters_are_taken_of_the_sources_own_flags_alone(database, now):
    flag = kept(database, now)

    def work(tx):
        (other,) = mentions.add(tx, [make.mention(source="forum")]).new
        counted = [Counted(mention_id=number, by="mallory", engagement=Engagement(likes=9)) for number in (flag.mention_id, other, 999)]
        flags.keep(tx, "elsewhere", (), counted, now)
        assert readings.of(tx, [flag.mention_id, other]) == {}
        flags.keep(tx, "groups", (), counted, now)
        assert list(readings.of(tx, [flag.mention_id, other])) == [flag.mention_id]

    database.write_now(work)
