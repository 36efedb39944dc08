"""What localku knows of the shell it is called from: which one it is, where it stands, and how it completes a line."""
