import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from bower_buildpack import compile as compiling
from bower_buildpack import program
from bower_buildpack.program import Program
from nodekit.run import Finished
from support.volume import Volume


@pytest.fixture
def volume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Volume:
    """Bower is played by a function that writes one component."""
    monkeypatch.setattr(program, "find", lambda *_: Program(("bower",), "/bin", "1.8.14"))

    def install(_command: Sequence[str], *, cwd: Path, env: object) -> Finished:
        folder = json.loads((cwd / ".bowerrc").read_text())["directory"]
        file = cwd / folder / "jquery" / "jquery.js"
        file.parent.mkdir(parents=True)
        file.write_text("one")
        return Finished("bower", 0, str(env)[:0])

    monkeypatch.setattr(compiling, "run", install)
    return Volume(tmp_path / "tmp", monkeypatch, ("shelf/static/vendor",))


def build(volume: Volume, jquery: str = "2") -> dict[str, object]:
    folder = volume.begin()
    (folder / "bower.json").write_text(json.dumps({"dependencies": {"jquery": jquery}}))
    (folder / ".bowerrc").write_text('{"directory": "shelf/static/vendor"}')
    assert compiling.main(folder, volume.cache, None, folder) == 0
    report: dict[str, object] = json.loads((volume.cache / "bower" / "report.json").read_text())
    return report


def component(volume: Volume) -> Path:
    return volume.folder / "shelf" / "static" / "vendor" / "jquery" / "jquery.js"


def test_components_are_moved_from_the_last_build(volume: Volume) -> None:
    assert build(volume)["components_restored"] is False
    first, folder = volume.end(), component(volume).parent.stat().st_ino
    for _ in range(2):
        assert build(volume)["components_restored"] is True
        assert component(volume).parent.stat().st_ino == folder
        assert volume.end() == first


def test_not_when_bower_json_has_changed(volume: Volume) -> None:
    build(volume)
    volume.end()
    assert build(volume, jquery="3")["components_restored"] is False


def test_not_when_something_has_written_into_them(volume: Volume) -> None:
    build(volume)
    (component(volume).parent / "new").write_text("by collectstatic")
    volume.end()
    assert build(volume)["components_restored"] is True
    assert sorted(each.name for each in component(volume).parent.iterdir()) == ["jquery.js"]


def test_from_the_cache_they_are_offered_again(volume: Volume) -> None:
    build(volume)
    (component(volume).parent / "new").write_text("by collectstatic")
    volume.end()
    build(volume)
    layer, folder = volume.end(), component(volume).parent.stat().st_ino
    build(volume)
    assert component(volume).parent.stat().st_ino == folder
    assert volume.end() == layer
