"""One module per way of reaching a model. In: a `ResponderSpec`. Out: a `Responder`.

To add one: write a module with a class that keeps the port's promise, name the provider in
``design/responders.py``, and add a line to ``build_responder``. See
``docs/howto/add-a-model-provider.md``.
"""

from __future__ import annotations

from manyvoices.design.responders import ResponderSpec
from manyvoices.llm.port import Responder


def build_responder(spec: ResponderSpec) -> Responder:
    """The responder that `spec` describes. Nothing is contacted and no key is read yet.

    Raises `MissingExtraError` where a local model is asked for and transformers is not installed.
    """
    if spec.record is not None:
        from manyvoices.llm.providers.replay import Recording

        return Recording(_build(spec), spec.record)
    return _build(spec)


def _build(spec: ResponderSpec) -> Responder:
    if spec.provider == "replay":
        from manyvoices.llm.providers.replay import ReplayResponder

        return ReplayResponder(spec)
    if spec.provider == "local":
        from manyvoices.llm.providers.local import LocalResponder

        return LocalResponder(spec)
    if spec.provider == "openai":
        # Imported here: scripted studies run where aiohttp is not installed.
        from manyvoices.llm.providers.openai_compatible import OpenAICompatibleResponder

        return OpenAICompatibleResponder(spec)
    from manyvoices.llm.providers.scripted import ScriptedResponder

    return ScriptedResponder(spec)
