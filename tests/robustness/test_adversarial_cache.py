import stat

import numpy as np
import pytest

from engine.robustness.cache import AdversarialCache, weights_digest

ARRAYS = [np.full((2, 1, 4, 4), value, np.float32) for value in (1.0, 2.0, 3.0)]


class Source:
    """Computes ARRAYS and remembers what it was asked for."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []

    def __call__(self, positions: list[int]) -> list[np.ndarray]:
        self.calls.append(positions)
        return [ARRAYS[i] for i in positions]


def same(found) -> bool:
    return len(found) == 3 and all(np.array_equal(a, b) for a, b in zip(found, ARRAYS, strict=True))


def test_only_what_is_missing_is_computed_and_at_once(tmp_path, capfd):
    cache, source = AdversarialCache(tmp_path / "cache"), Source()
    cache.fetch(["b"], lambda _: [ARRAYS[1]])
    assert same(cache.fetch(["a", "b", "c"], source)) and source.calls == [[0, 2]]
    assert same(AdversarialCache(tmp_path / "cache").fetch(["a", "b", "c"], source)) and len(source.calls) == 1
    assert capfd.readouterr() == ("", "")


def test_without_a_location_everything_is_computed_each_time():
    cache, source = AdversarialCache(None), Source()
    assert same(cache.fetch(["a", "b", "c"], source)) and same(cache.fetch(["a", "b", "c"], source))
    assert source.calls == [[0, 1, 2]] * 2


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[:-9], lambda data: b"no pickle at all"])
def test_damaged_entries_are_computed_anew(tmp_path, damage):
    source = Source()
    AdversarialCache(tmp_path).fetch(["a", "b", "c"], source)
    for path in tmp_path.rglob("output.pkl"):
        path.write_bytes(damage(path.read_bytes()))
    assert same(AdversarialCache(tmp_path).fetch(["a", "b", "c"], source))
    assert source.calls[1:] == [[0], [1], [2]]
    assert same(AdversarialCache(tmp_path).fetch(["a", "b", "c"], source)) and len(source.calls) == 4


def test_an_interrupted_computation_keeps_nothing(tmp_path):
    def interrupted(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        AdversarialCache(tmp_path).fetch(["a", "b", "c"], interrupted)
    assert not list(tmp_path.rglob("output.pkl"))


def test_folder_is_private(tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir(mode=0o777)
    AdversarialCache(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_size_stays_bounded(tmp_path):
    limit, array = 200_000, np.zeros(2_500, np.float32)
    cache = AdversarialCache(tmp_path, bytes_limit=limit)
    for i in range(60):
        cache.fetch([f"key {i}"], lambda _: [array])
        assert sum(path.stat().st_size for path in tmp_path.rglob("output.pkl")) <= limit
    assert len(list(tmp_path.rglob("output.pkl"))) > 10


def test_digest_sees_names_shapes_types_and_values_but_not_order():
    weights = {"a": np.arange(6.0), "b": np.ones(2)}
    digest = weights_digest(weights)
    assert weights_digest(dict(reversed(weights.items()))) == digest
    others = [
        {"a": np.arange(6.0), "c": np.ones(2)},
        {"a": np.arange(6.0).reshape(2, 3), "b": np.ones(2)},
        {"a": np.arange(6.0, dtype=np.float32), "b": np.ones(2)},
        {"a": np.arange(6.0), "b": np.array([1.0, np.nextafter(1.0, 2.0)])},
    ]
    assert len({digest, *map(weights_digest, others)}) == 5
