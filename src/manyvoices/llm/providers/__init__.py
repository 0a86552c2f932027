"""One module per way of reaching a model. In: a `ResponderSpec`. Out: a `Responder`.

To add one: write a module with a class that keeps the port's promise, name the provider in
``design/responders.py``, and add a line to ``build_responder``. See
``docs/howto/add-a-model-provider.md``.
"""

from __future__ import annotations

from manyvoices.design.responders import ResponderSpec
from manyvoices.llm.port import Responder


def build_responder(spec: ResponderSpec) -> Responder:
    """The responder that `spec` describes. Nothing is contacted and no key is read yet."""
    if spec.provider == "openai":
        # Imported here: scripted studies run where aiohttp is not installed.
        from manyvoices.llm.providers.openai_compatible import OpenAICompatibleResponder

        return OpenAICompatibleResponder(spec)
    from manyvoices.llm.providers.scripted import ScriptedResponder

    return ScriptedResponder(spec)
