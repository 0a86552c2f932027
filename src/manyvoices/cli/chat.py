"""``manyvoices chat``: a conversation with a model in the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from manyvoices.cli.common import console, errors, verb
from manyvoices.schema.errors import DataError, Fault
from manyvoices.schema.wording import plural

if TYPE_CHECKING:
    from manyvoices.design import ResponderSpec
    from manyvoices.llm import Reply
    from manyvoices.llm.talking import Talk

HELP = (
    "/reset begins anew · /again asks for another answer · /save FILE keeps the talk as JSON · "
    "/quit leaves (also Ctrl-D) · Ctrl-C stops an answer"
)


@verb
def chat(
    model: Annotated[
        str,
        typer.Argument(
            help="Folder of a model, or an OpenAI-compatible address up to /v1.",
            metavar="MODEL_DIR_OR_URL",
            show_default=False,
        ),
    ],
    name: Annotated[
        str, typer.Option("--model", help="The model's name at the address, if it has several.")
    ] = "",
    key_env: Annotated[
        str, typer.Option(help="Environment variable with the key for the address.")
    ] = "",
    system: Annotated[str, typer.Option(help="Instruction before the conversation.")] = "",
    temperature: Annotated[
        float | None, typer.Option(min=0, max=5, help="0 takes the likeliest word each time.")
    ] = None,
    max_tokens: Annotated[int, typer.Option(min=1, help="Longest answer, in tokens.")] = 512,
    seed: Annotated[int | None, typer.Option(min=0, help="Same seed, same answers.")] = None,
) -> None:
    """Talk to a model: a folder that train wrote, or any OpenAI-compatible address.

    Nothing of the talk is kept unless you /save it.
    """
    spec = responder_spec(model, name, key_env)
    from manyvoices.llm.talking import Talk

    talk = Talk(
        spec, _show, system=system, temperature=temperature, max_tokens=max_tokens, seed=seed
    )
    try:
        _loop(talk)
    finally:
        talk.close()


def responder_spec(model: str, name: str = "", key_env: str = "") -> ResponderSpec:
    """The model as a study would name it.

    Raises:
        DataError: No such folder, or an address that offers no one model.
    """
    from manyvoices.design import ResponderSpec

    if not model.startswith(("http://", "https://")):
        folder = Path(model)
        if not (folder / "config.json").exists() and not _is_adapter(folder):
            found = "no folder" if not folder.is_dir() else "a folder without config.json"
            raise _fault(model, found, "the folder of a model, such as OUT/model of a run")
        _refuse_what_does_not_write(folder)
        return ResponderSpec(id="model", provider="local", folder=model)
    base = model.rstrip("/")
    base = base if base.endswith("/v1") else f"{base}/v1"
    named = name or _only_model(base, key_env)
    return ResponderSpec(
        id="model", provider="openai", base_url=base, model=named, api_key_env=key_env or None
    )


def _is_adapter(folder: Path) -> bool:
    return (folder / "adapter_config.json").exists()


def _refuse_what_does_not_write(folder: Path) -> None:
    """A reward model loads as a language model too, with a random last layer."""
    import json

    if _is_adapter(folder):
        return
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    kinds = [str(kind) for kind in config.get("architectures") or ()]
    if kinds and not any(word in kind for kind in kinds for word in ("LM", "Generation")):
        raise _fault(str(folder), f"a {kinds[0]}, which scores", "a model that writes")


def _only_model(base: str, key_env: str) -> str:
    """What ``GET /v1/models`` lists, where that is one model."""
    import json
    import os
    import urllib.request

    request = urllib.request.Request(f"{base}/models")  # noqa: S310 (http or https, see above)
    if key := os.environ.get(key_env, ""):
        request.add_header("Authorization", f"Bearer {key}")
    try:
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            listed = [str(one["id"]) for one in json.loads(response.read())["data"]]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise _fault(base, f"no list of models ({error})", "an address, or --model NAME") from None
    if len(listed) != 1:
        found = (
            f"{plural(len(listed), 'model')}: {', '.join(listed[:20])}" if listed else "no model"
        )
        raise _fault(base, found, "--model with one of them")
    return listed[0]


def _fault(place: str, found: str, expected: str) -> DataError:
    return DataError([Fault(place, None, "", found, expected)])


def _show(piece: str) -> None:
    sys.stdout.write(piece)
    sys.stdout.flush()


def _loop(talk: Talk) -> None:
    """Read, answer, until the person leaves."""
    if sys.stdin.isatty():
        import readline  # noqa: F401  (arrow keys and history at the prompt)

        errors.print(HELP, style="dim", markup=False, highlight=False)
    while True:
        try:
            text = input("you> " if sys.stdin.isatty() else "").strip()
        except (EOFError, KeyboardInterrupt):
            if sys.stdin.isatty():
                console.print()
            return
        if text in ("/quit", "/exit"):
            return
        if text:
            _act(talk, text)


def _act(talk: Talk, text: str) -> None:
    from manyvoices.llm import ResponderError

    try:
        if not text.startswith("/"):
            _answer(lambda: talk.ask(text))
            return
        word, _, rest = text.partition(" ")
        _command(talk, word, rest.strip())
    except ResponderError as error:
        _say(f"No answer: {error}")
    except KeyboardInterrupt:
        _say("Stopped; what was asked is not part of the talk.")


def _answer(ask: Callable[[], Reply | None]) -> Reply | None:
    """The answer stands on lines of its own, whole or not."""
    try:
        return ask()
    finally:
        sys.stdout.write("\n")


def _command(talk: Talk, word: str, rest: str) -> None:
    if word == "/reset":
        talk.reset()
        _say("Forgotten.")
    elif word == "/again":
        if talk.said:
            _answer(talk.again)
        else:
            _say("Nothing was asked yet.")
    elif word == "/save":
        _say(_save(talk, rest))
    else:
        _say(HELP if word == "/help" else f"There is no {word}. {HELP}")


def _save(talk: Talk, name: str) -> str:
    """Write the talk as one line of native JSON; what to tell the person."""
    import msgspec

    if not name:
        return "Say where: /save FILE"
    if not talk.said:
        return "Nothing was said yet, so nothing was written."
    path = Path(name).expanduser()
    if path.exists():
        return f"{path} is there already; nothing was written."
    try:
        path.write_bytes(msgspec.json.encode(talk.record()) + b"\n")
    except OSError as error:
        return f"{path} cannot be written: {error.strerror or error}"
    return f"Saved {plural(len(talk.said), 'turn')} to {path}."


def _say(text: str) -> None:
    errors.print(text, style="dim", markup=False, highlight=False, soft_wrap=True)
