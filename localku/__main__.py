"""Entry point: errors become sentences and exit statuses here, and nowhere else."""

from __future__ import annotations

import gc
import os
import signal
import sys
from types import FrameType

from localku import __version__
from localku.errors import Invalid, LocalkuError, of_the_system

INTERRUPTED = 130


def main() -> None:
    """Run the command line; `--version` answers before anything heavy is imported."""
    if sys.argv[1:] in (["--version"], ["version"]):
        print(f"localku/{__version__} python-{sys.version.split()[0]}")
        return
    _end_tidily()
    if sys.argv[1:2] == ["up"]:
        from localku.control import probable_server

        probable_server.begin(sys.argv[2:])
    status = run(sys.argv[1:])
    gc.freeze()  # the interpreter's end takes a third of the time where it looks for no cycles any more
    sys.exit(status)


def _end_tidily() -> None:
    """Let SIGTERM and a closed terminal end a command as Ctrl-C does: it takes away what it made in the engine."""

    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:  # under nohup it stays ignored
            signal.signal(number, end)


def run(arguments: list[str]) -> int:
    """Run one command; return its exit status."""
    from localku.cli.main import cli
    from localku.cli.terminal import show_error, status_of

    if "_LOCALKU_COMPLETE" in os.environ:
        from localku.cli.shell import completion_scripts

        completion_scripts.register()
    try:
        result = cli.main(args=arguments, prog_name="localku", standalone_mode=False)
    except LocalkuError as error:
        show_error(error)
        if os.environ.get("LOCALKU_TRACEBACK"):
            raise
        return status_of(error.kind)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:  # noqa: BLE001 - the last resort: click's own errors, and bugs, which are raised again
        return _other(error)
    return result if isinstance(result, int) else 0


def _other(error: Exception) -> int:
    import click

    from localku.cli.terminal import show_error

    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return error.exit_code
    if isinstance(error, click.ClickException):
        context = error.ctx if isinstance(error, click.UsageError) else None
        show_error(_of_usage(error.format_message(), context.get_usage() if context else ""))
        return error.exit_code
    if isinstance(error, click.Abort):
        return INTERRUPTED
    if isinstance(error, OSError) and error.strerror:
        show_error(of_the_system(error))
        return 1
    raise error


def _of_usage(message: str, usage: str) -> LocalkuError:
    """Put click's own errors into the shape of all others: what is wrong, then how the command is used."""
    return Invalid(message, "" if "Usage:" in message else usage)


if __name__ == "__main__":
    main()
