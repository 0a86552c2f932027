"""How a conversation is written for a model: OASST's v2.5 format and ChatML, as chat templates.

A format says what stands before each turn (its header), after it (its end), and which text ends
the assistant's answer. The same facts give three things that must agree to the token: the Jinja
template that travels with the tokenizer, `MessageFormat.encode` for our own loops, and the masks
of what is trained (`manyvoices.train.masks`).

What we do otherwise than Open-Assistant's collator: a leading system part is never trained (there
its index is -1, and ``-1 % 2 == 1`` made it a target), nor is the role token after an assistant
turn (there the end of an answer also learnt to predict the next ``<|prompter|>``), and texts that
hold control tokens are encoded as plain characters: nobody ends a turn from within a message.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from manyvoices.train.errors import TokenizerError
from manyvoices.train.masks import Encoded, joined
from manyvoices.train.views import Role, Turn

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

ROLE_NAMES: Mapping[Role, tuple[str, ...]] = {
    "prompter": ("user", "prompter"),
    "assistant": ("assistant",),
    "system": ("system",),
}
"""Our role -> what it may be called in the messages that a chat template is given."""

_NO_SPARE_PAD = "<|padding|>"


@dataclass(frozen=True, slots=True)
class MessageFormat:
    """One way to write a conversation; ``""`` as `end` stands for the tokenizer's eos token."""

    name: str
    headers: Mapping[Role, str]
    """What stands before a turn: a control token, with plain text after it in ChatML."""
    end: str
    """Control token after every turn; empty: the tokenizer's own eos."""
    after_end: str
    """Plain text after `end`: a new line in ChatML."""
    control: tuple[str, ...]
    """Control tokens that the tokenizer must know."""

    @staticmethod
    def oasst() -> MessageFormat:
        """OASST v2.5: ``<|prompter|>TEXT<eos><|assistant|>TEXT<eos>``, a system part first."""
        headers: dict[Role, str] = {
            "prompter": "<|prompter|>",
            "assistant": "<|assistant|>",
            "system": "<|system|>",
        }
        return MessageFormat("oasst", headers, "", "", tuple(headers.values()))

    @staticmethod
    def chatml() -> MessageFormat:
        """ChatML: ``<|im_start|>user`` and a line end, the text, ``<|im_end|>`` and a line end."""
        headers: dict[Role, str] = {
            "prompter": "<|im_start|>user\n",
            "assistant": "<|im_start|>assistant\n",
            "system": "<|im_start|>system\n",
        }
        return MessageFormat("chatml", headers, "<|im_end|>", "\n", ("<|im_start|>", "<|im_end|>"))

    @staticmethod
    def named(name: str) -> MessageFormat:
        """``oasst`` or ``chatml``."""
        return {"oasst": MessageFormat.oasst, "chatml": MessageFormat.chatml}[name]()

    def stop_token(self, tokenizer: PreTrainedTokenizerBase) -> str:
        """The token that ends a turn, and with it the generation."""
        if self.end:
            return self.end
        if tokenizer.eos_token is None:
            raise TokenizerError(
                "the tokenizer has no eos token, and the format oasst ends every turn with it; "
                "set tokenizer.eos_token, or use format: chatml"
            )
        return str(tokenizer.eos_token)

    def encode(
        self,
        turns: Iterable[Turn],
        tokenizer: PreTrainedTokenizerBase,
        *,
        generation: bool = False,
    ) -> Encoded:
        """The conversation as token ids, with what is trained and which turn each token is of.

        The parts of single turns concatenate: ``encode([a, b])`` is ``encode([a])`` followed by
        ``encode([b])``, which is what lets tree packing encode each message once. Empty system
        turns are left out (v2.5).

        Args:
            generation: End with the assistant's header, for it to answer.
        """
        special = _special_ids(tokenizer)
        parts = [
            self._turn(turn, i, tokenizer, special) for i, turn in enumerate(turns) if _said(turn)
        ]
        if generation:
            self._known(tokenizer)
            header = tuple(
                tokenizer(self.headers["assistant"], add_special_tokens=False)["input_ids"]
            )
            parts.append(Encoded(header, (False,) * len(header), (len(parts),) * len(header)))
        return joined(parts)

    def _turn(
        self, turn: Turn, index: int, tokenizer: PreTrainedTokenizerBase, special: frozenset[int]
    ) -> Encoded:
        """A turn as the tokenizer reads it after a control token: in SentencePiece's vocabularies
        a text that stands first gets a space before it, and one that follows does not."""
        self._known(tokenizer)
        header, end = self.headers[turn.role], self.stop_token(tokenizer)
        whole = tokenizer(
            header + turn.text + end + self.after_end,
            add_special_tokens=False,
            return_offsets_mapping=True,
        )
        ids = whole["input_ids"]
        if sum(i in special for i in ids) > 2:
            return self._escaped(turn, index, tokenizer)
        first, last = len(header), len(header) + len(turn.text) + len(end)
        mine = turn.role == "assistant"
        trained = (mine and stop > first and stop <= last for _, stop in whole["offset_mapping"])
        return Encoded(tuple(ids), tuple(trained), (index,) * len(ids))

    def _escaped(self, turn: Turn, index: int, tokenizer: PreTrainedTokenizerBase) -> Encoded:
        """A turn whose text holds control tokens, spelt out."""
        header, mine = self.headers[turn.role], turn.role == "assistant"
        token = next(t for t in self.control if header.startswith(t))
        plain = header[len(token) :]
        said = tokenizer(
            plain + turn.text,
            add_special_tokens=False,
            split_special_tokens=True,
            return_offsets_mapping=True,
        )
        trained = [mine and stop > len(plain) for _, stop in said["offset_mapping"]]
        tail = _plain(self.after_end, tokenizer)
        ids = (
            tokenizer.convert_tokens_to_ids(token),
            *said["input_ids"],
            tokenizer.convert_tokens_to_ids(self.stop_token(tokenizer)),
            *tail,
        )
        flags = (False, *trained, mine, *(False for _ in tail))
        return Encoded(ids, flags, (index,) * len(ids))

    def _known(self, tokenizer: PreTrainedTokenizerBase) -> None:
        for token in (*self.control, self.stop_token(tokenizer)):
            found = tokenizer.convert_tokens_to_ids(token)
            if not isinstance(found, int) or found == tokenizer.unk_token_id:
                raise TokenizerError(
                    f"the tokenizer does not know {token} as one token; call "
                    "MessageFormat.prepare(tokenizer, model) first (load_model does)"
                )

    @property
    def chat_template(self) -> str:
        """The same as Jinja, with marks around what the assistant generates, its end included."""
        end = f"'{self.end}'" if self.end else "eos_token"
        lines = ["{%- for message in messages -%}"]
        for number, (role, header) in enumerate(self.headers.items()):
            names = " or ".join(f"message['role'] == '{name}'" for name in ROLE_NAMES[role])
            empty = " and message['content']" if role == "system" else ""
            lines.append(f"{{%- {'elif' if number else 'if'} ({names}){empty} -%}}")
            lines.append(_block(header, end, self.after_end, generated=role == "assistant"))
        known = " or ".join(f"message['role'] == '{n}'" for ns in ROLE_NAMES.values() for n in ns)
        lines.append(f"{{%- elif not ({known}) -%}}")
        lines.append("{{- raise_exception('unknown role ' ~ message['role']) -}}")
        lines.append("{%- endif -%}{%- endfor -%}")
        start = _quoted(self.headers["assistant"])
        lines.append(f"{{%- if add_generation_prompt -%}}{{{{- {start} -}}}}{{%- endif -%}}")
        return "".join(lines)

    def prepare(
        self, tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel | None = None
    ) -> None:
        """Teach both the format: control tokens, a pad token that is not eos, the template.

        The vocabulary is filled up to a multiple of 16, as OASST does, which keeps matrix products
        on whole tiles. Calling it again changes nothing.
        """
        known = tokenizer.get_vocab()
        tokenizer.add_tokens([t for t in self.control if t not in known], special_tokens=True)
        stop = self.stop_token(tokenizer)
        tokenizer.eos_token = stop
        if tokenizer.pad_token is None or tokenizer.pad_token_id == tokenizer.eos_token_id:
            tokenizer.add_special_tokens({"pad_token": _NO_SPARE_PAD})
        tokenizer.chat_template = self.chat_template
        if model is not None:
            _fit(model, tokenizer)

    def messages(self, turns: Sequence[Turn]) -> list[dict[str, str]]:
        """Turns in the form that chat templates and TRL take."""
        return [{"role": ROLE_NAMES[turn.role][0], "content": turn.text} for turn in turns]


def _said(turn: Turn) -> bool:
    return turn.role != "system" or bool(turn.text)


def _special_ids(tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    return frozenset(i for i, token in tokenizer.added_tokens_decoder.items() if token.special)


def _plain(text: str, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False)["input_ids"]) if text else []


def _quoted(text: str) -> str:
    return "'" + text.replace("\n", "\\n") + "'"


def _block(header: str, end: str, after: str, *, generated: bool) -> str:
    content = f"{{{{- message['content'] -}}}}{{{{- {end} -}}}}"
    if generated:
        content = f"{{%- generation -%}}{content}{{%- endgeneration -%}}"
    tail = f"{{{{- {_quoted(after)} -}}}}" if after else ""
    return f"{{{{- {_quoted(header)} -}}}}{content}{tail}"


def _fit(model: Any, tokenizer: Any) -> None:
    """Room for every token, and the ids of eos and pad in all places where they are looked up.

    New rows are drawn near the mean of the old ones, always the same: a model that is prepared
    twice is one model, and the generator of the run is left where it was.
    """
    import torch

    rows = model.get_input_embeddings().weight.shape[0]
    wanted = -(-max(len(tokenizer), rows) // 16) * 16
    if wanted != rows:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            model.resize_token_embeddings(wanted)
    for config in (model.config, getattr(model, "generation_config", None)):
        if config is not None:
            config.eos_token_id = tokenizer.eos_token_id
            config.pad_token_id = tokenizer.pad_token_id
