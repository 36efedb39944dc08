import gzip
import io
import random
import tarfile
from pathlib import Path

import pytest

from localku.slugs.inside import app_part, packed_size


def fill(folder: Path, count: int, seed: int = 7) -> Path:
    """Files of text and of noise in no order, of any size."""
    numbers = random.Random(seed)  # noqa: S311 - the same in each run
    kinds = (lambda: b"def view(request): return render(request)\n" * 200, lambda: numbers.randbytes(8000))
    (folder / "a").mkdir(parents=True)
    for number in range(count):
        content = b"".join(numbers.choice(kinds)() for _ in range(numbers.randrange(20)))
        (folder / numbers.choice(("a", ".")) / f"{number}").write_bytes(content)
    (folder / "link").symlink_to("a")
    return folder


def compressed(folder: Path) -> int:
    return packed_size.compressed(folder, app_part.entries(folder, ()))


def gzipped(folder: Path) -> int:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.GNU_FORMAT) as tar:
        tar.add(folder, ".")
    return len(gzip.compress(content.getvalue(), 1))


@pytest.mark.parametrize("count", [0, 1, 40])
def test_a_small_app_is_compressed_as_tar_and_gzip_do_it(count: int, tmp_path: Path) -> None:
    assert compressed(fill(tmp_path / "app", count)) == pytest.approx(gzipped(tmp_path / "app"), rel=0.02, abs=200)


def test_of_a_large_app_pieces_stand_for_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = fill(tmp_path / "app", 200)
    monkeypatch.setattr(packed_size, "ENOUGH", 1_000_000_000)
    whole = compressed(folder)
    monkeypatch.setattr(packed_size, "ENOUGH", 2_000_000)
    monkeypatch.setattr(packed_size, "PIECE", 4096)
    assert compressed(folder) != whole
    assert compressed(folder) == pytest.approx(whole, rel=0.1)


def test_near_the_limit_all_of_it_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = fill(tmp_path / "app", 200)
    monkeypatch.setattr(packed_size, "ENOUGH", 1_000_000_000)
    whole = compressed(folder)
    monkeypatch.setattr(packed_size, "ENOUGH", 2_000_000)
    monkeypatch.setattr(packed_size, "EXACT_FROM", whole // 2)
    assert compressed(folder) == whole
