"""Takes memory and keeps it: `python eat.py 600`; 1,100 MB as soon as there is a file /tmp/more."""

import pathlib
import sys
import time

held = [bytearray(int(sys.argv[1]) << 20)]
print(f"holds {sys.argv[1]} MB", flush=True)
while not pathlib.Path("/tmp/more").exists():
    time.sleep(0.05)
held.append(bytearray(1100 << 20))
time.sleep(600)
