"""The driver of Heroku's buildpack suites: what it reads in specs, and how it judges, on specs of our own."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "upstream"))

import hatchet  # noqa: E402 - after the path to it is known
import shell_suite  # noqa: E402
from evidence import not_to_be_had  # noqa: E402
from judging import Upstream, judge  # noqa: E402
from matching import holds  # noqa: E402
from steps import Build, Change, Command, Expected, Plan  # noqa: E402
from table import called  # noqa: E402
from trials import Check, Results, Trial  # noqa: E402

HELPER = """\
NEWEST = '3.14.7'
SERIES = NEWEST.gsub(/\\.\\d+$/, '')
PIP = get_requirement_version('pip')
"""
SPEC = """\
RSpec.shared_examples 'builds it' do |asked|
  it "builds #{asked}" do
    app.deploy do |app|
      if ['3.10'].include?(asked)
        expect(app.output).to include('old')
      else
        expect(app.output).to include("new #{asked}")
      end
    end
  end
end

RSpec.describe 'Fruit' do
  let(:buildpacks) { [:default, 'heroku-community/inline'] }

  context 'when it is sour' do
    let(:config) { { SOUR: 'very' } }
    let(:app) { Hatchet::Runner.new('spec/fixtures/lemon', buildpacks:, config:, allow_failure: true) }

    # An example with everything.
    it 'is peeled' do
      app.deploy do |app|
        expect(clean_output(app.output)).to match(Regexp.new(<<~REGEX, Regexp::MULTILINE))
          remote: -----> Using #{SERIES} \\\\(pip #{PIP}\\\\)
          remote:
          remote:        .+
          remote:  !     Push rejected, failed to compile Fruit app.
        REGEX
        File.write('peel.txt', 'x', mode: 'a')
        app.commit!
        app.push!
        expect(app.output).not_to include('pips')
        expect(app.run('ls -a')).to eq(<<~OUTPUT)
          peel.txt
        OUTPUT
        expect($CHILD_STATUS.exitstatus).to eq(0)
        expect(app.output).to include('pulp')
      end
    end

    it 'is left', skip: 'not the season' do
      app.deploy
    end

    it_behaves_like 'builds it', '3.10'
  end

  context 'when it is of another garden' do
    let(:buildpacks) { ['https://example.com/garden#v1'] }
    let(:app) { Hatchet::Runner.new('spec/fixtures/lemon', buildpacks:) }

    it 'grows' do
      app.deploy do |app|
        update_buildpacks(app, [:default])
      end
    end
  end
end
"""


@pytest.fixture
def plans(tmp_path: Path) -> list[Plan]:
    (tmp_path / "spec" / "hatchet").mkdir(parents=True)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "pip.txt").write_text("pip==26.2.1\n")
    (tmp_path / "spec" / "spec_helper.rb").write_text(HELPER)
    (tmp_path / "spec" / "hatchet" / "fruit_spec.rb").write_text(SPEC)
    return list(hatchet.plans(tmp_path))


def test_a_spec_becomes_steps(plans: list[Plan]) -> None:
    peeled = plans[0]
    assert (peeled.fixture, peeled.may_fail, peeled.config) == ("lemon", True, {"SOUR": "very"})
    build, pattern, change, again, absent, command, equal, status, late = peeled.steps
    both = (":default", "heroku-community/inline")
    assert (build, again) == (Build(both), Build(both))
    assert change == Change("peel.txt", "x", append=True)
    assert command == Command("ls -a")
    assert isinstance(pattern, Expected)
    assert (pattern.kind, pattern.dot_all) == ("pattern", True)
    assert pattern.text.startswith("remote: -----> Using 3.14 \\(pip 26.2.1\\)\n")
    assert [
        (each.kind, each.text, each.of_build) for each in (absent, equal, status, late) if isinstance(each, Expected)
    ] == [
        ("absent", "pips", True),
        ("equal", "peel.txt\n", False),
        ("status", "success", False),
        ("text", "pulp", True),
    ]


def test_what_upstream_skips_is_no_test_and_examples_are_filled_in(plans: list[Plan]) -> None:
    assert len(plans) == 3
    assert [each.text for each in plans[1].steps if isinstance(each, Expected)] == ["old"]


def test_another_buildpack_is_not_to_be_had(plans: list[Plan]) -> None:
    assert plans[2].fault == "needs the buildpack https://example.com/garden#v1"
    assert plans[2].steps == ()


OUTPUT = """\
-----> Fruit app detected
-----> Installing pip 26.2.1
       Collecting lemon==4.15.0

 !     Error: Too sour.
 !
 !     Add sugar.

[exit status 1]
"""


def trial(*checks: Check, output: str = OUTPUT, file: str = "spec/hatchet/fruit_spec.rb") -> Trial:
    return Trial("python", file, "is peeled", ("lemon",), checks, (output,))


def lines(text: str) -> Check:
    check = Check("lines", held=False, captured=1, expected=text)
    return replace(check, held=holds(check, OUTPUT))


@pytest.mark.parametrize(
    ("expected", "word"),
    [
        ("remote: -----> Installing pip 26.2.1\nremote: \nremote:        Collecting lemon==4.15.0\n", "same"),
        ("remote:  !     Error: Too sour.\nremote:  !     Sugar would help.\n", "wording"),
        ("remote:  !     Error: Too sweet.\nremote:  !     Add sugar.\n", "substance"),
        ("remote:        Downloading lemon-4.15.0.whl (3.3 kB)\n", "wording"),
        ("remote:        Downloading lemon-4.16.0.whl (3.3 kB)\n", "substance"),
        ("remote:        Fetched lemon==4.15.0 in 0.3s\n", "wording"),
        ("remote: -----> Installing pip 26.2.0\n", "substance"),
        ("remote: -----> Peeling\n", "substance"),
    ],
)
def test_lines_are_judged_by_what_they_say(expected: str, word: str, tmp_path: Path) -> None:
    assert judge(trial(lines(expected)), Upstream(tmp_path)).word == word


def test_an_exit_status_is_substance_and_a_repository_that_cannot_be_reached_is_a_reason(tmp_path: Path) -> None:
    failed = Check("status", held=False, captured=1, expected="success")
    assert judge(trial(failed), Upstream(tmp_path)).word == "substance"
    unreachable = "fatal: unable to access 'https://github.com/a/b/': Could not resolve host: github.com\n"
    assert judge(trial(failed, output=unreachable), Upstream(tmp_path)).word == "not to be had here"
    old_npm = "npm ERR! syscall getaddrinfo\nnpm ERR! network getaddrinfo ENOTFOUND\n"
    assert "cannot be reached" in not_to_be_had(trial(failed, output=old_npm), failed)
    assert not_to_be_had(trial(failed), failed) == ""
    expected = lines("remote:  !     Error: It cannot be had.\nremote:  !     Try another.\n")
    told = f" !     Error: It cannot be had.\n{unreachable}"
    assert judge(trial(expected, output=told), Upstream(tmp_path)).word == "wording"


def test_the_heading_of_a_message_is_more_than_prose(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "errors.sh").write_text("error <<-EOF\n\tToo sour to eat\n\n\tBetter luck next time\nEOF\n")
    for text, word in (("Too sour to eat", "substance"), ("Better luck", "wording"), ("npm 1.2.3", "substance")):
        check = Check("text", held=False, captured=1, expected=text)
        assert judge(trial(check, file="test/run-general"), Upstream(tmp_path)).word == word


def test_results_are_kept_whole_under_names_of_any_length(tmp_path: Path) -> None:
    results = Results(tmp_path)
    long = [
        replace(trial(lines("remote: -----> Peeling\n")), name="is peeled " * 30 + end) for end in ("once", "twice")
    ]
    for each in long:
        assert not results.has(each)
        results.keep(each)
    assert [results.of(each) for each in long] == long


def test_names_in_the_table_are_different(tmp_path: Path) -> None:
    first, other = trial(), replace(trial(), fixtures=("lime",))
    assert called([first, other, first]) == ["fruit lemon (1)", "fruit lime", "fruit lemon (2)"]


def test_what_the_recorder_writes(tmp_path: Path) -> None:
    written = tmp_path / "checks"
    written.write_text("text\0yes\0" + "1\0two\nlines\0  assertCaptured x\0" + "status\0no\0" + "2\0success\0\0")
    assert list(shell_suite.read_checks(written)) == [
        Check("text", held=True, captured=1, expected="two\nlines", asked="assertCaptured x"),
        Check("status", held=False, captured=2, expected="success"),
    ]
