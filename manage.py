#!/usr/bin/env python
"""Runs a command of the product; without DATABASE_URL, on the embedded servers (see `casework.embedded`)."""

import os
import sys


def main() -> None:
    """Run the command that the arguments name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "casework.config.settings")
    try:
        from django.core.management import execute_from_command_line

        from casework import embedded
    except ImportError as error:
        sys.exit(f"The product is not installed in this Python ({error}): run “pip install -e '.[dev]'” first.")
    try:
        with embedded.manage(sys.argv):
            execute_from_command_line(sys.argv)
    except embedded.EmbeddedError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
