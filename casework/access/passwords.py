"""What may not be a password, beside Django's rules: what is easily guessed, and nothing about upper case or digits."""

import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LONGEST = 256
LEAST_BESIDE = 8  # letters that must be left when the words of this place are taken out
_LETTERS = str.maketrans("čćšžđ013457@$", "ccszdoleastas")

# Often chosen here; Django's list of 20,000 passwords from breaches holds few words of our languages.
COMMON_HERE = frozenset(
    [
        *("volimte", "volimtemnogo", "ljubav", "lozinka", "lozinkalozinka", "mojalozinka", "tajnalozinka"),
        *("novalozinka", "promenilozinku", "promenime", "sifrasifra", "mojasifra", "tajnasifra", "dobardan"),
        *("dobrojutro", "srecnanovagodina", "beograd", "novisad", "crvenazvezda", "partizan", "grobari"),
        *("delije", "zvezda", "sampion", "jugoslavija", "srbijasrbija", "samosloga", "samoslogasrbinaspasava"),
    ]
)


def _folded(text: str) -> str:
    """Small letters without our diacritics, with the digits that stand for letters read as letters."""
    return text.casefold().translate(_LETTERS)


class NotTooLong:
    """A limit so that nobody makes the server hash a book. Everything up to it counts, to the last letter."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(_("This password is too long: %(n)s characters at most.") % {"n": LONGEST})

    def get_help_text(self) -> str:
        return _("Up to %(n)s characters: a sentence of your own is a good password.") % {"n": LONGEST}


class NotCommonHere:
    """Neither words that are often chosen here nor a few letters over and over."""

    def validate(self, password: str, user: Any = None) -> None:
        without_digits = _folded(re.sub(r"[\W_\d]+", "", password))
        with_digits = re.sub(r"[\W_]+", "", _folded(password))
        repeated = re.fullmatch(r"(.{1,4}?)\1{2,}.{0,3}", _folded(password)) is not None
        if {without_digits, with_digits} & COMMON_HERE or len(set(password)) < 5 or repeated:
            raise ValidationError(_("This password is easily guessed. Choose one that only you would think of."))

    def get_help_text(self) -> str:
        return _("Not a common one, and not the same few letters over and over.")


class NotOfThisPlace:
    """Not made of the names of the account, its organisation, this product and its field."""

    def validate(self, password: str, user: Any = None) -> None:
        left = _folded(password)
        for word in sorted(set(_words_of_this_place(user)), key=len, reverse=True):
            left = left.replace(word, "")
        left = re.sub(r"[\W_\d]+", "", left) if left != _folded(password) else left
        if len(left) < min(LEAST_BESIDE, len(password)):
            raise ValidationError(
                _("This password is made of names that many know here. Choose one that has nothing to do with them.")
            )

    def get_help_text(self) -> str:
        return _("Not made of your name, your organisation or your work.")


def _words_of_this_place(user: Any) -> Iterator[str]:
    organisation = getattr(user, "organisation", None) if getattr(user, "organisation_id", None) else None
    names = [getattr(user, "username", ""), getattr(user, "full_name", ""), getattr(user, "email", "")]
    if organisation is not None:
        names += [organisation.name, organisation.short_name]
    for text in (*settings.PASSWORD_CONTEXT_WORDS, *names):
        for word in re.split(r"[\W_]+", _folded(text)):
            if len(word) >= 3:
                yield word
