"""The parent of the server's processes: holds the listening sockets, starts and restarts the others."""
