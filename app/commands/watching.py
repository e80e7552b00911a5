"""`tashika submit FOLDER`: the files of a folder, on the same way as a file from the browser.

In: a folder. Out: jobs in the queue, one for each content: the SHA-256 of a file is the key of its submission, so a
restart, a copy or another name submits nothing twice; a restart submits what failed or was cancelled anew. A file is
read once two looks at it agree in size and time of change, and only if it still has the same content after reading.
Nothing is moved, renamed or written there. While watching, a folder or a database that is away for a moment is asked
again at the next look.
"""

from __future__ import annotations

import hashlib
import logging
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from app.commands.reviewing import opened
from backend.config import Settings
from backend.documents import read_file
from backend.errors import DocumentError, ReviewError, TashikaError
from backend.people.users import name_owner
from backend.review.intake.submissions import is_known, submit_once
from backend.review.store.database import Database

_LOGGER = logging.getLogger(__name__)

SUFFIXES = (".txt", ".md", ".csv", ".xlsx", ".docx", ".pdf")
LOOK_SECONDS = 2.0
_OFFICE_LOCK = "~$"

Look = tuple[int, int]  # size in bytes, time of change in nanoseconds


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file."""

    line: str
    is_refused: bool = False


def submit_folder(settings: Settings, folder: Path, *, owner: str | None, is_watching: bool) -> Iterator[Outcome]:
    """Submit what is there, and with `is_watching` what comes, until the caller stops asking.

    Raises:
        DocumentError: there is no such folder.
        AccessError: there are users and none was named.
        ReviewError: without `is_watching`, when the folder or the database could not be reached.
    """
    if not folder.is_dir():
        raise DocumentError(
            "submit.no_folder", "There is no folder {folder}; name one that exists.", folder=str(folder)
        )
    with opened(settings) as database:
        watcher = Watcher(database, folder, owner=name_owner(database, owner))
        while True:
            yield from watcher.look()
            if watcher.trouble and not is_watching:
                raise ReviewError(
                    "submit.interrupted",
                    "Not all files could be submitted ({reason}); run the command again, which submits nothing twice.",
                    reason=watcher.trouble,
                )
            if not is_watching and not watcher.is_waiting:
                return
            time.sleep(LOOK_SECONDS)


class Watcher:
    """Remembers what the last look at a folder saw."""

    def __init__(self, database: Database, folder: Path, *, owner: str) -> None:
        self._database = database
        self._folder = folder
        self._owner = owner
        self._seen: dict[Path, Look] = {}
        self._done: dict[Path, Look] = {}
        self.trouble = ""  # why the last look has to be repeated

    @property
    def is_waiting(self) -> bool:
        """Whether files are there that may still be being written."""
        return any(self._done.get(path) != look for path, look in self._seen.items())

    def look(self) -> Iterator[Outcome]:
        """Submit every file that has not changed since the last look and is not done."""
        told, self.trouble = self.trouble, ""
        try:
            before, self._seen = self._seen, dict(_look_at(self._folder))
        except OSError as error:  # what was seen before stays seen
            before = {}
            self.trouble = f"{self._folder}: {error.strerror}"
        for path, seen in self._seen.items():
            if before.get(path) == seen and self._done.get(path) != seen:
                outcome = self._try(path)
                if outcome is not None:
                    self._done[path] = seen
                    yield outcome
        if self.trouble not in ("", told):
            _LOGGER.warning("%s; trying again", self.trouble)

    def _try(self, path: Path) -> Outcome | None:
        """Submit one file; None when it is to be looked at again, be it since the database is away for a moment."""
        try:
            return self._submit(path)
        except SQLAlchemyError as error:
            self.trouble = str(error).partition("\n")[0]
            return None

    def _submit(self, path: Path) -> Outcome | None:
        """Submit one file; None when it has changed or gone meanwhile, to be looked at again."""
        name = path.relative_to(self._folder).as_posix()
        try:
            digest = _hash(path)
            key = f"file:{digest}"
            if is_known(self._database, submitted_by=self._owner, key=key):
                return Outcome(f"{name}: submitted before")
            document = read_file(path)
            if _hash(path) != digest:
                return None
            submission = submit_once(self._database, document=document, submitted_by=self._owner, key=key)
        except FileNotFoundError:
            return None
        except OSError as error:
            return Outcome(f"{name}: cannot be read ({error.strerror})", is_refused=True)
        except TashikaError as error:
            return Outcome(f"{name}: {error}", is_refused=True)
        return Outcome(f"{name}: job {submission.job_id}")


def _look_at(folder: Path) -> Iterator[tuple[Path, Look]]:
    """The documents below a folder; hidden files, links and the locks of Office are none."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        is_hidden = any(part.startswith((".", _OFFICE_LOCK)) for part in parts)
        if is_hidden or path.suffix.lower() not in SUFFIXES:
            continue
        try:
            status = path.lstat()
        except OSError:  # gone meanwhile, or away for a moment
            continue
        if stat.S_ISREG(status.st_mode):
            yield path, (status.st_size, status.st_mtime_ns)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
