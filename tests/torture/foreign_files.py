"""Files of strangers: weights that would execute code or take memory, and images. Nothing runs, all is a sentence."""

import pickle
import warnings
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
import safetensors.torch
import torch

from engine.data.fitting import read_image
from engine.errors import InputError
from engine.exchange.tensor_file import read_tensors
from tests.data.test_fitting import FORMATS, encoded, forged_png, two_colors
from tests.exchange.test_tensor_file import REFUSED, WEIGHTS, Executing, asking_for, rezipped, saved
from tests.torture.bench import Bench
from tests.torture.fault import Attempt, fault


@fault("hostile files of weights: code, bombs, wrong archives", tries=60)
def weights(bench: Bench) -> Iterator[Attempt]:
    made = bench.folder / "executed"
    kinds = [make for make, _ in REFUSED.values()]
    kinds += [lambda memory=memory: asking_for(memory) for memory in (2**31, 2**34, 2**40)]
    kinds += [lambda number=number: _executing(made, number) for number in range(40)]
    for number, make in enumerate(kinds):
        ending = (".pt", ".pth", ".safetensors")[number % 3] if number >= len(REFUSED) else ".pt"
        yield lambda make=make, ending=ending: _assert_refused(bench, make, ending, made)


def _executing(made: Path, number: int) -> bytes:
    """A file that makes a folder when it is unpickled, in one of several wrappings."""
    evil, random = Executing(made), Random(number)
    content = random.choice((evil, WEIGHTS | {"b": evil}, {"state_dict": evil}, [evil], {"a": {"b": (evil,)}}))
    plain = pickle.dumps(content, protocol=random.randrange(6))
    if number % 4 == 0:
        return plain
    if number % 4 == 1:
        return rezipped(saved(WEIGHTS), **{"data.pkl": plain})
    return saved(content, pickle_protocol=random.choice((2, 4)), _use_new_zipfile_serialization=number % 4 == 2)


def _assert_refused(bench: Bench, make, ending: str, made: Path) -> None:
    path = bench.folder / f"foreign{ending}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path.write_bytes(make())
        try:
            read_tensors(path)
        except InputError as error:
            assert "\n" not in str(error) and len(str(error)) < 500, error
        else:
            raise AssertionError(f"{make} was read")
    assert not made.exists(), "code was executed"


@fault("damaged files of weights from elsewhere", tries=300)
def mutated(bench: Bench) -> Iterator[Attempt]:
    values = WEIGHTS | {"c": torch.linspace(-1, 1, 500)}
    sources = {".pt": saved(values), ".safetensors": safetensors.torch.save(values, {"note": "text"})}
    while True:
        ending = bench.random.choice(list(sources))
        content = mutate(sources[ending], bench.random)
        yield lambda ending=ending, content=content: _assert_tensors_or_sentence(bench, ending, content)


def mutate(content: bytes, random: Random) -> bytes:
    """Flipped bits, a cut, a repeated or a removed part."""
    changed, place = bytearray(content), random.randrange(len(content))
    kind = random.randrange(4)
    if kind == 0:
        for _ in range(random.choice((1, 1, 3, 30))):
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    elif kind == 1:
        del changed[place:]
    elif kind == 2:
        changed[place:place] = changed[place : place + random.randrange(1, 200)]
    else:
        del changed[place : place + random.randrange(1, 50)]
    return bytes(changed)


def _assert_tensors_or_sentence(bench: Bench, ending: str, content: bytes) -> None:
    path = bench.folder / f"mutated{ending}"
    path.write_bytes(content)
    try:
        found = read_tensors(path)
    except InputError as error:
        assert "\n" not in str(error), error
        return
    assert all(isinstance(value, np.ndarray) for value in found.values())


@fault("damaged and hostile images", tries=300)
def images(bench: Bench) -> Iterator[Attempt]:
    whole = [encoded(two_colors(), kind) for kind in FORMATS]
    bombs = [forged_png(edge, edge) for edge in (8_001, 20_000, 60_000)]
    while True:
        content = mutate(bench.random.choice(whole), bench.random)
        if bench.random.random() < 0.1:
            content = bench.random.choice(bombs)
        yield lambda content=content: _assert_pixels_or_sentence(content)


def _assert_pixels_or_sentence(content: bytes) -> None:
    try:
        pixels = read_image(content)
    except InputError as error:
        assert "\n" not in str(error), error
        return
    assert pixels.dtype == np.uint8 and pixels.ndim == 3 and max(pixels.shape) <= 1024
