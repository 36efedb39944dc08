"""An app whose web dyno prints numbered lines, and what became of them."""

from __future__ import annotations

import re
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from support import engine_view
from support.localku import Localku, wait_for, write_app
from support.tiny import FILES

from localku.locks import holder
from localku.logs.app_log import AppLog
from localku.logs.cursor import Cursor

SERVE = r"""#!/usr/bin/perl
use IO::Socket::INET;
use POSIX qw(:signal_h);
my $term = POSIX::SigSet->new(SIGTERM);
$SIG{CHLD} = "IGNORE";
$SIG{TERM} = sub { exit 143 };
my $server = IO::Socket::INET->new(LocalPort => $ENV{PORT}, Listen => 128, ReuseAddr => 1) or die;
while (1) {
  my $client = $server->accept or next;
  my ($wait, @words) = split m{/}, (split " ", <$client>)[1] =~ s{^/}{}r;
  while (<$client>) { last if /^\r?$/ }
  sigprocmask(SIG_BLOCK, $term);  # until the printer has a handler for it
  if (@words && !fork) {
    close $client; close $server;
    sleep $wait;
    exec "perl", "print.pl", @words;
  }
  sigprocmask(SIG_UNBLOCK, $term);
  print $client "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";
  close $client;
}
"""
PRINT = r"""
use Errno;
use POSIX qw(:signal_h);
use Time::HiRes qw(time sleep);
my ($first, $number, $rate, $width, $says_its_end) = @ARGV;
my $told = 0;
$SIG{TERM} = sub { $told = 1 } if $says_its_end;
sigprocmask(SIG_UNBLOCK, POSIX::SigSet->new(SIGTERM));
if (!$number) { print "y" x $width, "\n"; exit }
sub put { until (defined syswrite STDOUT, $_[0]) { exit 1 unless $!{EINTR} } }
my ($began, $block, $written) = (time, "", 0);
for my $n ($first .. $first + $number - 1) {
  $block .= sprintf("N%08d %s\n", $n, "y" x $width);
  next if length($block) + $width + 11 <= 4_096 && ($n + 1) % 100;  # a pipe takes so much at once, unmixed and whole
  put $block; $block = ""; $written = $n + 1 - $first;
  last if $told;
  my $ahead = $rate ? ($n - $first) / $rate - (time - $began) : 0;
  sleep $ahead if $ahead > 0;
}
if (length $block) { put $block; $written = $number }
put sprintf("E%08d %08d\n", $first, $written) if $says_its_end;
"""
PRINTER = {"serve*": SERVE, "print.pl": PRINT}
LAST = re.compile(rb"app\[web\.1\]: N(\d{8}) y")
LINE = re.compile(r"N(\d{8}) y")


@dataclass
class Noisy:
    """An app that prints what it is asked for: `prints` continues the numbering of its lines.

    One that `says_its_end` prints after each series, and when it is told to stop, how many lines it wrote.

    `up` first. Only the app of this state folder is looked at.
    """

    lk: Localku
    folder: Path
    port: int = 0
    printed: int = 0
    says_its_end: bool = False

    @classmethod
    def made(cls, lk: Localku, folder: Path) -> Noisy:
        noisy = cls(lk, write_app(folder, {**FILES, "Procfile": "web: ./serve\n", **PRINTER}))
        lk.ok("build", cwd=folder)
        return noisy

    @property
    def _files(self) -> Path:
        return engine_view.folder(self.lk.home, self.folder.name)

    def up(self) -> None:
        self.lk.ok("up", "--detach", "--no-build", cwd=self.folder)
        self.port = self.lk.ok("apps", "--json", cwd=self.folder).json[0]["port"]

    def ask(self, path: str) -> None:
        with socket.create_connection(("127.0.0.1", self.port), timeout=120) as sock:
            sock.sendall(
                f"GET /{path} HTTP/1.1\r\nHost: {self.folder.name}.localhost\r\nConnection: close\r\n\r\n".encode()
            )
            answer = b"".join(iter(lambda: sock.recv(65536), b""))
        assert b" 200 OK" in answer.partition(b"\r\n")[0], answer

    def prints(self, number: int, rate: int = 0, width: int = 89, wait: int = 0) -> None:
        """Begin to print so many lines, as fast as it can or so many a second, after so many seconds."""
        self.ask(f"{wait}/{self.printed}/{number}/{rate}/{width}{'/1' if self.says_its_end else ''}")
        self.printed += number

    def newest(self) -> int:
        """The highest number in the log."""
        rows = AppLog(self._files / "log").history(1_500, source="app", proc="web.1")
        found = [LINE.match(row.message) for row in rows]
        return next((int(one[1]) for one in reversed(found) if one), -1)

    def wait_written(self, seconds: float = 240) -> None:
        wait_for(lambda: self.newest() == self.printed - 1, seconds)

    def rows(self) -> list[bytes]:
        return [row.text for row in Cursor(self._files / "log").read()]

    def supervisor(self) -> int:
        found = holder(self._files / "supervisor.lock")
        assert found
        return found

    def container(self) -> str:
        (found,) = engine_view.containers(self.lk.home, f"app-name={self.folder.name}", "dyno=web.1", running=True)
        return found

    def last_printed(self) -> str:
        """What the engine has of its output at the end."""
        return docker("logs", "--tail", "1", self.container())

    def said(self, text: str) -> list[str]:
        return [row.decode() for row in self.rows() if text in row.decode()]


def numbers(rows: list[bytes]) -> list[int]:
    return [int(found[1]) for row in rows if (found := LAST.search(row))]


def docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True)
    return done.stdout + done.stderr
