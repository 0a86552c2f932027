"""The manifest of a release: what belongs to it, and hashes by which a change shows."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import msgspec

from manyvoices.io.explain import DECODE_ERRORS, explain
from manyvoices.io.faults import FaultLog
from manyvoices.io.lines import OnBytes, iter_lines
from manyvoices.io.writing import write_text
from manyvoices.schema import DataError, Fault, Json
from manyvoices.schema.releases import (
    RELEASE_VERSIONS,
    ParentRelease,
    Release,
    ReleaseFile,
    WithdrawnFrom,
)

MANIFEST = "manifest.json"

_CHUNK = 1024 * 1024


def write_manifest(
    directory: Path | str,
    *,
    release_id: str,
    study_id: str,
    title: str,
    version: str,
    study_digest: str,
    n_participants: int,
    n_simulated: int,
    created_at: dt.datetime | None = None,
    notes: Sequence[str] = (),
    protocol_hash: str | None = None,
    software_version: str | None = None,
    counts: Mapping[str, int] | None = None,
    parent: ParentRelease | None = None,
    settings: Mapping[str, Json] | None = None,
    withdrawals: Sequence[WithdrawnFrom] = (),
) -> Release:
    """List every file of a folder with its hash, and write the list as ``manifest.json``.

    It is written last and at once: a folder with a manifest is a finished release.

    Args:
        created_at: With its time zone; now, if None.
        software_version: The installed manyvoices, if None.
        counts, parent, settings, withdrawals: See `manyvoices.schema.Release`.

    Raises:
        DataError: A file's records cannot be counted because it is broken.
    """
    folder = Path(directory)
    files = [_entry(folder, path) for path in _files(folder)]
    release = Release(
        release_id=release_id,
        study_id=study_id,
        title=title,
        version=version,
        created_at=created_at or dt.datetime.now(dt.UTC),
        study_digest=study_digest,
        formats=sorted({file.format for file in files}),
        files=files,
        n_participants=n_participants,
        n_simulated=n_simulated,
        notes=list(notes),
        protocol_hash=protocol_hash,
        software_version=software_version or installed_version(),
        counts=dict(counts or {}),
        parent=parent,
        settings=dict(settings or {}),
        withdrawals=list(withdrawals),
    )
    text = msgspec.json.format(msgspec.json.encode(release), indent=2).decode()
    write_text(text + "\n", folder / MANIFEST)
    return release


def read_manifest(directory: Path | str) -> Release:
    """The manifest of a release folder.

    Raises:
        DataError: It is missing, or is not a manifest of a version known here.
    """
    path = Path(directory) / MANIFEST
    try:
        document = path.read_bytes()
    except FileNotFoundError:
        hint = "a folder without a manifest is not a release"
        fault = Fault(str(path), None, "", "no file of that name", "the release's manifest", hint)
        raise DataError([fault]) from None
    except OSError as error:
        found = f"a file that cannot be read ({error.strerror})"
        raise DataError([Fault(str(path), None, "", found, "a readable file")]) from error
    try:
        release = msgspec.json.decode(document, type=Release)
    except DECODE_ERRORS as error:
        fault = explain(error, document, str(path), 1, Release)
        # A field's path says where it is; the manifest is one document over many lines.
        raise DataError([replace(fault, line=None) if fault.path else fault]) from error
    if release.schema_version not in RELEASE_VERSIONS:
        found = f'"{release.schema_version}"'
        wanted = " or ".join(f'"{version}"' for version in RELEASE_VERSIONS)
        hint = "a newer manyvoices wrote it"
        raise DataError([Fault(str(path), None, "schema_version", found, wanted, hint)])
    return release


def refuse_finished(directory: Path) -> None:
    """Raise `DataError` where a folder holds a finished release already."""
    if (directory / MANIFEST).exists():
        hint = "a release is frozen: write the new one to another folder"
        found, wanted = "a finished release", "a folder without one"
        raise DataError([Fault(str(directory), None, "", found, wanted, hint)])


def parent_of(directory: Path | str) -> ParentRelease:
    """What a release made from this folder says of it.

    Raises:
        DataError: It has a manifest that cannot be read.
    """
    folder = Path(directory)
    if not (folder / MANIFEST).exists():
        return ParentRelease(release_id=folder.resolve().name, manifest_sha256=None)
    release = read_manifest(folder)
    return ParentRelease(release_id=release.release_id, manifest_sha256=sha256(folder / MANIFEST))


def content_id(directory: Path | str, settings: Mapping[str, Json] | None = None) -> str:
    """SHA-256 (hex) of a folder's files, names and settings: the same data, the same id.

    Names a release before its documents are written, which repeat the name.
    """
    folder = Path(directory)
    files = [(path.relative_to(folder).as_posix(), sha256(path)) for path in _files(folder)]
    document = msgspec.json.encode([files, dict(settings or {})], order="deterministic")
    return hashlib.sha256(document).hexdigest()


def installed_version() -> str:
    """Version of the installed manyvoices."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("manyvoices")
    except PackageNotFoundError:
        return "unknown"


def verify_manifest(directory: Path | str, on_bytes: OnBytes | None = None) -> list[Fault]:
    """What differs between a release folder and its manifest: changed, missing, unlisted files.

    Args:
        on_bytes: Called with the number of bytes hashed so far.
    """
    folder = Path(directory)
    try:
        release = read_manifest(folder)
    except DataError as error:
        return list(error.faults)
    faults: list[Fault] = []
    n_bytes = 0
    for index, file in enumerate(release.files):
        faults += _differences(folder, file, f"files[{index}]")
        n_bytes += file.bytes
        if on_bytes is not None:
            on_bytes(n_bytes)
    listed = {file.path for file in release.files}
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        if name not in listed:
            wanted = "only files that the manifest lists"
            faults.append(Fault(str(path), None, "", "a file that is not listed", wanted))
    return faults


def sha256(path: Path) -> str:
    """Hash of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    """Every file of a release but its manifest, in order of name."""
    for path in sorted(folder.rglob("*")):
        if (path.is_file() or path.is_symlink()) and path != folder / MANIFEST:
            yield path


def _entry(folder: Path, path: Path) -> ReleaseFile:
    name = path.relative_to(folder).as_posix()
    return ReleaseFile(
        path=name,
        sha256=sha256(path),
        bytes=path.stat().st_size,
        rows=_n_rows(path),
        format=_format(PurePosixPath(name)),
    )


def _format(path: PurePosixPath) -> str:
    """The form that a file belongs to: the folder it lies in."""
    if path.name == "study.yaml" and len(path.parts) == 1:
        return "study"
    return path.parts[0] if len(path.parts) > 1 else "document"


def _n_rows(path: Path) -> int | None:
    if not path.name.endswith((".jsonl", ".jsonl.gz")):
        return None
    log = FaultLog()
    n_rows = sum(1 for _ in iter_lines(path, log))
    log.raise_if_any()
    return n_rows


def _differences(folder: Path, file: ReleaseFile, where: str) -> Iterator[Fault]:
    place = PurePosixPath(file.path)
    path = folder / place
    if place.is_absolute() or ".." in place.parts or path.is_symlink():
        found = f'the path "{file.path}"'
        yield Fault(str(folder / MANIFEST), None, f"{where}.path", found, "a file in the release")
    elif not path.is_file():
        yield Fault(str(path), None, "", "no file of that name", "a file that the manifest lists")
    elif (size := path.stat().st_size) != file.bytes:
        wanted = f"{file.bytes:,} as the manifest says"
        yield Fault(str(path), None, "", f"{size:,} bytes", wanted, "the file was changed")
    elif (digest := sha256(path)) != file.sha256:
        wanted = f"{file.sha256[:12]}… as the manifest says"
        yield Fault(str(path), None, "", f"SHA-256 {digest[:12]}…", wanted, "the file was changed")
