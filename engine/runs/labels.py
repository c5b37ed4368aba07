"""Labels of a run: what users call it and note about it, in `labels.json` of the run's folder. No torch.

Only the dashboard and the command line write them, never a worker. They are no part of the run's identity. The labels
of a shipped run lie in the store, in a folder that has nothing else and is no run.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from engine.atomic import is_leftover
from engine.documents import read_model
from engine.errors import InputError
from engine.runs.model_config import LONGEST_NAME, printable_line

LABELS = "labels.json"
LONGEST_NOTE, LONGEST_TAG, MOST_TAGS = 2_000, 40, 20
LABELS_REMEDY = "Restore the file from a copy, or delete it; the run then has no name, note, or tags."


def _printable_text(text: str) -> str:
    """The text without characters that cannot be printed; its lines stay apart."""
    return "\n".join(map(printable_line, text.strip().splitlines()))


def _one_word(text: str) -> str:
    """The text with hyphens instead of white space, commas and quotes, by which lists of tags are read."""
    return "-".join(printable_line(text).replace(",", " ").replace('"', " ").split())


def _sorted_once(tags: tuple[str, ...]) -> tuple[str, ...]:
    """The tags in alphabetical order, each once, whatever its case; the first spelling counts."""
    return tuple(
        sorted({tag.casefold(): tag for tag in reversed(tags)}.values(), key=lambda tag: (tag.casefold(), tag))
    )


Tag = Annotated[str, AfterValidator(_one_word), Field(min_length=1, max_length=LONGEST_TAG)]


class RunLabels(BaseModel):
    """What users call a run and note about it; all of it is foreign text.

    name: replaces the run's label in pickers, charts and tables; empty for none.
    tags: words without spaces, in alphabetical order.
    pinned: whether the run comes first in lists.
    archived: whether lists leave the run out unless they are asked for archived runs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, AfterValidator(printable_line), Field(max_length=LONGEST_NAME)] = ""
    note: Annotated[str, AfterValidator(_printable_text), Field(max_length=LONGEST_NOTE)] = ""
    tags: Annotated[tuple[Tag, ...], AfterValidator(_sorted_once), Field(max_length=MOST_TAGS)] = ()
    pinned: bool = False
    archived: bool = False


@dataclass(frozen=True)
class LabelChange:
    """Changes of labels; None and empty tuples leave a field as it is, so that changes of different fields add up."""

    name: str | None = None
    note: str | None = None
    tag: tuple[str, ...] = ()
    untag: tuple[str, ...] = ()
    pinned: bool | None = None
    archived: bool | None = None

    def applied(self, labels: RunLabels) -> RunLabels:
        """The labels after this change.

        Raises:
            InputError: a text is too long, or there are too many tags.
        """
        fields = ("name", "note", "pinned", "archived")
        new = {name: value for name in fields if (value := getattr(self, name)) is not None}
        gone = {_one_word(tag).casefold() for tag in self.untag}
        kept = [tag for tag in labels.tags if tag.casefold() not in gone]
        return validated_labels(labels.model_dump() | new | {"tags": (*kept, *self.tag)})


def validated_labels(values: dict[str, Any]) -> RunLabels:
    """Labels with these values; InputError if one is not within its limits."""
    try:
        return RunLabels.model_validate(values)
    except ValidationError as error:
        limits = (
            f"a name of at most {LONGEST_NAME} characters, a note of at most {LONGEST_NOTE:,}, and at most {MOST_TAGS} "
            f"tags of 1 to {LONGEST_TAG} characters"
        )
        raise InputError(limits, _fault(error), "Choose another text.") from error


def _fault(error: ValidationError) -> str:
    """The first text or list that is too long or too short, with its length."""
    fault = error.errors(include_url=False)[0]
    length, place = fault.get("ctx", {}).get("actual_length"), fault["loc"]
    if place == ("tags",):
        return f"{length} tags"
    return f"a {'tag' if place[0] == 'tags' else place[0]} of {length:,}"


def read_labels(path: Path) -> RunLabels | None:
    """Labels in a file; None if it does not exist; DamagedFile if it cannot be read."""
    return read_model(path, RunLabels, LABELS_REMEDY)


def has_labels_alone(folder: Path) -> bool:
    """Whether a folder has labels and nothing else: it is no run, but names a shipped one."""
    try:
        names = [name for name in os.listdir(folder) if not is_leftover(name)]
        return not folder.is_symlink() and names == [LABELS]
    except OSError:
        return False


def hand_over(folder: Path, run: Path) -> bool:
    """Move the labels of a folder that has nothing else into the folder of a run, and remove the empty one.

    Returns:
        Whether the folder had labels alone; any other is left unchanged.
    """
    if not has_labels_alone(folder):
        return False
    os.replace(folder / LABELS, run / LABELS)
    shutil.rmtree(folder)
    return True


def all_tags(labels: Iterable[RunLabels]) -> list[str]:
    """The tags in use, in alphabetical order."""
    return list(_sorted_once(tuple(tag for each in labels for tag in each.tags)))
