"""Signs that call for a service of their own, to be offered whatever else is decided."""

from collections.abc import Iterable

# sign -> service (codes of trafficking_indicators and assistance_services)
NEEDS = {"denied-repatriation": "repatriation"}


def needs_of(indicators: Iterable[str]) -> list[str]:
    """The services that these signs call for, each once."""
    return list(dict.fromkeys(NEEDS[code] for code in indicators if code in NEEDS))
