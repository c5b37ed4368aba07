"""Commands that are shown work on the folders that they are shown for."""

import shlex
from pathlib import Path

import pytest

from engine.errors import InputError
from engine.runs.folder_options import DATA, STORE, folder_options


def test_default_folders_need_no_options():
    assert folder_options() == folder_options(STORE, DATA) == ""


def test_other_folders_are_named_and_quoted():
    odd = Path("/a folder/it's $HOME")
    assert folder_options(Path("/x")) == " --store /x"
    assert shlex.split(folder_options(STORE, odd)) == ["--data", str(odd)]
    assert shlex.split(folder_options(odd, Path("/y"))) == ["--store", str(odd), "--data", "/y"]


def test_an_error_names_the_store_it_is_about(store):
    with pytest.raises(InputError, match=f"engine runs --store {store.root}"):
        store.folder("mnist-mini-std-0000000000")
    with pytest.raises(InputError, match=f"engine runs --deleted --store {store.root}"):
        store.trash.last_deleted("mnist-mini-std-0000000000")
