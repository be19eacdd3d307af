from datetime import timedelta

import pytest
from msgspec.structs import replace

from core.records import Factor
from store import incidents, sources, steps
from tests.console.conftest import Room

INCIDENT_KEYS = {
    "id", "topic_id", "kind", "severity", "stage", "status", "owner", "opened_at", "acknowledged_at", "acknowledged_by", "resolved_at",
    "policy_step", "world", "title", "signals", "evidence", "burst",
}  # fmt: skip


def test_incidents_are_listed_newest_first_with_the_shape_of_the_interface(room: Room) -> None:
    room.incident()
    room.tocsin("resolve", "1", "--reason", "fixed", "--as", "ana", after=timedelta(minutes=5))
    room.incident("critical", topic="rival")
    said = room.tocsin("incidents", "--json")
    assert (said.status, said.err) == (0, "")
    assert [each["id"] for each in said.json] == [2, 1]
    newest, oldest = said.json
    assert set(newest) == INCIDENT_KEYS
    assert (newest["severity"], newest["status"], newest["policy_step"], newest["resolved_at"]) == ("critical", "open", 0, None)
    assert (oldest["status"], oldest["resolved_at"]) == ("resolved", "2026-11-21T05:05:00+00:00")
    assert "Acme" in newest["title"]
    assert [signal["kind"] for signal in newest["signals"]] == ["volume_spike"]
    assert newest["signals"][0]["observed"] == 80.0


def test_incidents_are_chosen_by_status(room: Room) -> None:
    room.incident()
    room.incident(topic="rival")
    room.tocsin("ack", "2", "--as", "ana")
    assert [each["id"] for each in room.tocsin("incidents", "--status", "acknowledged", "resolved", "--json").json] == [2]
    assert room.tocsin("incidents", "--status", "taken").status == 2


def test_a_listing_for_people_lines_up_and_names_the_owner(room: Room) -> None:
    room.incident()
    room.tocsin("ack", "1", "--as", "ana")
    out = room.tocsin("incidents").out.splitlines()
    assert len(out) == 2
    assert out[1].startswith("#1")
    assert "Ana" in out[1]
    assert "2026-11-21 12:00" in out[1]  # the configured zone


def test_no_incident_leaves_standard_output_empty(room: Room) -> None:
    said = room.tocsin("incidents")
    assert (said.status, said.out) == (0, "")
    assert said.err != ""
    assert room.tocsin("incidents", "--json").json == []


def test_one_incident_adds_timeline_evidence_and_playbook(room: Room) -> None:
    room.incident(playbook="product-recall")
    room.use(steps.lay_out, 1, [("pause-posts", None)])
    room.tocsin("ack", "1", "--as", "ana", after=timedelta(minutes=2))
    said = room.tocsin("incident", "1", "--json")
    assert said.status == 0
    more = {"timeline", "factors", "playbook", "coverage", "looks", "flags", "severity_history", "roles"}
    assert set(said.json) == INCIDENT_KEYS | more | {"merged_into", "merged_from", "close_proposed_at"}
    assert all(set(entry) == {"at", "kind", "actor", "text", "data"} for entry in said.json["timeline"])
    kinds = [entry["kind"] for entry in said.json["timeline"]]
    assert kinds.index("opened") < kinds.index("acknowledged")
    assert (said.json["acknowledged_by"], said.json["acknowledged_at"]) == ("ana", "2026-11-21T05:02:00+00:00")
    assert said.json["playbook"]["id"] == "product-recall"
    assert {"id", "phase", "text", "role", "due_at", "done_at", "done_by"} == set(said.json["playbook"]["steps"][0])


def test_one_incident_is_told_in_words(room: Room) -> None:
    room.configure(language="vi")
    room.incident(playbook="product-recall")
    room.tocsin("note", "1", "đã gọi nhà máy", "--as", "ana")
    said = room.tocsin("incident", "#1")
    assert said.status == 0
    assert "Diễn biến" in said.out
    assert "đã gọi nhà máy" in said.out
    assert "nghiêm trọng" in said.out
    assert "product-recall" in said.out


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_an_incident_that_is_not_there_fails(room: Room, form: list[str]) -> None:
    said = room.tocsin("incident", "7", *form)
    assert (said.status, said.out, said.err) == (1, "", "tocsin: there is no incident 7\n")


def test_a_number_that_is_none_is_wrong_usage(room: Room) -> None:
    said = room.tocsin("incident", "seven")
    assert said.status == 2
    assert said.err.count("\n") == 1


def test_one_incident_says_what_was_heard_of_all_there_is(room: Room) -> None:
    feeds = [{"id": name, "kind": "rss", "url": f"https://{name}.example/feed"} for name in ("forum", "press")]
    room.configure(listener={"sources": feeds, "unseen": [{"id": "fb", "name": "3 groups", "person": "ben"}]})
    room.incident()
    room.use(sources.ensure, {"forum": "rss", "press": "rss"}, room.now)
    room.use(sources.heard, "forum", room.now - timedelta(hours=2), room.now)
    room.use(sources.save, "forum", 0, {"first_poll_at": room.now - timedelta(days=1), "last_success_at": room.now})
    room.use(sources.save, "press", 0, {"failures": 3, "last_error": "HTTP 503", "last_success_at": room.now - timedelta(hours=3)})
    coverage = room.tocsin("incident", "1", "--json").json["coverage"]
    assert (coverage["sources"], coverage["heard"], coverage["unseen"][0]["id"]) == (2, 1, "fb")
    assert [(each["source_id"], each["state"], each["why"]) for each in coverage["not_whole"]] == [("press", "blind", "HTTP 503")]
    out = room.tocsin("incident", "1").out
    assert "Heard 1 of 2 sources; not heard: press since 09:00 (HTTP 503); no program may see: 3 groups." in out


def test_what_the_alarm_budget_holds_is_listed_with_the_reason(room: Room) -> None:
    room.incident("watch")

    def hold(tx: object) -> None:
        one = incidents.get(tx, 1)
        incidents.save(
            tx, replace(one, factors=(Factor(name="budget", value=8.4, speaks_for="watch"),), version=one.version + 1), one.version
        )

    room.use(hold)
    because = "held by the alarm budget: over all topics, chance alone brings 8.4 such a week"
    assert because in room.tocsin("incidents").out
    assert room.tocsin("incidents", "--json").json[0]["lowered_because"] == because
