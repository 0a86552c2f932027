"""A text classifier in a Hugging Face folder on this machine, through transformers.

A classifier's labels are its own, so a file says which of them mean which category. Nothing is
downloaded and no code of the folder is run. A text longer than the model reads at once is read in
windows, and its score in a category is the highest of theirs.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from manyvoices.llm.port import FailureKind, ResponderError
from manyvoices.schema.errors import DataError, Fault, MissingExtraError
from manyvoices.schema.moderation import Verdict

LABELS = "moderation_labels.json"
"""Name of the file of labels where it lies in the model's folder."""
WINDOW = 512
"""Tokens read at once where the folder names no limit of its own."""


class Labels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a classifier's labels mean: the content of the file of labels."""

    categories: dict[str, str | None]
    """Every label of the model -> category of PRISM's, or null where it means none of them."""
    threshold: float = 0.5
    """From which score on a category is flagged, 0 to 1."""


def read_labels(path: Path | str) -> Labels:
    """Read a file of labels.

    Raises:
        DataError: It is missing or is not one.
    """
    expected = 'JSON such as {"categories": {"toxic": "harassment", "neutral": null}}'
    try:
        labels = msgspec.json.decode(Path(path).read_bytes(), type=Labels)
    except OSError as error:
        raise DataError([Fault(str(path), None, "", error.strerror or "?", expected)]) from None
    except msgspec.MsgspecError as error:
        raise DataError([Fault(str(path), None, "", str(error), expected)]) from None
    if not 0 < labels.threshold < 1:
        found = str(labels.threshold)
        raise DataError([Fault(str(path), None, "threshold", found, "between 0 and 1")])
    return labels


class LocalModerator:
    """One folder. The model is loaded at the first call; one call runs at a time."""

    def __init__(
        self,
        folder: Path | str,
        *,
        labels: Path | str | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`labels`: file of labels; by default ``moderation_labels.json`` in the folder."""
        self._folder, self._now = Path(folder), now
        self._labels_path = Path(labels) if labels is not None else self._folder / LABELS
        self._labels = read_labels(self._labels_path)
        self._transformers, self._torch = _import("transformers"), _import("torch")
        self._loaded: tuple[Any, Any] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="moderation")

    @property
    def model(self) -> str:
        """Name of the folder: it is stored with every verdict."""
        return self._folder.resolve().name

    async def moderate(self, texts: Sequence[str]) -> list[Verdict]:
        """One verdict for each text, in order. Raises `ResponderError` (MISCONFIGURED)."""
        loop = asyncio.get_running_loop()
        scores = await loop.run_in_executor(self._thread, self._scores, list(texts))
        return [self._verdict(text, found) for text, found in zip(texts, scores, strict=True)]

    async def aclose(self) -> None:
        """Let go of the model."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._loaded = None

    def _verdict(self, text: str, scores: dict[str, float]) -> Verdict:
        flags = {name: score >= self._labels.threshold for name, score in scores.items()}
        return Verdict(
            text_sha256=sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
            asked_model=self.model,
            model=self.model,
            moderated_on=self._now().astimezone(UTC).date(),
            flagged=any(flags.values()),
            categories=flags,
            scores=scores,
        )

    def _scores(self, texts: list[str]) -> list[dict[str, float]]:
        """Category -> score, for each text."""
        try:
            tokenizer, model = self._load()
            chances, owners = self._chances(tokenizer, model, texts)
        except (OSError, RuntimeError, ValueError, IndexError) as error:
            message = f"{self.model}: {type(error).__name__}: {str(error)[:200]}"
            raise ResponderError(FailureKind.MISCONFIGURED, message, retryable=False) from None
        names = [model.config.id2label[i] for i in range(model.config.num_labels)]
        found: list[dict[str, float]] = [{} for _ in texts]
        for row, owner in zip(chances, owners, strict=True):
            for name, score in zip(names, row, strict=True):
                category = self._labels.categories[name]
                if category is not None:
                    found[owner][category] = max(found[owner].get(category, 0.0), score)
        return found

    def _chances(
        self, tokenizer: Any, model: Any, texts: list[str]
    ) -> tuple[list[list[float]], list[int]]:
        """A row of label probabilities for each window, and the text that the window is of."""
        limit = min(tokenizer.model_max_length, WINDOW)
        encoded = tokenizer(
            texts, truncation=True, max_length=limit, stride=limit // 4, padding=True,
            return_overflowing_tokens=True, return_tensors="pt",
        )  # fmt: skip
        owners = encoded.pop("overflow_to_sample_mapping").tolist()
        with self._torch.inference_mode():
            logits = model(**encoded.to(model.device)).logits.float()
        # Labels that exclude each other share one probability; others have one each.
        alone = model.config.problem_type == "multi_label_classification" or logits.shape[1] == 1
        chances = logits.sigmoid() if alone else logits.softmax(dim=-1)
        return chances.tolist(), owners

    def _load(self) -> tuple[Any, Any]:
        if self._loaded is None:
            settings: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
            tokenizer = self._transformers.AutoTokenizer.from_pretrained(self._folder, **settings)
            classes = self._transformers.AutoModelForSequenceClassification
            model = classes.from_pretrained(self._folder, **settings).eval()
            if self._torch.cuda.is_available():
                model = model.to("cuda")
            self._check_labels(set(model.config.id2label.values()))
            self._loaded = tokenizer, model
        return self._loaded

    def _check_labels(self, known: set[str]) -> None:
        wrong = known ^ set(self._labels.categories)
        if wrong:
            message = (
                f"{self._labels_path}: the model's labels are {', '.join(sorted(known))};"
                f" missing or unknown: {', '.join(sorted(wrong))}"
            )
            raise ResponderError(FailureKind.MISCONFIGURED, message, retryable=False)


def _import(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise MissingExtraError("A classifier in a local folder", "local") from None
