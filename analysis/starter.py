"""The files of a starter corpus, as `python -m analysis new` writes them. The story in them is made up."""

from __future__ import annotations

_CONFIG = """\
# Settings of this corpus. Every line that begins with # is a comment; take the # away to use a setting.
# Without it the value shown is in force. `python -m analysis check FOLDER` says what is seen.

# --- thresholds
# min_words = 20           # articles with fewer words in their body are skipped
# min_count = 2            # words rarer than this in the whole corpus are not tested for keyness
# resamples = 500          # draws behind each 95 % interval; more take longer
# max_statements = 40      # rows of the statement figure
# sure_from = 0.0          # score (0 to 1) from which a matched statement is "sure"; 0: as the model's card says
# reference = "Harbour Post"   # the outlet to compare the others with; else each is compared with all others
# all_languages = false    # true: analyse articles that do not look English too

# --- files beside this one
# lexicons = "lexicons"    # a folder with your own word lists: wording.csv replaces ours, wording.more.csv adds to it
# validity = "validity.json"   # what `code import` made of your own coding: printed beside the measures it covers
# transcripts = ["speech.txt"]   # what was said; files in the folder transcripts/ are taken without this line

# --- a table whose columns have other names
# [columns]
# outlet = "source"
# text = "body"

# --- outlets: as the corpus writes them, as they are shown
[outlets]
"morningpost.example" = "Morning Post"

# --- groups of outlets, compared with all the others beside the outlets themselves
# [groups]
# agencies = ["Agency One", "Agency Two"]

# --- occasions, where you know better than dates and words: a name, and its articles by file or id
# (a column `event` in the manifest does the same)
# [events]
# "harbour vote" = ["harbour_morning_post.txt", "harbour_evening_news.txt"]

# --- targets: who or what is named, and by which labels, each kind of label a list; adds to our list of names
[targets."the harbour plan"]
official = ["harbour development plan"]
descriptive = ["harbour project"]
loaded = ["harbour folly"]
"""
_MANIFEST = """\
file,outlet,title,date,date_basis,url
harbour_morning_post.txt,morningpost.example,Council approves harbour plan,2022-03-02,stated,
harbour_evening_news.txt,Evening News,Divided council waves through harbour folly,2022-03-02,stated,
harbour_gazette.txt,Gazette,New quay for the harbour,2022-03-03,stated,
"""
_MORNING = """\
Council approves harbour plan

The city council approved the harbour development plan on Wednesday by six votes to five.

“We will build the new quay only if the state pays half of it,” Mayor Ines Vale said after the vote. “Nobody will lose a
mooring.”

The plan foresees 400 flats and a new quay. Work is expected to begin in May. Two councillors said that they would ask a
court to look at the vote.
"""
_EVENING = """\
Divided council waves through harbour folly

A bitterly divided city council waved through the harbour folly on Wednesday, by a single vote.

“We will build the new quay,” Mayor Ines Vale claimed. Boat owners fear for their moorings.

The project foresees 400 flats. Two councillors said they would go to court against the vote.
"""
_GAZETTE = """\
New quay for the harbour

The harbour will get a new quay and 400 flats. The city council approved the plan on Wednesday by six votes to five.

Mayor Ines Vale said that nobody would lose a mooring. Boat owners met the mayor for an hour after the vote, and the
harbour master showed them where the new moorings will be.
"""
_SPEECH = """\
Good evening. Thank you all for staying so late. We will build the new quay only if the state pays half of it. Nobody
will lose a mooring. The work can begin in May.
"""

STARTER = {
    "parallax.toml": _CONFIG,
    "manifest.csv": _MANIFEST,
    "harbour_morning_post.txt": _MORNING,
    "harbour_evening_news.txt": _EVENING,
    "harbour_gazette.txt": _GAZETTE,
    "transcripts/mayor.txt": _SPEECH,
}
