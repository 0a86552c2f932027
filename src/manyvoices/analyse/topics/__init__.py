"""What people chose to talk about, and which of them talk about what (PRISM, section 3.1)."""

from __future__ import annotations

from manyvoices.analyse.topics.chapter import Topic, TopicsResult, topics_of
from manyvoices.analyse.topics.clustering import Clustering, ClusterSettings, find_topics, size_for
from manyvoices.analyse.topics.keeping import find_topics_kept, load, save
from manyvoices.analyse.topics.naming import names_by_model, names_by_words
from manyvoices.analyse.topics.prevalence import (
    Prevalence,
    topic_prevalence,
)
from manyvoices.analyse.topics.representation import Representation, representation
from manyvoices.analyse.topics.stability import Stability, adjusted_rand, stability
from manyvoices.analyse.topics.top_words import central_texts, class_weights, top_words

__all__ = [
    "ClusterSettings",
    "Clustering",
    "Prevalence",
    "Representation",
    "Stability",
    "Topic",
    "TopicsResult",
    "adjusted_rand",
    "central_texts",
    "class_weights",
    "find_topics",
    "find_topics_kept",
    "load",
    "names_by_model",
    "names_by_words",
    "representation",
    "save",
    "size_for",
    "stability",
    "top_words",
    "topic_prevalence",
    "topics_of",
]
