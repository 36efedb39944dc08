import gzip
import io
import os
import random
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

from localku.slugs.building.layer_container import ANEW, NOTHING
from localku.slugs.inside import files_seen, untouched
from localku.slugs.slug_image import LAYER_SCRIPT

MEGABYTE = 1 << 20
ENOUGH = 8 * MEGABYTE
LIMITS = f"{300 * MEGABYTE},{1024 * MEGABYTE}"


@dataclass
class Answer:
    said: str
    status: int
    written: int


class Layer:
    """The script at work: one request after another, in one container."""

    def __init__(self, build: Path, app: Path, *, enough: int = ENOUGH, limits: str = LIMITS, spent: int = 0) -> None:
        arguments = (str(build), str(app), str(enough), limits, str(spent))
        command = ["bash", "-c", LAYER_SCRIPT.read_text(), "layer.sh", *arguments]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        rest, _ = self._process.communicate()
        assert (self._process.returncode, rest) == (0, b""), "there is no further request"

    def ask(self, what: str, *names: str, beside: int = 0, lists: str = "") -> Answer:
        assert self._process.stdin
        assert self._process.stdout
        request = (what, str(beside), lists, str(len(names)), *names)
        self._process.stdin.write("".join(f"{field}\0" for field in request).encode())
        self._process.stdin.flush()
        said = b""
        while (row := self._process.stdout.readline()) and not row.startswith(b"="):
            said += row
        status, written = map(int, row[1:].split())
        return Answer(said.decode().strip(), status, written)


def run(
    build: Path, app: Path, *names: str, beside: int = 0, limits: str = LIMITS, spent: int = 0, lists: str = ""
) -> int:
    """Return the compressed bytes, or the status below 0."""
    with Layer(build, app, limits=limits, spent=spent) as layer:
        answer = layer.ask("all", *names, beside=beside, lists=lists)
    if answer.status == 0:
        return int(answer.said)
    assert not answer.said, answer.said
    return -answer.status


def part(build: Path, app: Path, *names: str, spent: int = 0) -> int:
    """Return the status."""
    with Layer(build, app, spent=spent) as layer:
        answer = layer.ask("part", *names)
    assert not answer.said
    return answer.status


def packed(build: Path, *names: str) -> int:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for name in names:
            tar.add(build / name, name)
    return len(gzip.compress(content.getvalue(), 1))


def fill(folder: Path, megabytes: int) -> None:
    """Files that compress very differently, which is what packages are like."""
    chance = random.Random(9)  # noqa: S311 - the same files each time
    folder.mkdir(parents=True)
    for number in range(megabytes):
        letters = chance.choice((2, 16, 256))
        content = chance.randbytes(MEGABYTE).translate(bytes(code % letters for code in range(256)))
        (folder / f"file{number}").write_bytes(content)


def test_the_folders_are_copied_as_they_are(tmp_path: Path) -> None:
    build, app = tmp_path / "build", tmp_path / "app"
    (build / ".heroku" / "bin").mkdir(parents=True)
    (build / ".heroku" / "bin" / "run").write_text("run")
    (build / ".heroku" / "bin" / "run").chmod(0o755)
    os.utime(build / ".heroku" / "bin" / "run", (1, 1))
    (build / ".heroku" / "link").symlink_to("bin/run")
    (build / "assets" / "a folder").mkdir(parents=True)
    (build / "assets" / "a folder" / "x").write_text("x")
    (build / "assets" / "mine").write_text("the app's own")
    app.mkdir()
    assert run(build, app, ".heroku", "assets/a folder") > 0
    found = (app / ".heroku" / "bin" / "run").stat()
    assert (found.st_mode & 0o777, found.st_mtime) == (0o755, 1)
    assert (app / ".heroku" / "link").readlink() == Path("bin/run")
    assert (app / "assets" / "a folder" / "x").read_text() == "x"
    assert not (app / "assets" / "mine").exists()


def test_what_is_small_is_measured_whole(tmp_path: Path) -> None:
    fill(tmp_path / "build" / "vendor", 5)
    (tmp_path / "app").mkdir()
    exact = packed(tmp_path / "build", "vendor")
    assert run(tmp_path / "build", tmp_path / "app", "vendor") == pytest.approx(exact, rel=0.005)


def test_of_what_is_large_a_part_is_measured_and_the_figure_is_close(tmp_path: Path) -> None:
    fill(tmp_path / "build" / "vendor", 30)
    (tmp_path / "app").mkdir()
    exact = packed(tmp_path / "build", "vendor")
    assert run(tmp_path / "build", tmp_path / "app", "vendor") == pytest.approx(exact, rel=0.1)


def test_near_a_limit_all_of_it_is_measured(tmp_path: Path) -> None:
    fill(tmp_path / "build" / "vendor", 30)
    (tmp_path / "app").mkdir()
    exact = packed(tmp_path / "build", "vendor")
    limits = f"{exact + 5 * MEGABYTE},{1024 * MEGABYTE}"
    found = run(tmp_path / "build", tmp_path / "app", "vendor", beside=5 * MEGABYTE, limits=limits)
    assert found == pytest.approx(exact, rel=0.005)


def test_a_copy_that_fails_is_no_layer(tmp_path: Path) -> None:
    (tmp_path / "build" / "vendor").mkdir(parents=True)
    with pytest.raises(AssertionError, match="No such file"):
        run(tmp_path / "build", tmp_path / "build" / "vendor" / "nowhere" / "x", "gone")


NAMES = ("node_modules", ".heroku", "assets/vendor")


def tree(root: Path) -> dict[str, tuple[object, ...]]:
    """Everything below `root`, with times as an image keeps them."""
    return {str(path.relative_to(root)): about(path) for path in sorted(root.rglob("*"))}


def about(path: Path) -> tuple[object, ...]:
    found = path.lstat()
    if path.is_symlink():
        return ("link", str(path.readlink()))
    if path.is_dir():
        return ("folder", found.st_mode)
    return ("file", found.st_mode, int(found.st_mtime), path.read_bytes())


def change(build: Path, chance: random.Random) -> None:
    """One thing that an installation may do: whatever is at a place becomes something else, or nothing."""
    place = build / chance.choice(NAMES) / chance.choice("abcd") / chance.choice(("x", "y // z", "new\nline"))
    if place.is_symlink() or place.is_file():
        place.unlink()
    elif place.is_dir():
        shutil.rmtree(place)
    for above in reversed(place.relative_to(build).parents):
        if (build / above).is_symlink() or (build / above).is_file():
            (build / above).unlink()
    place.parent.mkdir(parents=True, exist_ok=True)
    place.parent.chmod(chance.choice((0o755, 0o700)))
    match chance.randrange(5):
        case 0:
            place.symlink_to(chance.choice(("../a", "y z 12.5", "y z 12.6")))
        case 1:
            (place / "below").mkdir(parents=True)
            (place / "below" / "file").write_text("content")
        case 2:
            shutil.rmtree(place.parent)
            if chance.random() < 0.5:
                place.parent.symlink_to("nowhere")
        case _:
            place.write_text(chance.choice(("1.0.1", "1.0.2", "else")))
            place.chmod(chance.choice((0o644, 0o755)))
            os.utime(place, ns=(0, 499162500 * 10**9 + chance.choice((0, 0, 10**9, 5))))


@pytest.mark.parametrize("seed", range(4))
def test_a_layer_on_an_earlier_one_is_the_layer_made_anew(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same changes each time
    build, app = tmp_path / "build", tmp_path / "app"
    for name in NAMES:
        (build / name).mkdir(parents=True)
    (build / ".heroku" / "node").write_bytes(bytes(MEGABYTE))
    app.mkdir()
    run(build, app, *NAMES)
    for number in range(6):
        for _ in range(chance.randrange(1, 12)):
            change(build, chance)
        names = NAMES if number % 3 else NAMES[:2]
        run(build, app, *names, spent=1)
        (anew := tmp_path / f"anew{number}").mkdir()
        run(build, anew, *names)
        assert tree(app) == tree(anew)


def test_what_is_the_same_is_not_written_again(tmp_path: Path) -> None:
    build, app = tmp_path / "build", tmp_path / "app"
    (build / "vendor").mkdir(parents=True)
    app.mkdir()
    for name in ("same", "other"):
        (build / "vendor" / name).write_text(name)
    run(build, app, "vendor")
    same = (app / "vendor" / "same").stat().st_ctime_ns
    (build / "vendor" / "other").write_text("longer")
    run(build, app, "vendor", spent=1)
    assert (app / "vendor" / "same").stat().st_ctime_ns == same
    assert (app / "vendor" / "other").read_text() == "longer"


def test_where_little_stays_nothing_is_done_and_a_new_layer_is_asked_for(tmp_path: Path) -> None:
    build, app = tmp_path / "build", tmp_path / "app"
    (build / "vendor").mkdir(parents=True)
    app.mkdir()
    (build / "vendor" / "big").write_bytes(bytes(MEGABYTE))
    run(build, app, "vendor")
    (build / "vendor" / "big").write_bytes(b"x" * MEGABYTE)
    before = tree(app)
    assert run(build, app, "vendor", spent=2 * MEGABYTE) == -ANEW
    assert tree(app) == before


def test_a_file_that_only_its_content_tells_from_the_last_is_written(tmp_path: Path) -> None:
    build, app = tmp_path / "build", tmp_path / "app"
    (build / "node_modules").mkdir(parents=True)
    app.mkdir()
    for version in ("1.0.1", "1.0.2"):
        (build / "node_modules" / "package.json").write_text(version)
        os.utime(build / "node_modules" / "package.json", (499162500, 499162500))
        run(build, app, "node_modules", spent=int(version == "1.0.2"))
    assert (app / "node_modules" / "package.json").read_text() == "1.0.2"


def seen(build: Path, names: Sequence[str], file: Path) -> str:
    """Write the list of files that a build makes before the layer's container is asked to take them."""
    moment = untouched.moment(build.parent / "clock")
    assert moment is not None
    file.write_bytes(files_seen.listed(build, names, moment))
    return str(file)


def overwrite(build: Path, chance: random.Random) -> None:
    """Change what is in some files, but neither their sizes nor their times."""
    for name in NAMES:
        for file in sorted(each for each in (build / name).rglob("*") if each.is_file() and not each.is_symlink()):
            if chance.random() < 0.3:
                found = file.stat()
                file.write_bytes(chance.randbytes(found.st_size))
                os.utime(file, ns=(found.st_atime_ns, found.st_mtime_ns))


def swap(build: Path, chance: random.Random) -> None:
    """Let two folders change places: no file in them is touched."""
    name = build / chance.choice(NAMES)
    folders = [each for each in sorted(name.iterdir()) if each.is_dir() and not each.is_symlink()]
    if len(folders) > 1:
        one, other = chance.sample(folders, 2)
        one.rename(name / "aside")
        other.rename(one)
        (name / "aside").rename(other)


def later(build: Path, chance: random.Random) -> None:
    """What a later buildpack, or a hook, may do to what an earlier one has made."""
    what = chance.randrange(6)
    if what == 0:
        shutil.rmtree(build / "node_modules")
    elif what == 1:
        overwrite(build, chance)
    elif what == 2:
        swap(build, chance)
    elif what < 5:
        for _ in range(chance.randrange(1, 12)):
            change(build, chance)
    for name in NAMES:
        if not (build / name).is_dir() or (build / name).is_symlink():
            (build / name).unlink(missing_ok=True)
            (build / name).mkdir(parents=True)


@pytest.mark.parametrize("seed", range(4))
def test_a_layer_of_which_parts_came_early_is_the_layer_made_at_once(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same changes each time
    build, app = tmp_path / "build", tmp_path / "app"
    for name in NAMES:
        (build / name).mkdir(parents=True)
    (build / ".heroku" / "python").write_bytes(bytes(MEGABYTE))
    app.mkdir()
    lists: list[str] = []
    for number in range(5):
        for _ in range(6):
            change(build, chance)
        for name in chance.sample(NAMES, 2):
            there = (build / name).is_dir() and not (build / name).is_symlink()
            wanted = seen(build, [name], tmp_path / f"seen-{number}-{name.replace('/', '-')}") if there else ""
            if there and part(build, app, name, spent=number and 1) in (0, NOTHING):
                lists.append(wanted)
        later(build, chance)
        run(build, app, *NAMES, spent=1, lists=":".join(lists))
        (anew := tmp_path / f"anew{number}").mkdir()
        run(build, anew, *NAMES)
        assert tree(app) == tree(anew)
        lists = [seen(build, NAMES, tmp_path / f"all-{number}")] if chance.random() < 0.5 else []
        if lists:
            run(build, app, *NAMES, spent=1)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("spent", [0, 1])
def test_parts_and_the_rest_may_come_into_one_container(tmp_path: Path, seed: int, spent: int) -> None:
    """One of an earlier layer, or an empty one."""
    chance = random.Random(seed)  # noqa: S311 - the same changes each time
    build, app = tmp_path / "build", tmp_path / "app"
    for name in NAMES:
        (build / name).mkdir(parents=True)
    (build / ".heroku" / "python").write_bytes(bytes(MEGABYTE))
    app.mkdir()
    if spent:
        run(build, app, *NAMES)
    lists: list[str] = []
    with Layer(build, app, spent=spent) as layer:
        for number in range(4):
            for _ in range(6):
                change(build, chance)
            name = chance.choice(NAMES)
            if (build / name).is_dir() and not (build / name).is_symlink():
                listed = seen(build, [name], tmp_path / f"seen-{number}")
                assert layer.ask("part", name, lists=":".join(lists)).status in (0, NOTHING)
                lists.append(listed)
        later(build, chance)
        assert int(layer.ask("all", *NAMES, lists=":".join(lists)).said) > 0
    (anew := tmp_path / "anew").mkdir()
    run(build, anew, *NAMES)
    assert tree(app) == tree(anew)


def test_an_answer_says_how_much_was_written(tmp_path: Path) -> None:
    build, app = tmp_path / "build", tmp_path / "app"
    for name in ("vendor", "node_modules"):
        (build / name).mkdir(parents=True)
        (build / name / "file").write_bytes(bytes(MEGABYTE))
    app.mkdir()
    with Layer(build, app) as layer:
        assert layer.ask("part", "vendor").written == pytest.approx(MEGABYTE, rel=0.01)
        assert layer.ask("part", "vendor").written == 0
        assert layer.ask("all", "vendor", "node_modules").written == pytest.approx(MEGABYTE, rel=0.01)


def test_what_a_container_has_got_counts_where_a_new_layer_would_take_less_room(tmp_path: Path) -> None:
    build, app = tmp_path / "build", tmp_path / "app"
    (build / "vendor").mkdir(parents=True)
    app.mkdir()
    with Layer(build, app, spent=MEGABYTE // 2) as layer:
        (build / "vendor" / "big").write_bytes(bytes(MEGABYTE))
        assert layer.ask("part", "vendor").status == 0
        (build / "vendor" / "big").write_bytes(b"x" * MEGABYTE)
        assert layer.ask("all", "vendor").status == ANEW


def test_a_part_leaves_the_rest_of_a_layer_alone(tmp_path: Path) -> None:
    build, app = tmp_path / "build", tmp_path / "app"
    for name in NAMES:
        (build / name).mkdir(parents=True)
        (build / name / "file").write_text("old")
    app.mkdir()
    run(build, app, *NAMES)
    (build / ".heroku" / "file").write_text("newer")
    (build / "node_modules" / "file").write_text("newer")
    assert part(build, app, "node_modules", spent=1) == 0
    assert (app / "node_modules" / "file").read_text() == "newer"
    assert (app / ".heroku" / "file").read_text() == "old"
    assert part(build, app, "node_modules", spent=1) == NOTHING


def test_what_a_list_says_is_not_read_again(tmp_path: Path) -> None:
    build, app = tmp_path / "build", tmp_path / "app"
    (build / "vendor").mkdir(parents=True)
    app.mkdir()
    (build / "vendor" / "file").write_text("1.0.1")
    listed = seen(build, ["vendor"], tmp_path / "list")
    assert part(build, app, "vendor") == 0
    found = (app / "vendor" / "file").stat()
    (app / "vendor" / "file").write_text("other")
    os.utime(app / "vendor" / "file", ns=(found.st_atime_ns, found.st_mtime_ns))
    run(build, app, "vendor", spent=1, lists=f"{tmp_path / 'gone'}:{listed}")
    assert (app / "vendor" / "file").read_text() == "other"
    run(build, app, "vendor", spent=1)
    assert (app / "vendor" / "file").read_text() == "1.0.1"


def test_a_folder_in_which_something_changed_has_its_own_time(tmp_path: Path) -> None:
    build, app = tmp_path / "build", tmp_path / "app"
    (build / ".heroku" / "node").mkdir(parents=True)
    (build / ".heroku" / "python").mkdir()
    (build / ".heroku" / "python" / "file").write_text("x")
    for folder in (build / ".heroku" / "python", build / ".heroku" / "node", build / ".heroku"):
        os.utime(folder, (1, 1))
    app.mkdir()
    assert part(build, app, ".heroku/node") == 0
    run(build, app, ".heroku", spent=1)
    found = [app / ".heroku", *(app / ".heroku").iterdir()]
    assert [int(each.stat().st_mtime) for each in found] == [1, 1, 1]


def test_what_an_earlier_list_says_of_a_folder_does_not_count_after_a_later_one(tmp_path: Path) -> None:
    """A folder goes, another comes into the layer in its place, and then the first is moved back as it was."""
    build, app = tmp_path / "build", tmp_path / "app"
    (build / "vendor" / "a").mkdir(parents=True)
    app.mkdir()
    (build / "vendor" / "a" / "file").write_text("1.0.1")
    os.utime(build / "vendor" / "a" / "file", (1, 1))
    lists = seen(build, ["vendor"], tmp_path / "list-1")
    run(build, app, "vendor")
    (build / "vendor" / "a").rename(tmp_path / "aside")
    (build / "vendor" / "a").mkdir()
    (build / "vendor" / "a" / "file").write_text("1.0.2")
    os.utime(build / "vendor" / "a" / "file", (1, 1))
    lists += f":{seen(build, ['vendor/a'], tmp_path / 'list-2')}"
    assert part(build, app, "vendor/a", spent=1) == 0
    shutil.rmtree(build / "vendor" / "a")
    (tmp_path / "aside").rename(build / "vendor" / "a")
    run(build, app, "vendor", spent=1, lists=lists)
    assert (app / "vendor" / "a" / "file").read_text() == "1.0.1"
