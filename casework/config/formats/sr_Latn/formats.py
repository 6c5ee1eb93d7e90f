"""Dates are day-first in every language."""

DATE_FORMAT = "j.n.Y."
SHORT_DATE_FORMAT = "j.n.Y."
DATETIME_FORMAT = "j.n.Y. H:i"
SHORT_DATETIME_FORMAT = "j.n.Y. H:i"
TIME_FORMAT = "H:i"
DATE_INPUT_FORMATS = ["%d.%m.%Y.", "%d.%m.%Y", "%d/%m/%Y", "%Y-%m-%d"]
FIRST_DAY_OF_WEEK = 1
