"""Invented names by the hundred thousand, in both scripts, and the slips with which people type them."""

import datetime
import random
from collections.abc import Sequence

from reference.folding import fold


def _words(text: str) -> list[str]:
    return text.split()


_GIVEN = _words("""
    Milica Jovana Marija Ana Jelena Ivana Dragana Ljiljana Snežana Gordana Vesna Đurđa Nevena Žaklina Teodora
    Ivona Sanja Tijana Katarina Anđela Aleksandra Svetlana Biljana Zorica Slavica Mirjana Nataša Danijela Sofija
    Dunja Marko Nikola Đorđe Uroš Živan Lazar Stevan Relja Čedomir Vukašin Aleksandar Milan Dragan Zoran Goran
    Nenad Miloš Stefan Filip Luka Petar Jovan Dušan Vladimir Slobodan Branislav Radovan Miodrag Ljubomir
    Svetozar Božidar Amina Fatou Mariam Elena Precious Zahra Samuel Karim Farid Bogdan Yasmin Ousmane Kwame
    Walid Xhemail Ibrahim
""")
_STEMS = _words("""
    Petr Jovan Nikol Markov Đorđ Stojan Ilij Stank Pavl Milan Simon Todor Rad Lazar Bogdan Živk Mitr Ljub Stev
    Vuk Kost Krst Blag Gavril Jevt Luk Mirk Nedelj Obrad Proband Rist Sav Tas Uroš Velj Zdravk Andr Babi Cvetk
    Čolak Dim Erc Filip Grb Hadži Ivank Jank Kovač Lončar Mlad Novak Orl Pejč Rank Samardž Šarč Trif Vasilj Žigm
    Bošk Drag Gruj
""")
_ENDINGS = ("ović", "ević", "ić", "inović", "ičić", "anović", "ski", "in", "ac", "ača", "ek", "arov", "ušić", "očić")
FAMILIES = [stem + ending for stem in _STEMS for ending in _ENDINGS]
_CYRILLIC = {
    **dict(zip("abvgdežzijklmnoprstufhcčšđć", "абвгдежзијклмнопрстуфхцчшђћ", strict=True)),
    "lj": "љ",
    "nj": "њ",
    "dž": "џ",
}
_PLAIN = str.maketrans({"č": "c", "ć": "c", "š": "s", "ž": "z", "đ": "dj", "Č": "C", "Ć": "C", "Š": "S", "Ž": "Z"})


def _weights(values: Sequence[str]) -> list[float]:
    """A few are common, many are rare."""
    return [1 / (place + 30) for place in range(len(values))]


class Invented:
    """A person: name, and the year of birth where it is known."""

    def __init__(self, chance: random.Random) -> None:
        (self.given,) = chance.choices(_GIVEN, _weights(_GIVEN))
        (self.family,) = chance.choices(FAMILIES, _weights(FAMILIES))
        self.born = chance.randint(1960, 2020) if chance.random() < 0.8 else None
        if chance.random() < 0.4:
            self.given, self.family = cyrillic(self.given), cyrillic(self.family)

    @property
    def folded(self) -> str:
        return fold(f"{self.given} {self.family}")


def cyrillic(text: str) -> str:
    """The same name in the other script; letters that it does not have stay."""
    written, at, low = "", 0, text.lower()
    while at < len(low):
        pair = low[at : at + 2]
        step = 2 if pair in _CYRILLIC else 1
        written += _CYRILLIC.get(low[at : at + step], low[at : at + step])
        at += step
    return written.title()


def mistyped(person: Invented, chance: random.Random) -> str:
    """How somebody types the name: a slip in one word or in both, now and then two; without diacritics, in the other
    script, the family name first."""
    slips = chance.choices([(1, 0), (0, 1), (1, 1), (0, 2), (2, 0)], [35, 35, 20, 6, 4])[0]
    words = [person.given, person.family]
    for place, count in enumerate(slips):
        for _slip in range(count):
            words[place] = _slipped(words[place], chance)
    if chance.random() < 0.3:
        words = [word.translate(_PLAIN) for word in words]
    if chance.random() < 0.3:
        words = [cyrillic(word) for word in words]
    if chance.random() < 0.25:
        words.reverse()
    return " ".join(words)


def _slipped(word: str, chance: random.Random) -> str:
    at = chance.randrange(len(word))
    letter = chance.choice("aeiournstkvmlpjd")
    return chance.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + letter + word[at:],
            word[:at] + letter + word[at + 1 :],
            word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :],
        ]
    )


def birth_date(person: Invented) -> datetime.date | None:
    return None if person.born is None else datetime.date(person.born, 5, 17)
