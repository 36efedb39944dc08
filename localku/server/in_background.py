"""The program that a command starts which needs the server; `control/server_program.py` starts it by this name.

It gets ready and waits to be told: whoever has started it may find that there is a server.
"""

from __future__ import annotations

import gc
import os
import sys

from localku.errors import LocalkuError, of_the_system
from localku.opening import open_context


def main() -> None:
    """Be the server; without click, and with nothing else that only people need."""
    gc.disable()  # until control is there: nothing that is imported is garbage
    from localku.server.children import be_the_server

    if not _is_wanted():
        return
    try:
        be_the_server(open_context(), by_name=False, watched=None)
    except LocalkuError as error:
        sys.exit(error.text())
    except OSError as error:
        if not error.strerror:
            raise
        sys.exit(of_the_system(error).text())


def _is_wanted() -> bool:
    """Wait for the word of whoever has started this; the input that it comes through is not kept."""
    told = os.read(0, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return bool(told)


if __name__ == "__main__":
    main()
