"""The program that a command starts which needs the server; `control/server_program.py` starts it by this name."""

from __future__ import annotations

import gc
import sys

from localku.errors import LocalkuError, of_the_system
from localku.opening import open_context


def main() -> None:
    """Be the server; without click, and with nothing else that only people need."""
    gc.disable()  # until control is there: nothing that is imported is garbage
    from localku.server.children import be_the_server

    try:
        be_the_server(open_context(), by_name=False, watched=None)
    except LocalkuError as error:
        sys.exit(error.text())
    except OSError as error:
        if not error.strerror:
            raise
        sys.exit(of_the_system(error).text())


if __name__ == "__main__":
    main()
