"""Entry point: errors become sentences and exit statuses here, and nowhere else."""

from __future__ import annotations

import os
import sys

from localku import __version__
from localku.errors import LocalkuError

INTERRUPTED = 130


def main() -> None:
    """Run the command line; `--version` answers before anything heavy is imported."""
    if sys.argv[1:] in (["--version"], ["version"]):
        print(f"localku/{__version__} python-{sys.version.split()[0]}")
        return
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; return its exit status."""
    from localku.cli.main import cli
    from localku.cli.terminal import show_error

    try:
        result = cli.main(args=arguments, prog_name="localku", standalone_mode=False)
    except LocalkuError as error:
        show_error(error)
        if os.environ.get("LOCALKU_TRACEBACK"):
            raise
        return error.status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:  # the last resort: click's own errors, and bugs of ours that must say so
        return _other(error)
    return result if isinstance(result, int) else 0


def _other(error: Exception) -> int:
    import click

    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, click.Abort):
        return INTERRUPTED
    raise error


if __name__ == "__main__":
    main()
