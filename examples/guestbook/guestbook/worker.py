"""The worker: counts the words of new entries."""

import os
import signal
import threading

from guestbook import database

stop = threading.Event()


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    dyno = os.environ.get("DYNO", "worker")
    print(f"{dyno} waits for new entries", flush=True)
    with database.connect() as connection:
        connection.autocommit = True
        while not stop.is_set():
            counted = database.count_one(connection, dyno)
            if counted:
                print(f"entry {counted['id']} has {counted['words']} words", flush=True)
            else:
                stop.wait(1)
    print("SIGTERM: nothing left half done, good night", flush=True)


if __name__ == "__main__":
    main()
