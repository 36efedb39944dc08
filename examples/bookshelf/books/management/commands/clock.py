"""The worker: looks at the shelf once a minute and reports to the log."""

import os
import signal
import threading

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from books.models import Book


class Command(BaseCommand):
    help = "Count the books every --every seconds until SIGTERM."

    def add_arguments(self, parser):
        parser.add_argument("--every", type=float, default=60, metavar="SECONDS")

    def handle(self, *args, every, **options):
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        while not stop.is_set():
            close_old_connections()
            self.report()
            stop.wait(every)
        self.stdout.write("SIGTERM, the clock stops")

    def report(self):
        books = list(Book.objects.all())
        lost = sum(book.cover_is_lost for book in books)
        dyno = os.environ.get("DYNO", "clock")
        # The web dyno may well have these covers: no dyno sees the files of another one.
        self.stdout.write(f"{len(books)} books on the shelf, {lost} covers that {dyno} cannot see")
        self.stdout.flush()
