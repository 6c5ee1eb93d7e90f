"""Invented persons: family names that mean “sample”, in both scripts, so that nobody takes them for somebody."""

import datetime
import random
from dataclasses import dataclass, field
from typing import Any

_LATIN = {
    "female": ["Milica", "Jovana", "Dragana", "Ljiljana", "Đurđa", "Nevena", "Žaklina", "Snežana", "Teodora", "Ivona"],
    "male": ["Marko", "Nikola", "Đorđe", "Uroš", "Živan", "Lazar", "Stevan", "Relja", "Čedomir", "Vukašin"],
}
_CYRILLIC = {
    "female": ["Милица", "Јована", "Љубица", "Невена", "Теодора", "Ђурђа"],
    "male": ["Марко", "Никола", "Ђорђе", "Лазар", "Стеван", "Живан"],
}
_ABROAD = {
    "female": ["Amina", "Fatou", "Mariam", "Elena", "Precious", "Zahra", "Linh"],
    "male": ["Samuel", "Karim", "Viet", "Ousmane", "Farid", "Ravi", "Bogdan"],
}
_FAMILY_LATIN = ["Probić", "Primerović", "Testović", "Demić", "Uzorković", "Ogledić", "Nacrtić", "Izmišljenović"]
_FAMILY_CYRILLIC = ["Пробић", "Примеровић", "Тестовић", "Демић", "Узорковић", "Измишљеновић"]
_FAMILY_ABROAD = ["Sample", "Exemple", "Muster", "Prueba", "Specimen", "Beispiel"]
_COUNTRIES = ["AF", "BA", "BD", "BI", "CU", "IN", "MA", "ME", "MK", "NG", "RO", "SY", "TR", "UA", "VN"]
_LANGUAGES = {
    "AF": "prs",
    "BA": "bs",
    "BD": "bn",
    "BI": "fr",
    "CU": "es",
    "IN": "hi",
    "MA": "ar",
    "ME": "sr",
    "MK": "mk",
    "NG": "en",
    "RO": "ro",
    "SY": "ar",
    "TR": "tr",
    "UA": "uk",
    "VN": "vi",
}


@dataclass(frozen=True)
class Invented:
    """What is known of an invented person on the day of a referral."""

    details: dict[str, Any]  # as `log_referral` takes them
    age: int | None  # the true one
    given_age: int | None  # what the referrer said, without a birth date
    language: str = ""
    child: bool = field(default=False)


def person(chance: random.Random, received_on: datetime.date, *, age: int | None = None, sex: str = "") -> Invented:
    """An invented person, reproducible from `chance`. A few have no name, no age or no sex known."""
    sex = sex or chance.choices(["female", "male"], [74, 26])[0]
    years = age if age is not None else _age(chance)
    foreign = chance.random() < 0.3
    country = chance.choice(_COUNTRIES) if foreign else "RS"
    details: dict[str, Any] = {"names": [_name(chance, sex, foreign=foreign)], "sex": sex, "citizenships": [country]}
    if chance.random() < 0.06:
        details["names"] = []
        details["description"] = "Ime nije rečeno (izmišljena osoba)."
    if chance.random() < 0.12 and details["names"]:
        details["names"].append({"given": chance.choice(["Proba", "Demo", "Primer"]), "family": "", "kind": "nickname"})
    if not foreign and chance.random() < 0.05:
        details["citizenships"] = ["RS", chance.choice(["BA", "ME", "MK"])]
    elif chance.random() < 0.05:
        details["citizenships"] = []
    language = _LANGUAGES[country] if foreign else "sr"
    details["languages"] = [language]
    details["needs_interpreter"] = "yes" if foreign and language not in ("bs", "sr") else "no"
    child = years < 18
    details["unaccompanied"] = "yes" if child and foreign else "no"
    details["safe_contact"] = "Zvati radnim danom posle 16 časova; reći da zove Primer. (izmišljeno)"
    known = chance.random()
    if known < 0.68:
        details["birth_date"] = received_on - datetime.timedelta(
            days=round(years * 365.2425) + chance.randrange(10, 350)
        )
        return Invented(details, years, None, language, child)
    if known < 0.92 or age is not None:
        return Invented(details, years, years, language, child)
    return Invented(details, None, None, language, child)


def _age(chance: random.Random) -> int:
    if chance.random() < 0.4:
        return chance.randint(9, 17)
    return min(67, 18 + int(chance.expovariate(1 / 11)))


def _name(chance: random.Random, sex: str, *, foreign: bool) -> dict[str, str]:
    if foreign:
        given, family = _ABROAD[sex], _FAMILY_ABROAD
    elif chance.random() < 0.4:
        given, family = _CYRILLIC[sex], _FAMILY_CYRILLIC
    else:
        given, family = _LATIN[sex], _FAMILY_LATIN
    return {"given": chance.choice(given), "family": chance.choice(family), "kind": "used"}
