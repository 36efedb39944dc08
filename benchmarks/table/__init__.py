"""The table: its rows, the figures that were taken, and what is said of them."""
