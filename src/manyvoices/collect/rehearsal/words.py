"""What bots write: opening messages for three kinds of conversation, replies, and free texts.

Written for this project, in English, on many everyday topics; none names a person or a place by
which anyone could be recognised. A bot's words follow from its own seed alone.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Literal

Kind = Literal["free", "values", "disputed"]

FREE = (
    "How do I keep herbs alive on a windowsill that gets little sun?",
    "Plan a week of quick dinners for two people who do not eat meat.",
    "I would like to start running after ten years without any sport. Where do I begin?",
    "Explain to me how a sewing machine makes a stitch.",
    "What should I look for when I buy a used bicycle?",
    "Suggest three board games for an evening with people who have never met.",
    "Could you help me to write a short thank-you note to a neighbour who fed my cat?",
    "Why does bread go stale, and can it be saved?",
    "I have a free Sunday and no money to spend. What could I do?",
    "Tell me something surprising about the night sky.",
    "How can I learn enough of a language for a trip in two months?",
    "My old laptop is slow. What can I try before I buy a new one?",
    "Give me ideas for a birthday party for a child who loves dinosaurs.",
    "What is a good way to remember the names of new colleagues?",
    "How do I get rid of a squeak in a wooden floor?",
    "I want to read more. Which habits help people to finish a book?",
    "Write four lines about rain on a tin roof.",
    "How would you explain inflation to a twelve-year-old?",
    "Hello! I am bored on a long train ride, let us talk.",
    "What is the difference between a violin and a viola?",
    "Help me to choose between a tent and a small cabin for our holiday.",
    "My tomatoes split before they are ripe. What am I doing wrong?",
    "How do I prepare for a job interview when I am nervous?",
    "Make a packing list for three days of walking in the hills.",
    "Which exercises are good for a back that sits at a desk all day?",
    "I found an old film camera in a drawer. How can I tell whether it still works?",
)

VALUES = (
    "Is it ever right to break a promise that I made to a friend?",
    "My family wants me to come home every weekend. How much do I owe them?",
    "What does it mean to live a good life when time is short?",
    "I was brought up with a strong faith and now I have doubts. How do others live with that?",
    "How can I forgive someone who has never said sorry?",
    "Honesty matters most to me, but the truth would hurt my sister. What should I weigh?",
    "Should I take a better paid job if the work means less to me?",
    "I want to raise my children to be kind and also able to stand up for themselves.",
    "How much of what I earn should I give away?",
    "Why do some people find it so hard to ask for help?",
    "What do I do when my loyalty to my team and my sense of fairness disagree?",
    "I try to waste as little as I can, and it makes me tiring company. Is there a middle way?",
    "My grandmother lived through hard years and never complained. What can I learn from that?",
    "Does being free mean doing what I want, or wanting less?",
    "How do I keep a tradition alive without forcing it on anyone?",
    "I believe that hard work should be rewarded. Is that still true today?",
    "A friend drinks too much and says that it is nobody's business. When is it mine?",
    "Is it selfish to choose not to have children?",
    "How should I speak at the funeral of someone whom I did not like?",
    "I feel guilty when I rest. Where does that come from?",
    "What makes an apology a real one?",
    "Does it matter to be remembered after we are gone?",
    "How can I stay patient with a parent who forgets more every month?",
    "I found money in the street and nobody saw me. Tell me what you would think about.",
    "How do I teach respect in a classroom where everyone comes from somewhere else?",
)

DISPUTED = (
    "Should the voting age be lowered to sixteen?",
    "Is nuclear energy a part of the answer to climate change?",
    "Should cities close their centres to private cars?",
    "Do rich countries owe something to poorer ones for the past?",
    "Should phones be banned in schools?",
    "Is it fair that some jobs are paid a hundred times more than others?",
    "Should there be a tax on meat?",
    "How many newcomers can a small town welcome in a year, and who should decide?",
    "Should people be allowed to decide when their own life ends?",
    "Is a four-day week good for everyone or only for office work?",
    "Should parents be free to teach their children at home?",
    "Does protest that blocks a road help or harm a cause?",
    "Should museums give back what was taken in colonial times?",
    "Is it right to keep animals in zoos?",
    "Should social media be closed to children under fourteen?",
    "Do we need a wealth tax, or would it drive people away?",
    "Should shops stay closed on Sundays?",
    "Is military service for everybody a good idea?",
    "Should health care be paid from taxes or by each person?",
    "Does religion belong in schools?",
    "Should the police carry cameras at all times?",
    "Is it wrong to fly for a holiday?",
    "Should a government pay everyone a basic income?",
    "Would it be better if judges were elected?",
    "Should hunting be allowed where wolves have come back?",
)

OPENINGS: Mapping[Kind, tuple[str, ...]] = {"free": FREE, "values": VALUES, "disputed": DISPUTED}

REPLIES = (
    "That is a good point. Could you say more about the first part?",
    "I had not thought of it that way. What would be the next step?",
    "Hmm, and what if I have only one hour a week for it?",
    "Can you give me an example from daily life?",
    "What would somebody say who disagrees with you?",
    "Please put it more simply.",
    "And how would I notice that it goes wrong?",
    "My partner sees it differently. How could we talk about it?",
    "Which of these matters most, in your opinion?",
    "I tried something like that once, and it did not last.",
    "What does it cost, roughly, in time and money?",
    "Is that the same for older people?",
    "Let us turn it around: what should I avoid?",
    "How do people in other countries deal with it?",
    "Could you sum up what we have so far?",
    "I am not convinced. What is the strongest reason?",
    "Where could I read more about this?",
    "Thank you. One last thing: how would you begin tomorrow?",
    "That sounds like a lot. What is the smallest version of it?",
    "What if the others do not join in?",
)

FEEDBACK = (
    "It took my question seriously, and I could use some of it.",
    "I would have liked fewer general remarks and one clear suggestion.",
    "The tone was friendly, which made it easy to go on.",
    "It was a little long for what I wanted to know.",
    "The points were easy to follow.",
    "It should ask more about my situation before it gives advice.",
    "Now and then it repeated itself.",
    "I liked that it did not pretend to know everything.",
    "Some answers sounded as if they could be about anything.",
    "Good to read, and it stayed with the subject.",
    "Please be more direct, I can stand a clear opinion.",
    "More examples would help.",
)

ABOUT_ME = (
    "I like quiet mornings and long walks.",
    "My friends say that I listen well.",
    "Fairness matters to me more than success.",
    "I work with my hands and read in the evening.",
    "Family comes first for me.",
    "I am curious, and sometimes I start too many things.",
    "I want to leave things a little better than I found them.",
    "I change my mind when somebody shows me that I was wrong.",
    "Music has been a part of my life since I was small.",
    "I value plain speaking.",
    "I try to be patient, with mixed results.",
    "I have lived in the country and in the city, and I miss both.",
)

ANYTHING = (
    "Mostly small everyday things.",
    "It should say when it is not sure.",
    "Please be kind and keep it short.",
    "Always tell me where you have it from.",
    "Nothing special comes to mind.",
    "You are a patient helper who asks before advising.",
    "That it treats everyone alike.",
    "Checking the spelling of letters.",
    "I would like it to remember what I said before.",
    "Please never pretend to be a person.",
)

_VALUES_WORDS = re.compile(r"value|believe|matter|important|moral|faith", re.IGNORECASE)
_DISPUTED_WORDS = re.compile(r"controvers|disagree|disput|debat|politic|conflict", re.IGNORECASE)
_ABOUT_WORDS = re.compile(r"describe|self|about_you|yourself|who_are", re.IGNORECASE)


def kind_of(*words: str) -> Kind:
    """Which bank suits a type of conversation, told from its name, then from its label."""
    for text in words:
        if _DISPUTED_WORDS.search(text):
            return "disputed"
        if _VALUES_WORDS.search(text):
            return "values"
    return "free"


def sentences(bank: tuple[str, ...], rng: random.Random, low: int, high: int) -> str:
    """Between `low` and `high` different sentences of a bank, as one paragraph."""
    return " ".join(rng.sample(bank, rng.randint(low, high)))


def free_text(name: str, rng: random.Random, *, multiline: bool) -> str:
    """Something to write into the field called `name`."""
    if "feedback" in name:
        return sentences(FEEDBACK, rng, 1, 3)
    if _ABOUT_WORDS.search(name):
        return sentences(ABOUT_ME, rng, 2, 4)
    return sentences(ANYTHING, rng, 1, 2) if multiline else rng.choice(ANYTHING)
