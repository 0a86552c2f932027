"""Two other finders behind the same function as our rules, for who needs their answers.

``scrubadub`` is what PRISM used (arXiv 2404.16019, appendix E.2): its flag is whether
``scrubadub.clean(text)`` differs from the text. ``presidio`` stands for Presidio's rules without a
language model: nothing is downloaded and no address is asked for over the network.
"""

from __future__ import annotations

import functools
from typing import Any

from manyvoices.curate.pii.spans import Find, Span
from manyvoices.schema.errors import MissingExtraError

SCRUBADUB_KINDS = {"social_security_number": "us_ssn", "twitter": "handle"}
"""scrubadub's names of kinds where ours differ; ``credential`` has no kind of ours."""
PRESIDIO_KINDS = {
    "EMAIL_ADDRESS": "email",
    "PHONE_NUMBER": "phone",
    "CREDIT_CARD": "credit_card",
    "IBAN_CODE": "iban",
    "IP_ADDRESS": "ip",
    "URL": "url",
    "US_SSN": "us_ssn",
    "CRYPTO": "crypto",
}
"""Presidio's entities that its rules find, and our kinds."""


@functools.cache
def scrubadub_finder() -> tuple[Any, Find]:
    """scrubadub's Scrubber with its default detectors, made once, and what finds spans with it.

    Raises:
        MissingExtraError: scrubadub is not installed.
    """
    try:
        import scrubadub
    except ImportError:
        raise MissingExtraError("PRISM's PII flags", "compat") from None
    scrubber = scrubadub.Scrubber()

    def find(text: str) -> list[Span]:
        found = (
            Span(SCRUBADUB_KINDS.get(str(filth.type), str(filth.type)), filth.beg, filth.end)
            for merged in scrubber.iter_filth(text)
            for filth in getattr(merged, "filths", [merged])
        )
        return sorted(set(found), key=lambda span: (span.start, span.end, span.kind))

    return scrubber, find


@functools.cache
def presidio_finder() -> Find:
    """Presidio's rules for the kinds that ours know, over spaCy's blank English.

    Raises:
        MissingExtraError: presidio-analyzer is not installed.
    """
    try:
        import spacy
        from presidio_analyzer import AnalyzerEngine
        from presidio_analyzer.nlp_engine import SpacyNlpEngine
    except ImportError:
        raise MissingExtraError("Presidio's rules", "bench") from None
    _without_network()

    class BlankEngine(SpacyNlpEngine):
        """spaCy's tokens without a model: rules need no more."""

        def load(self) -> None:
            self.nlp: Any = {"en": spacy.blank("en")}

    engine = BlankEngine(models=[{"lang_code": "en", "model_name": "blank"}])
    engine.load()
    analyzer = AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])

    def find(text: str) -> list[Span]:
        found = analyzer.analyze(text, language="en", entities=list(PRESIDIO_KINDS))
        spans = {Span(PRESIDIO_KINDS[item.entity_type], item.start, item.end) for item in found}
        return sorted(spans, key=lambda span: (span.start, span.end, span.kind))

    return find


def _without_network() -> None:
    """Let tldextract use the list of suffixes that it carries: by default it fetches one."""
    import tldextract

    offline: Any = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    # Presidio calls the module's function, which asks this object.
    tldextract.tldextract.TLD_EXTRACTOR = offline
    tldextract.extract = offline
