"""The component that hears breaches of a community's rules: insult, hate, spam, scam. They are risks of level 3: moderators see them, nobody is paged.

Threats, doxxing and harassment are rows of the risk lexicon, and so are insults and slurs that need no model; here the model's word, and the
signs of adverts, are added.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from spacy.language import Language
from spacy.tokens import Doc

from core.records import Risk
from detectors.enrichment import spam
from detectors.enrichment.doc import Notes, notes
from detectors.enrichment.expressions import Expressions, Lists, load_lists

BREACHES: Final = ("insult", "hate", "spam", "scam")


class HearBreaches:
    """Adds breaches to the `risks` of the notes, each family once.

    Offensive language is an insult; where it goes against a group of people it is hate.
    """

    def __init__(self, groups: Lists) -> None:
        self._groups = Expressions(
            {
                language: [f"{contempt} {name}" for contempt in groups[f"{language}_contempt"] for name in groups[f"{language}_named"]]
                for language in ("vi", "en")
            }
        )

    def __call__(self, doc: Doc) -> Doc:
        """Write the breaches on the notes of one text; after risks and offence."""
        noted = notes(doc)
        found = [*self._offence(noted), *_advert(noted)]
        known = {risk.family for risk in noted.risks}
        noted.risks = (*noted.risks, *(risk for risk in found if risk.family not in known))
        return doc

    def _offence(self, noted: Notes) -> Sequence[Risk]:
        if noted.offensive_word is None:
            return ()
        insult = Risk(family="insult", level=3, term=noted.offensive_word)
        group = next((one.expression for one in self._groups.find(noted.tokens) if one.of == noted.language), None)
        return (insult,) if group is None else (insult, Risk(family="hate", level=3, term=group))


def _advert(noted: Notes) -> Sequence[Risk]:
    told = spam.judge(noted.text, noted.tokens)
    return () if told is None else (Risk(family=told[0], level=3, term=told[1]),)


@Language.factory("tocsin_breaches")
def _make_breaches(nlp: Language, name: str) -> HearBreaches:  # noqa: ARG001
    return HearBreaches(load_lists("groups"))
