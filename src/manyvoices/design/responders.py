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

ModelId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}$")]


class ResponderSpec(Written):
    """One model that can answer in a study."""

    id: ModelId
    """Its name in the data; participants never see it."""
    provider: Literal["scripted", "openai"]
    """``openai`` = any endpoint that speaks OpenAI's chat completions (vLLM, TGI, Ollama, ...)."""
    persona: PersonaName | None = None
    """Which scripted persona answers; scripted only."""
    base_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$")] | None = None
    """The endpoint up to and including ``/v1``; openai only."""
    model: Annotated[str, StringConstraints(min_length=1)] | None = None
    """The model's name at the endpoint; openai only."""
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

    @model_validator(mode="after")
    def _fields_fit_provider(self) -> Self:
        needed = ("persona",) if self.provider == "scripted" else ("base_url", "model")
        others = (
            ("base_url", "model", "api_key_env") if self.provider == "scripted" else ("persona",)
        )
        why = f"where provider is {self.provider}"
        if missing := [name for name in needed if getattr(self, name) is None]:
            names = " and ".join(missing)
            raise Unfit("provider", f"no {names}", f"{names} {why}")
        for name in others:
            if getattr(self, name) is not None:
                raise Unfit(name, f"the key {name}", f"none {why}")
        return self
