"""Migrations that the version before survives: `python .ci/lint_migrations.py`.

While an upgrade is under way, web servers and workers of the old version work on the new tables. So a migration after
the last release may not add a column that old code cannot leave out, rename or drop anything old code reads, or change
a column's type. What was released is listed in migrations_released.txt and not looked at again: those tables were
empty, or are as they are. To release, run it with --release and commit the list.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
RELEASED = HERE / "migrations_released.txt"
# Migrations that are safe although the linter says otherwise, each with the reason.
SAFE = {
    (
        "reference",
        "0002_one_table_of_entries",
    ): "rows of the version before have no address; only addresses are unique",
    ("access", "0003_invitation_session_and_more"): "the column that may not be empty is in a table made here",
    ("access", "0005_drafts_going_on"): "only drafts that go on are unique, and the version before makes none",
    ("people", "0005_counted_as"): "the columns that may not be empty are in a table made here",
}


def main(arguments: list[str]) -> int:
    sys.path.insert(0, str(HERE.parent))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "casework.config.settings")
    from casework import embedded

    with embedded.ensure():
        import django

        django.setup()
        return release() if arguments == ["--release"] else lint()


def ours() -> list[tuple[str, str]]:
    from django.apps import apps
    from django.db.migrations.loader import MigrationLoader

    labels = {config.label for config in apps.get_app_configs() if Path(config.path).is_relative_to(HERE.parent)}
    return sorted(key for key in MigrationLoader(None).disk_migrations if key[0] in labels)


def release() -> int:
    RELEASED.write_text("".join(f"{app} {name}\n" for app, name in ours()), encoding="utf-8")
    return 0


def lint() -> int:
    from django_migration_linter import MigrationLinter

    released = {tuple(line.split()) for line in RELEASED.read_text(encoding="utf-8").splitlines() if line}
    newer = [key for key in ours() if key not in released]
    gone = sorted(released - set(ours()))
    wrong = [f"{app}.{name} was released and is gone" for app, name in gone]
    for app, name in newer:
        if (app, name) in SAFE:
            sys.stdout.write(f"{app}.{name}: {SAFE[app, name]}\n")
            continue
        linter = MigrationLinter(str(HERE.parent), database="owner", no_cache=True, quiet=["ok", "warning", "ignore"])
        linter.lint_all_migrations(app_label=app, migration_name=name)
        if linter.has_errors:
            wrong.append(f"{app}.{name} breaks the version before it")
    wrong += [f"{app}.{name} is explained and is not there" for app, name in sorted(set(SAFE) - set(newer))]
    sys.stdout.write("".join(f"{sentence}\n" for sentence in wrong))
    sys.stdout.write(f"{len(newer)} migrations after the last release were looked at.\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
