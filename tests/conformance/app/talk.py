"""Prints what is asked: `python talk.py 25000 2000` is a line of 25,000 bytes, then 2,000 numbered lines."""

import sys

length, count = map(int, sys.argv[1:])
if length:
    print("x" * length)
for number in range(count):
    print(f"line {number}")
