"""Commands on what runs: up, dynos, logs, and the doctor of both."""
