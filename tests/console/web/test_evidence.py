"""The evidence pack in the console."""

from store import audit
from tests.console.web.place import Place


async def test_it_is_read_without_a_trace_and_taken_away_with_one(place: Place) -> None:
    incident = await place.incident()
    before = place.dump()
    page = await (await place.client.get(f"/incidents/{incident.id}/evidence")).text()
    assert "Đây chưa phải là vi bằng" in page
    assert place.dump() == before
    assert f"/incidents/{incident.id}/evidence" in await (await place.client.get(f"/incidents/{incident.id}")).text()
    assert (await place.client.get(f"/incidents/{incident.id}/evidence/html")).status == 405
    refused = await place.client.post(f"/incidents/{incident.id}/evidence/zip", data={"who": "ana"})
    assert refused.status == 403
    assert place.dump() == before
    assert place.database.read_now(audit.first_broken) is None
