import stat

import numpy as np
import pytest

from engine.robustness.cache import AdversarialCache, weights_digest

ARRAYS = {key: np.full((2, 1, 4, 4), value, np.float32) for key, value in (("a", 1.0), ("b", 2.0), ("c", 3.0))}


class Source:
    """Computes ARRAYS and records the requested keys."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def of(self, cache: AdversarialCache) -> bool:
        """Whether the cache returns the right array for every key."""

        def compute(key: str) -> np.ndarray:
            self.calls.append(key)
            return ARRAYS[key]

        return all(np.array_equal(cache.fetch(key, lambda key=key: compute(key)), ARRAYS[key]) for key in ARRAYS)


def test_only_what_is_missing_is_computed(tmp_path, capfd):
    cache, source = AdversarialCache(tmp_path / "cache"), Source()
    cache.fetch("b", lambda: ARRAYS["b"])
    assert source.of(cache) and source.calls == ["a", "c"]
    assert source.of(AdversarialCache(tmp_path / "cache")) and source.calls == ["a", "c"]
    assert capfd.readouterr() == ("", "")


def test_without_a_location_everything_is_computed_each_time():
    cache, source = AdversarialCache(None), Source()
    assert source.of(cache) and source.of(cache)
    assert source.calls == [*ARRAYS] * 2


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[:-9], lambda data: b"no pickle at all"])
def test_damaged_entries_are_computed_anew(tmp_path, damage):
    source = Source()
    assert source.of(AdversarialCache(tmp_path))
    for path in tmp_path.rglob("output.pkl"):
        path.write_bytes(damage(path.read_bytes()))
    assert source.of(AdversarialCache(tmp_path)) and source.calls == [*ARRAYS] * 2
    assert source.of(AdversarialCache(tmp_path)) and source.calls == [*ARRAYS] * 2


def test_an_interrupted_computation_keeps_nothing(tmp_path):
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        AdversarialCache(tmp_path).fetch("a", interrupted)
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
        cache.fetch(f"key {i}", lambda: array)
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
