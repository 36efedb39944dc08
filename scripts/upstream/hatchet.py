"""The Hatchet specs of both suites (spec/), as steps to take and what is expected of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ruby import NotRead, Scope, Statement, Value, evaluate, heredoc, pairs, split, statements
from steps import Build, Change, Command, Expected, Get, Plan, Step, Test
from trials import Kind

_IT = re.compile(r"""it (['"])(.*?)\1(?P<skipped>, skip: .*)? do$""")
_LET = re.compile(r"let\(:(\w+)\) (?:\{ (.*) \}|do (.*) end)$")
_RUNNER = re.compile(r"Hatchet::Runner\.new\((.*?)\)(?:\.(?:deploy|run_ci|tap) do \|\w+(?:, \w+)?\|)?$")
_EXAMPLES = re.compile(r"RSpec\.shared_examples ['\"](.*)['\"] do(?: \|(.*)\|)?$")
_LIKE = re.compile(r"it_behaves_like (.*)$")
_CONSTANT = re.compile(r"([A-Z][A-Z0-9_]+) = (.+)$")
_MEMORY = {
    "standard-1x": 512,
    "standard-2x": 1024,
    "performance-m": 2560,
    "performance-l": 14336,
    "performance-l-ram": 30720,
    "performance-xl": 63488,
    "performance-2xl": 129024,
}
"""MB, as spec/hatchet/profile_d_scripts_spec.rb of the Python buildpack expects them."""
_EXPECT = re.compile(r"expect\((.*)\)\.(to|not_to|to_not) (include|match|eq|be)\b ?(.*)$")


def constants(checkout: Path) -> dict[str, Value]:
    """What spec/spec_helper.rb gives names to."""
    found: dict[str, Value] = {"DEFAULT_BUILDPACK_URL": "heroku/python"}
    for each in statements((checkout / "spec" / "spec_helper.rb").read_text()):
        if match := _CONSTANT.match(each.text):
            name, text = match.groups()
            if package := re.fullmatch(r"get_requirement_version\('(.+)'\)", text):
                pinned = (checkout / "requirements" / f"{package[1]}.txt").read_text().strip()
                found[name] = pinned.partition("==")[2]
                continue
            try:
                found.setdefault(name, evaluate(text, found))
            except NotRead:
                continue
    return found


def plans(checkout: Path) -> Iterator[Plan]:
    """Every `it` of spec/*/*_spec.rb."""
    known = constants(checkout)
    for path in sorted((checkout / "spec").glob("*/*_spec.rb")):
        yield from _Spec(str(path.relative_to(checkout)), statements(path.read_text()), known).plans()


class _Spec:
    def __init__(self, file: str, lines: list[Statement], known: Scope) -> None:
        self.file, self.lines = file, lines
        self.known: dict[str, Value] = dict(known)
        self.shared: dict[str, tuple[list[str], list[Statement]]] = {}

    def plans(self) -> Iterator[Plan]:
        lets: list[tuple[int, str, str]] = []
        titles: list[tuple[int, str]] = []
        position = 0
        while position < len(self.lines):
            each = self.lines[position]
            lets = [let for let in lets if let[0] <= each.indent]
            titles = [title for title in titles if title[0] < each.indent]
            body = self.body(position)
            if match := _EXAMPLES.match(each.text):
                names = [name.strip() for name in (match[2] or "").split(",") if name.strip()]
                self.shared[match[1]] = names, body
                position += len(body)
            elif match := _IT.match(each.text):
                if not match["skipped"]:
                    yield self.plan([*(title for _, title in titles), match[2]], body, lets, self.known)
                position += len(body)
            elif match := _LIKE.match(each.text):
                yield from self.like(match[1], [title for _, title in titles], lets)
            elif match := _LET.match(each.text):
                lets.append((each.indent, match[1], match[2] or match[3]))
            elif match := _CONSTANT.match(each.text):
                self.known[match[1]] = evaluate(match[2], self.known)
            elif match := re.match(r"""(?:RSpec\.)?(?:describe|context) (['"])(.*?)\1""", each.text):
                titles.append((each.indent, match[2]))
            position += 1

    def body(self, start: int) -> list[Statement]:
        """What is further in than the statement there, up to its end."""
        found: list[Statement] = []
        for each in self.lines[start + 1 :]:
            if each.indent <= self.lines[start].indent:
                break
            found.append(each)
        return found

    def like(self, arguments: str, titles: list[str], lets: list[tuple[int, str, str]]) -> Iterator[Plan]:
        name, *values = (evaluate(each, self.known) for each in split(arguments))
        parameters, body = self.shared[str(name)]
        scope = {**self.known, **dict(zip(parameters, values, strict=True))}
        inner = [each for each in body if not _IT.match(each.text)]
        yield self.plan([*titles, str(name)], inner, lets, scope)

    def plan(self, titles: list[str], body: list[Statement], lets: list[tuple[int, str, str]], known: Scope) -> Plan:
        name = ": ".join(titles)
        reader = _Reader(dict(known), {let: text for _, let, text in lets})
        try:
            reader.read(body)
        except NotRead as exc:
            reader.fault = f"not understood: {exc}"
        return Plan(
            self.file,
            name,
            reader.fixture,
            reader.may_fail,
            reader.config,
            () if reader.fault else tuple(reader.steps),
            reader.fault,
        )


class _Reader:
    """Reads the statements of one `it`."""

    def __init__(self, scope: dict[str, Value], lets: Mapping[str, str]) -> None:
        self.scope, self.lets = scope, lets
        self.fixture, self.may_fail, self.fault = "", False, ""
        self.config: dict[str, str] = {}
        self.buildpacks: tuple[str, ...] = (":default",)
        self.stack = ""
        self.steps: list[Step] = []
        self.skipping: bool | None = None

    def read(self, body: list[Statement]) -> None:
        for name, text in self.lets.items():
            if name != "app":
                self.scope[name] = evaluate(text, self.scope)
        if any("update_stack" in each.text for each in body):
            self.stack = "heroku-26"
        if "app" in self.lets:
            self.runner(self.lets["app"])
        for each in body:
            if not self.passed_over(each.text):
                self.statement(each)

    def passed_over(self, text: str) -> bool:
        """Whether a statement is of a branch that is not taken."""
        if match := re.match(r"if (\[.*\])\.include\?\((\w+)\)$", text):
            taken = evaluate(match[2], self.scope) in evaluate(match[1], self.scope)
            self.skipping = not taken
            return True
        if self.skipping is not None and text == "else":
            self.skipping = not self.skipping
            return True
        if self.skipping is not None and text == "end":
            self.skipping = None
            return True
        return self.skipping is True

    def statement(self, each: Statement) -> None:
        text = each.text
        if match := _RUNNER.search(text):
            self.runner(f"Hatchet::Runner.new({match[1]})")
        if re.search(r"\.(deploy do|push!)|\.deploy do$|before_deploy do", text):
            self.build(text)
        elif re.search(r"\.run_ci do|\.run_again$", text):
            self.needs_no_other_buildpack()
            self.steps.append(Test())
        elif match := _EXPECT.match(text):
            self.expect(each, *match.groups())
        elif match := re.match(r"app\.run_multi\((.*)\) do \|", text):
            self.run_multi(match[1])
        elif match := re.match(r"update_buildpacks\(app, (.*)\)$", text):
            self.buildpacks = tuple(str(one) for one in evaluate(match[1], self.scope))
        elif match := re.match(r"app\.update_stack\((.*)\)$", text):
            self.stack = str(evaluate(match[1], self.scope))
        elif match := re.match(r"(File\.write|FileUtils\.rm|FileUtils\.cp)\((.*)\)$", text):
            self.change(match[1], match[2])
        elif match := re.match(r"(\w+) = (.*)$", text):
            self.assign(match[1], match[2])

    def assign(self, name: str, text: str) -> None:
        if text.startswith("successful_"):
            self.steps.append(Get())
        elif "app.output" not in text and "Hatchet" not in text:
            self.scope[name] = evaluate(text, self.scope)

    def runner(self, text: str) -> None:
        match = _RUNNER.search(text)
        if match is None:
            raise NotRead(text)
        fixture, *options = split(match[1])
        given = pairs(", ".join(options), self.scope)
        self.fixture = str(evaluate(fixture, self.scope)).removeprefix("spec/fixtures/")
        if not str(evaluate(fixture, self.scope)).startswith("spec/fixtures/"):
            self.fault = f"needs the repository {self.fixture}, one of Hatchet's on GitHub"
        self.may_fail = given.get("allow_failure") == "true"
        config = given.get("config", {})
        self.config = {name: str(value) for name, value in config.items()} if isinstance(config, dict) else {}
        listed = given.get("buildpacks", [":default"])
        self.buildpacks = tuple(str(each) for each in listed) if isinstance(listed, list) else ()
        self.needs_no_other_buildpack()

    def needs_no_other_buildpack(self) -> None:
        others = [each for each in self.buildpacks if each not in (":default", "heroku-community/inline")]
        if others and not self.fault:
            self.fault = f"needs the buildpack {others[0]}"

    def build(self, text: str) -> None:
        self.needs_no_other_buildpack()
        if "before_deploy" not in text:
            self.steps.append(Build(self.buildpacks, self.stack))

    def change(self, call: str, arguments: str) -> None:
        first, *more = split(arguments)
        if call == "FileUtils.cp":
            found = re.fullmatch(r"FIXTURE_DIR\.join\('(.*)'\)", first)
            if found is None:
                raise NotRead(first)
            self.steps.append(Change(Path(found[1]).name, source=found[1]))
        elif call == "FileUtils.rm":
            self.steps.append(Change(str(evaluate(first, self.scope))))
        else:
            append = any("mode: 'a'" in each for each in more)
            self.steps.append(
                Change(str(evaluate(first, self.scope)), str(evaluate(more[0], self.scope)), append=append)
            )

    def run_multi(self, arguments: str) -> None:
        command, *options = split(arguments)
        asked = pairs(", ".join(options), self.scope).get("heroku", {})
        if not isinstance(asked, dict):
            raise NotRead(arguments)
        env = dict(each.split("=", 1) for each in str(asked.get("env", "")).split(";") if each)
        memory = _MEMORY[str(asked.get("size", "standard-1x"))]
        self.steps.append(Command(str(evaluate(command, self.scope)), env, str(asked.get("type", "run")), memory))

    def expect(self, each: Statement, subject: str, direction: str, matcher: str, argument: str) -> None:
        if match := re.match(r"data((?:\[\".*?\"\])+)$", subject):
            keys = "/".join(re.findall(r'"(.*?)"', match[1]))
            self.steps.append(Expected("metric", f"{keys} {argument}", asked=each.text))
            return
        if match := re.search(r"app\.run\((.*?)\)(?:\)|$)", subject):
            self.steps.append(Command(str(evaluate(match[1], self.scope))))
        elif subject.startswith("successful_body"):
            self.steps.append(Get())
        kind, text, dot_all = self.wanted(each, matcher, argument.removeprefix("(").removesuffix(")"))
        if "$CHILD_STATUS" in subject:
            kind, text = "status", "success"
        elif direction != "to":
            kind = "absent"
        self.steps.append(Expected(kind, text, dot_all, each.text, of_build="app.output" in subject))

    def wanted(self, each: Statement, matcher: str, argument: str) -> tuple[Kind, str, bool]:
        if each.heredocs:
            kind: Kind = "pattern" if matcher == "match" else "equal" if matcher == "eq" else "lines"
            return kind, heredoc(each, self.scope), "MULTILINE" in each.text
        if matcher == "match" and (found := re.fullmatch(r"/(.*)/", argument)):
            return "pattern", found[1], False
        if argument.isdigit():
            return "status", argument, False
        text = str(evaluate(argument, self.scope))
        return ("equal" if matcher == "eq" else "text"), text, False
