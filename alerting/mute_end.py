"""What happens to an incident when what muted it is over. Pure; `incident.decide` calls it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from alerting.arrival import asks_for_page, page_again
from alerting.events import Decision, MuteEnded, line
from alerting.paging import has_paged
from alerting.policy import Roster
from alerting.silence import muted_line
from core.records import Incident
from core.silences import Silence

ACTOR: Final = "unmuter"
LATELY: Final = timedelta(minutes=30)  # an echo that was heard within it is no echo any more, once its cause is over


def mute_ended(incident: Incident, event: MuteEnded, now: datetime, roster: Roster) -> Decision:
    """Page what it kept quiet and is still open; what had paged before, and got no worse meanwhile, pages nobody again.

    Nobody is paged where somebody has it in hand already, where another silence goes on, or where it was an echo that ended with its cause.
    """
    if not incident.is_open:
        return Decision(incident=incident)
    if event.still is not None:
        return Decision(incident=incident, timeline=(muted_line(incident, event.still, now, ACTOR),))
    paged = event.alive and _owes(incident, now)
    key = "mute_ended" if paged else "mute_ended_quietly" if event.alive else "echo_ended"
    said = line(incident, now, "mute_ended", ACTOR, key=key, comment=event.silence.comment, data={"silence": event.silence.id})
    return page_again(incident, incident, now, roster, (said,)) if paged else Decision(incident=incident, timeline=(said,))


def is_alive(incident: Incident, silence: Silence, now: datetime) -> bool:
    """Whether what was muted is still news: always, where a person or a plan muted it; an echo, where it was heard lately."""
    return silence.kind != "inhibition" or now - incident.last_signal_at <= LATELY


def _owes(incident: Incident, now: datetime) -> bool:
    """Whether a page was kept back: nobody was told at all, or of something less."""
    if not has_paged(incident) and (incident.status != "open" or incident.next_step_at is not None):
        return False
    return asks_for_page(incident, now, rose=False)
