"""The models of a study, as people write them in ``models.yaml``.

Provider SDKs and personas live in `manyvoices.llm`, which is above this room; here are only their
names, so that a misspelt persona is found when a study is checked. A test in `llm` holds the two
lists together.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictFloat, StrictInt, StringConstraints, model_validator

from manyvoices.design.questions import Unfit, Written

PersonaName = Literal[
    "brief",
    "careful",
    "cheerful",
    "challenger",
    "essayist",
    "list_maker",
    "plain",
    "storyteller",
]
"""The scripted personas; see ``manyvoices.llm.personas``."""

ModelType = Literal["chat", "instruct", "base"]
"""How a model was trained: to talk, to follow an instruction, or only to go on with a text."""

TemplateName = Literal["chatml", "human_assistant", "instruction", "inst_tags", "plain", "turns"]
"""How a conversation is written as one text; see ``manyvoices.llm.chat_templates``."""

DEFAULT_TEMPLATES: dict[ModelType, TemplateName] = {
    "chat": "chatml",
    "instruct": "instruction",
    "base": "plain",
}

ModelId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}$")]


_Money = Annotated[StrictFloat, Field(ge=0, le=1_000_000)]
_PerMinute = Annotated[StrictInt, Field(ge=1, le=1_000_000_000)]


class Prices(Written):
    """What a model costs, in the currency of the study's budget, for a million tokens."""

    prompt: _Money
    completion: _Money


class Expected(Written):
    """What one person is expected to use at most; kept free for everyone who is let in."""

    tokens: Annotated[StrictInt, Field(ge=1)] | None = None
    money: _Money | None = None


class Budget(Written):
    """What the models of a study may use in all before nobody new is let in."""

    tokens: Annotated[StrictInt, Field(ge=1)] | None = None
    """Prompt and completion tokens together."""
    money: _Money | None = None
    """By the `prices` of the models."""
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "USD"
    per_person: Expected = Expected()
    """Left out = worked out from the protocol's limits and from what people have used so far."""

    @model_validator(mode="after")
    def _caps_something(self) -> Self:
        if self.tokens is None and self.money is None:
            raise Unfit("", "neither tokens nor money", "tokens, money or both")
        return self


_FIELDS_OF: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "scripted": (("persona",), ()),
    "openai": (("base_url", "model"), ("api_key_env", "endpoint")),
    "local": (("folder",), ()),
    "replay": (("cassette",), ()),
}
"""Provider -> the fields that it needs, and further ones that only it may have."""


class ResponderSpec(Written):
    """One model that can answer in a study."""

    id: ModelId
    """Its name in the data; participants never see it."""
    provider: Literal["scripted", "openai", "local", "replay"]
    """``openai`` = any endpoint that speaks OpenAI's completions (vLLM, TGI, Ollama, ...);
    ``local`` = a Hugging Face folder on this machine; ``replay`` = recorded answers."""
    served_by: Annotated[str, StringConstraints(min_length=1, max_length=60)] | None = None
    """Who runs the endpoint, as releases name it; left out = `provider`."""
    type: ModelType = "chat"
    """Chooses the stage's ``system_by_type`` and, where text is completed, the template."""
    persona: PersonaName | None = None
    """Which scripted persona answers; scripted only."""
    base_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$")] | None = None
    """The endpoint up to and including ``/v1``; openai only."""
    model: Annotated[str, StringConstraints(min_length=1)] | None = None
    """The model's name at the endpoint; openai only."""
    endpoint: Literal["chat", "completions"] | None = None
    """``completions`` sends one text, written by `template`; openai only; ``chat`` if left out."""
    template: TemplateName | None = None
    """How a conversation becomes one text; left out = by `type`, or the model folder's own."""
    folder: Annotated[str, StringConstraints(min_length=1)] | None = None
    """Folder with a model that transformers can load, from where ``serve`` runs; local only."""
    cassette: Annotated[str, StringConstraints(min_length=1)] | None = None
    """JSONL file with recorded answers, from where ``serve`` runs; replay only."""
    record: Annotated[str, StringConstraints(min_length=1)] | None = None
    """JSONL file to which every answer is added, for a later replay."""
    api_key_env: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = (
        None
    )
    """Name of the environment variable that holds the key; the key itself is never written here."""
    system: str | None = None
    """Instruction put before every conversation."""
    temperature: Annotated[StrictFloat, Field(ge=0, le=5)] | None = None
    top_p: Annotated[StrictFloat, Field(gt=0, le=1)] | None = None
    max_tokens: Annotated[StrictInt, Field(ge=1)] | None = None
    extra: dict[str, Any] = Field(default_factory=dict)
    """Passed on to the endpoint as it is; for a persona: ``delay_s: [0.2, 1.5]``."""
    max_concurrency: Annotated[StrictInt, Field(ge=1, le=1000)] = 8
    """Calls to this model under way at once."""
    tries: Annotated[StrictInt, Field(ge=1, le=10)] = 3
    """Calls for one answer at most, while its time limit lasts and the fault may pass."""
    requests_per_minute: _PerMinute | None = None
    """None = no limit of ours. Counted in each runner process."""
    tokens_per_minute: _PerMinute | None = None
    """Prompt and completion tokens together; a call is counted by its size and `max_tokens`
    before its true count is known."""
    prices: Prices | None = None
    """Needed where the study's budget names money."""

    @model_validator(mode="after")
    def _fields_fit_provider(self) -> Self:
        needed, _ = _FIELDS_OF[self.provider]
        why = f"where provider is {self.provider}"
        if missing := [name for name in needed if getattr(self, name) is None]:
            names = " and ".join(missing)
            raise Unfit("provider", f"no {names}", f"{names} {why}")
        own = {name for group in _FIELDS_OF[self.provider] for name in group}
        every = dict.fromkeys(n for groups in _FIELDS_OF.values() for g in groups for n in g)
        for name in every:
            if name not in own and getattr(self, name) is not None:
                raise Unfit(name, f"the key {name}", f"none {why}")
        return self

    @property
    def template_name(self) -> TemplateName:
        """The template in force where a conversation has to become one text."""
        return self.template or DEFAULT_TEMPLATES[self.type]
