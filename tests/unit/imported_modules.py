"""What a command imports, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

_PROGRAM = """
import sys
from localku.__main__ import main
sys.argv = ["localku", *{arguments!r}]
try:
    main()
except SystemExit:
    pass
print("\\n".join(sys.modules), file=sys.stderr)
"""


def modules_of(*arguments: str, **environ: str) -> set[str]:
    """Names of all modules that are loaded when the command ends, however it does."""
    program = _PROGRAM.format(arguments=list(arguments))
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={**os.environ, **environ}
    )
    return set(done.stderr.split())
