"""Words of English that carry grammar rather than a subject: left out of lists of single words.

PRISM left out NLTK's list. This one is our own, of articles, pronouns, prepositions, conjunctions,
auxiliary verbs and the short forms of these. Other languages have none here.
"""

from __future__ import annotations

STOP_WORDS = frozenset(
    """
a about above after again against ain all am an and any are aren't as at be because been before
being below between both but by can can't cannot could couldn't d did didn't do does doesn't doing
don don't down during e each every few for from further g had hadn't has hasn't have haven't having
he he'd he'll he's her here here's hers herself him himself his how how's i i'd i'll i'm i've if
in into is isn't it it'd it'll it's its itself just let's ll m may me might mightn't more most must
mustn't my myself needn't no nor not now o of off on once only or other ought our ours ourselves out
over own re s same shall shan't she she'd she'll she's should should've shouldn't so some such t
than that that'd that'll that's the their theirs them themselves then there there's these they
they'd they'll they're they've this those through to too under until up us ve very was wasn't we
we'd we'll we're we've were weren't what what's when when's where where's which while who who's whom
why why's will with won't would wouldn't y you you'd you'll you're you've your yours yourself
yourselves
""".split()
)
