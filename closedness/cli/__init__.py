"""The command line: one small module per sub-command, wired together in :mod:`closedness.cli.app`."""
