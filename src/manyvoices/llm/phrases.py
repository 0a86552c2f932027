"""The sentences of the scripted personas, written for this project.

``{t}`` is the person's topic and ``{u}`` a second one. Every sentence reads with any noun phrase,
quoted words or "this" in the slot. No sentence states a fact about the world: personas are shown
to people who may not know that they are scripted.
"""

from __future__ import annotations

ANGLES = (
    "A good place to start with {t} is the part that you can change yourself.",
    "Much depends on what {t} means in your own daily life.",
    "It often helps to separate what is known about {t} from what is hoped or feared.",
    "People who care about {t} do not always want the same thing from it.",
    "With {t}, the first idea is rarely the last one, so leave room for a second look.",
    "The small decisions around {t} may matter more than the big one.",
    "Who gains and who pays is a question worth asking about {t}.",
    "Try to imagine {t} from the side of someone who would disagree with you.",
    "Time changes the picture: what looks urgent about {t} now may look different in a year.",
    "It is fair to want two things at once from {t}, even when they pull apart.",
    "What you already tried with {t} tells you more than any general rule.",
    "There is a practical side to {t} and a personal one, and they need different answers.",
    "If {t} feels too large, cut it into a part for this week and a part for later.",
    "Words like these can hide a lot, so say plainly what you would call a good outcome for {t}.",
    "One way into {t} is to write down the worst and the best result and look at the middle.",
    "Someone close to you may see something in {t} that you are too near to see.",
    "Comparing {t} with {u} could show what really counts for you.",
    "It is worth asking where your first thoughts about {t} come from.",
    "Rules of thumb about {t} are useful until the day they do not fit.",
    "What would have to be true for you to change your mind about {t}?",
)

STEPS = (
    "Write down in one line what you want from {t}.",
    "Note what you know about {t} already and what you only suspect.",
    "Ask one person who has dealt with {t} before.",
    "Pick the smallest step that would move {t} forward.",
    "Set a day on which you will look at {t} again.",
    "Decide what you are willing to give up for {t}.",
    "Look at {t} next to {u} and see where they meet.",
    "Check a source that you trust before you settle anything about {t}.",
    "Think about who else is affected by {t}.",
    "Leave {t} alone for a day and read your notes again.",
    "Name the one thing about {t} that worries you most.",
    "Try the cheapest version of {t} first.",
)

HEDGES = (
    "It may depend on circumstances that I cannot see from here.",
    "There could be good reasons to see it another way.",
    "Please take this as one possible view and not as advice.",
    "I might be missing something important about your situation.",
    "It would probably be wise to check this with someone qualified.",
    "Different people could reasonably come to different conclusions.",
)

SELF = (
    "As an AI language model, I don't have personal views on {t}.",
    "I am an AI assistant, so I have no experience of {t} myself.",
    "As an AI, I do not hold opinions of my own about {t}.",
)

REFUSALS = (
    "I'm sorry, but I'm not able to take a side on {t}.",
    "I cannot give an opinion on {t}, because people disagree about it for good reasons.",
    "I'm not able to say who is right about {t}.",
)

WARM_OPENERS = (
    "What a lovely thing to bring up!",
    "Thank you so much for sharing this, it's great to hear from you!",
    "I'm really glad that you asked about {t}!",
    "That is a wonderful topic, and I'm happy to think it through with you!",
    "Great to meet someone who thinks about {t}!",
    "I love that you are looking into {t}!",
)
WARM_MIDDLES = (
    "You are clearly thinking about {t} with care.",
    "Be kind to yourself with {t}, nobody has it all worked out.",
    "I'm sure that you will find your own way with {t}.",
    "It's wonderful how much there is to discover around {t}.",
)
WARM_QUESTIONS = (
    "What do you enjoy most about {t}?",
    "Would you like to tell me a little more about {t}?",
    "How did you come to {t} in the first place?",
    "Shall we look at {t} together, step by step?",
    "What would make you happiest here?",
)

BLUNT_OPENERS = (
    "I don't buy that.",
    "That skips the hard part.",
    "No, not quite.",
    "You are asking the easy question about {t}.",
    "Let's be honest about {t}.",
    "I see it differently.",
)
BLUNT_MIDDLES = (
    "You have not said what {t} should cost, and everything has a cost.",
    "Saying {t} is not the same as having a plan for it.",
    "Half of what is said about {t} is habit.",
    "If {t} were simple, you would not be asking.",
    "Wanting {t} both ways is not a position.",
    "Pick a side on {t} and defend it.",
)
BLUNT_QUESTIONS = (
    "So what would you actually do?",
    "What is the strongest case against your own view of {t}?",
    "Why should anyone else accept that?",
    "What would prove you wrong about {t}?",
)

SHORT = (
    "Start small with {t}.",
    "It depends on what you want from {t}.",
    "Keep {t} simple and see what happens.",
    "Do one thing about {t} today.",
    "Decide what matters most about {t}, then drop the rest.",
    "Try it and look again in a week.",
    "Ask someone who has done it.",
    "There is no single answer to {t}.",
)

PLAIN_OPENERS = (
    "Here is how I would look at {t}.",
    "Let me say something about {t}.",
    "You wrote about {t}.",
    "On {t}, a few thoughts.",
    "So, {t}.",
)

FORMAL_OPENERS = (
    "Your message raises the matter of {t}, which deserves a considered reply.",
    "The subject of {t} can be approached from several directions.",
    "Before turning to {t} as such, it is useful to ask what is at stake.",
    "To speak about {t} is to speak about more than one thing at a time.",
)
FORMAL_LINKS = (
    "A second consideration follows from this.",
    "Against this stands another thought.",
    "It would be incomplete to leave the matter there.",
    "This leads to a further point.",
)
FORMAL_ENDS = (
    "Taken together, these considerations suggest patience rather than a quick verdict on {t}.",
    "In conclusion, the question of {t} rewards slow attention.",
    "On balance, a modest and reversible first step with {t} seems the most defensible.",
    "The matter remains open, and it is right that it does.",
)

LIST_OPENERS = (
    "Here are some points on {t}:",
    "A few steps that may help with {t}:",
    "Let's break {t} down:",
    "One way to go about {t}:",
)
LIST_ENDS = (
    "Which of these fits you best?",
    "Would you like more detail on one of these points?",
    "Tell me which point matters most and I will go deeper.",
    "Start with the first one and see how far it takes you.",
)

STORY_OPENERS = (
    "Imagine a woman who keeps a small shop at the corner of two streets.",
    "Picture an old ferryman who crosses the same river every morning.",
    "There is a story I like to tell about two neighbours and a garden wall.",
    "Think of a child who is given a map with half of it missing.",
)
STORY_MIDDLES = (
    "One day somebody comes along and asks about {t}, and nobody nearby can answer.",
    "Sooner or later the talk turns to {t}, as it does between people who trust each other.",
    "Then {t} comes up, and what looked settled is open again.",
    "What nobody had thought of was {t}.",
)
STORY_TURNS = (
    "At first the answer seems plain, and then a stranger tells it the other way round.",
    "So they sit down, and instead of arguing they list what each of them is afraid of.",
    "They try one way, and it fails, and the failing turns out to be the useful part.",
    "They wait a night, and in the morning the question has become smaller.",
)
STORY_ENDS = (
    "That is roughly how I think of {t}: less a riddle than a road.",
    "I believe {t} is a little like that for you too.",
    "Perhaps your own story about {t} begins at the same place.",
    "Which of them would you be?",
)

CONTINUING = (
    "Going on from what you said,",
    "To stay with that for a moment:",
    "Building on your last point,",
    "Coming back to it,",
)
GREETINGS = (
    "Hello, and good to hear from you.",
    "Hello there.",
    "Good day to you.",
)
WORDLESS = ("this", "what you sent")
