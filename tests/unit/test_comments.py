"""What comments and docstrings say can be followed up: public sources, and a sentence for each cause."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("localku", "buildpacks", "scripts", "tests", "benchmarks", "docs")
ELSEWHERE = re.compile(r"reference" + r"/heroku|\(reference \u00a7|heroku-(runtime|build)\.md")
"""Citations of a folder that is not in the repository."""

TITLES = {
    "Buildpack API",
    "Choosing the Right Heroku Postgres Plan",
    "Custom Domain Names for Apps",
    "Deploying with Git",
    "Dyno Lifecycle",
    "Heroku PGBackups",
    "Heroku Postgres Metrics Logs",
    "Importing and Exporting Heroku Postgres Databases",
    "Dyno Restart Behavior",
    "Dyno Shutdown Behavior",
    "Dyno Startup Behavior",
    "Dyno Types",
    "Dynos",
    "Eco Dyno Hours",
    "HTTP Request IDs",
    "HTTP Routing",
    "Heroku Error Codes",
    "Heroku Labs",
    "Heroku Labs: Dyno Metadata",
    "Heroku Labs: log-runtime-metrics",
    "Heroku Local",
    "Heroku Postgres Version Support",
    "Heroku Scheduler",
    "Limits",
    "Log Drains",
    "Logging",
    "Maintenance Mode",
    "One-Off Dynos",
    "Preboot",
    "Release Phase",
    "Releases",
    "Request Timeout",
    "Slug Compiler",
    "app.json Schema",
}
"""Of the articles of Heroku's Dev Center that are cited, in the Dev Center's own words (of 2024)."""

CITED = re.compile(r'Dev\s+Center[,:]?\s+("[^"]+"(?:(?:,? and |, )"[^"]+")*)')


def test_nothing_cites_what_is_not_in_the_repository() -> None:
    files = [file for folder in FOLDERS for kind in ("*.py", "*.md") for file in (ROOT / folder).rglob(kind)]
    assert [str(file.relative_to(ROOT)) for file in files if ELSEWHERE.search(file.read_text(errors="replace"))] == []


def test_every_cause_of_the_doctor_says_what_it_is() -> None:
    bare = [
        f"{file.name}:{node.lineno}"
        for file in (ROOT / "localku" / "doctor").glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef) and re.fullmatch(r"#\d+\.?", ast.get_docstring(node) or "")
    ]
    assert bare == []


def test_articles_are_cited_by_their_titles() -> None:
    files = [
        file for file in (ROOT / "localku").rglob("*.py") if file.relative_to(ROOT).parts[1] not in {"logs", "slugs"}
    ]
    cited = {
        title: file.name
        for file in files
        for match in CITED.finditer(" ".join(file.read_text().replace("# ", "").split()))
        for title in re.findall(r'"([^"]+)"', match[1])
    }
    assert {title: file for title, file in cited.items() if title not in TITLES} == {}
    assert cited.keys() == TITLES
