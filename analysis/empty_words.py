"""Words that no list of telling words should show."""

from __future__ import annotations

from analysis.edit_kinds import FUNCTION

# Words of grammar, numbers and pointing, which no list of telling words should show. (scikit-learn's list also leaves
# out "bill", "fire", "interest", "serious" and "system", and importing it costs two seconds.)
EMPTY_WORDS = FUNCTION | frozenset(
    """above across after again against all almost along already although always among another any anyone anything
    around away back because become became becomes before behind below beside besides between beyond both but cannot
    come comes came despite done down during each either else enough etc even ever every everyone everything except few
    first further get gets getting give given go goes going got gone half hence however including indeed instead last
    least less let like made make makes making many meanwhile more moreover most much near neither never nevertheless
    next nobody none nor nothing now off often once one ones only onto other others otherwise own part per perhaps put
    quite rather same see seen second several since some somehow someone something sometimes somewhere still such take
    taken takes taking thereby therefore third though through throughout thus together too took toward towards two
    three four five six seven eight nine ten under unless until upon used using via way well went whatever whenever
    whereas whether while whole whose within without yet can't don't won't isn't aren't wasn't weren't doesn't didn't
    couldn't wouldn't shouldn't hasn't haven't hadn't it's that's there's i'm we're they're you're i've we've they've
    i'll we'll they'll""".split()
)
