# ruff: noqa: S608  (built from the constants of this file alone; values go as parameters)
"""The figures once more, counted by SQL written by hand from their definitions (EXCHANGE.md, section 2).

Nothing of the figure engine is used here: two ways of counting that agree are worth more than one.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row

from casework import embedded

# The words of the definitions, as expressions on a row with `sex`, `age`, `citizenships` and `forms`.
_SEX_AGE = """
    CASE WHEN age IS NULL OR sex NOT IN ('female', 'male') THEN 'unknown'
         WHEN sex = 'female' AND age < 18 THEN 'girls' WHEN sex = 'female' THEN 'women'
         WHEN age < 18 THEN 'boys' ELSE 'men' END"""
_MAJORITY = "CASE WHEN age IS NULL THEN 'unknown' WHEN age < 18 THEN 'child' ELSE 'adult' END"
_NATIONALITY = """
    CASE WHEN cardinality(citizenships) = 0 THEN 'unknown'
         WHEN 'RS' = ANY (citizenships) THEN 'serbian' ELSE 'foreign' END"""
_CITIZENSHIP = "coalesce(citizenships[1], 'unknown')"
_SEXUAL = """ARRAY['sex-trafficking', 'prostitution', 'pornography', 'other-sexual-exploitation',
    'self-generated-content', 'grooming']::varchar[]"""
_LABOUR_ALONE = "ARRAY['labor-trafficking', 'domestic-servitude']::varchar[]"
_LABOUR = f"({_LABOUR_ALONE} || ARRAY['forced-begging', 'forced-criminality']::varchar[])"
_OTHER = """ARRAY['forced-marriage', 'organ-removal', 'forced-adoption', 'surrogacy', 'forced-military',
    'other-exploitation']::varchar[]"""
_EXPLOITATION = f"""
    CASE WHEN cardinality(forms) = 0 THEN 'unknown'
         WHEN 'multiple-forms' = ANY (forms)
           OR (forms && {_SEXUAL})::int + (forms && {_LABOUR})::int + (forms && {_OTHER})::int > 1 THEN 'multiple-forms'
         WHEN forms && {_SEXUAL} THEN 'sex-trafficking'
         WHEN forms && {_LABOUR} THEN 'labor-trafficking'
         ELSE 'other-forms' END"""
_SEPARATE = f"""
    CASE WHEN cardinality(forms) = 0 THEN 'unknown'
         WHEN 'multiple-forms' = ANY (forms)
           OR (forms && {_SEXUAL})::int + (forms && {_LABOUR_ALONE})::int + ('forced-begging' = ANY (forms))::int
              + ('forced-criminality' = ANY (forms))::int + (forms && {_OTHER})::int > 1 THEN 'multiple-forms'
         WHEN forms && {_SEXUAL} THEN 'sex-trafficking'
         WHEN forms && {_LABOUR_ALONE} THEN 'labor-trafficking'
         WHEN 'forced-begging' = ANY (forms) THEN 'forced-begging'
         WHEN 'forced-criminality' = ANY (forms) THEN 'forced-criminality'
         ELSE 'other-forms' END"""

# Each figure: the rows that count, then what they are broken down by.
_RECEIVED = """
    FROM referrals_referral r
    WHERE r.error_at IS NULL AND extract(year FROM r.received_at AT TIME ZONE 'Europe/Belgrade') = %(year)s
      AND (%(organisation)s::uuid IS NULL OR r.organisation_id = %(organisation)s::uuid)"""
_CALLED = """
    FROM referrals_call h
    WHERE h.error_at IS NULL AND h.hotline = 'cptv' AND h.trafficking_related = 'yes'
      AND extract(year FROM h.received_at AT TIME ZONE 'Europe/Belgrade') = %(year)s
      AND (%(organisation)s::uuid IS NULL OR h.organisation_id = %(organisation)s::uuid)"""
_OF_CASE = "AND (%(organisation)s::uuid IS NULL OR c.organisation_id = %(organisation)s::uuid)"
_STATUS = f"""
    SELECT DISTINCT ON (coalesce(p.counted_as, p.id)) p.sex, p.citizenships, w.age_at_decision AS age
    FROM justice_witnessstatus w
    JOIN people_person p ON p.id = w.person_id AND p.error_at IS NULL
    JOIN cases_case c ON c.id = w.case_id AND c.error_at IS NULL
    WHERE w.error_at IS NULL AND w.kind = '{{kind}}' AND w.status = 'granted'
      AND extract(year FROM w.decided_on) = %(year)s {_OF_CASE}
    ORDER BY coalesce(p.counted_as, p.id), w.decided_on"""

FIGURES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "referrals-received": (f"SELECT r.source_group {_RECEIVED}", {"source_group": "source_group"}),
    "potential-victims-referred": (
        f"""
        SELECT DISTINCT ON (coalesce(p.counted_as, p.id))
            r.source_group, r.age_at_referral AS age, p.sex, p.citizenships
        FROM (SELECT r.* {_RECEIVED} AND r.concern <> 'violence-only') r
        JOIN people_person p ON p.id = r.person_id AND p.error_at IS NULL
        ORDER BY coalesce(p.counted_as, p.id), r.received_at""",
        {"source_group": "source_group", "sex_age": _SEX_AGE, "nationality": _NATIONALITY},
    ),
    "cptv-hotline-calls": (f"SELECT h.id {_CALLED}", {}),
    "cptv-hotline-victims": (
        f"""
        SELECT DISTINCT coalesce(p.counted_as, p.id)
        FROM (SELECT h.referral_id {_CALLED}) h
        JOIN referrals_referral r ON r.id = h.referral_id AND r.error_at IS NULL
        JOIN people_person p ON p.id = r.person_id AND p.error_at IS NULL""",
        {},
    ),
    "victims-officially-identified": (
        """
        SELECT * FROM (
            SELECT DISTINCT ON (coalesce(p.counted_as, p.id)) p.id AS person, p.counted_as, d.outcome, d.authority,
                d.forms, d.age_at_decision AS age, p.sex, p.citizenships
            FROM referrals_decision d
            JOIN referrals_identification i ON i.id = d.identification_id AND i.error_at IS NULL
            JOIN referrals_referral r ON r.id = i.referral_id AND r.error_at IS NULL
            JOIN people_person p ON p.id = d.person_id AND p.error_at IS NULL
            WHERE d.error_at IS NULL AND extract(year FROM d.decided_on) = %(year)s
              AND (%(organisation)s::uuid IS NULL OR r.organisation_id = %(organisation)s::uuid)
            ORDER BY coalesce(p.counted_as, p.id), d.decided_on DESC, d.on_appeal DESC, d.sequence DESC
        ) newest WHERE outcome IN ('identified', 'recognised')""",
        {
            "exploitation": _EXPLOITATION,
            "exploitation_separate": _SEPARATE,
            "sex_age": _SEX_AGE,
            "majority": _MAJORITY,
            "nationality": _NATIONALITY,
            "citizenship": _CITIZENSHIP,
            "deciding_body": "authority",
            "of_which forced-begging": f"CASE WHEN 'forced-begging' = ANY (forms) THEN {_EXPLOITATION} ELSE '' END",
            "of_which forced-criminality": (
                f"CASE WHEN 'forced-criminality' = ANY (forms) THEN {_EXPLOITATION} ELSE '' END"
            ),
        },
    ),
    "cptv-shelter-accommodated": (
        f"""
        SELECT DISTINCT ON (coalesce(p.counted_as, p.id)) p.sex, p.citizenships,
            CASE WHEN extract(year FROM s.starts_on) = %(year)s THEN s.age_at_start
                 ELSE s.age_next_january + %(year)s - extract(year FROM s.starts_on)::int - 1 END AS age
        FROM shelter_placement s
        JOIN people_person p ON p.id = s.person_id AND p.error_at IS NULL
        JOIN cases_case c ON c.id = s.case_id AND c.error_at IS NULL
        WHERE s.error_at IS NULL AND s.kind = 'cptv-emergency-shelter'
          AND s.starts_on <= make_date(%(year)s, 12, 31)
          AND greatest(s.starts_on, coalesce(s.ends_on - 1, 'infinity')) >= make_date(%(year)s, 1, 1) {_OF_CASE}
        ORDER BY coalesce(p.counted_as, p.id), s.starts_on""",
        {"sex_age": _SEX_AGE, "nationality": _NATIONALITY},
    ),
    "victims-foster-families": (
        f"""
        SELECT DISTINCT ON (coalesce(p.counted_as, p.id)) p.sex, p.citizenships, s.age_at_start AS age
        FROM shelter_placement s
        JOIN people_person p ON p.id = s.person_id AND p.error_at IS NULL
        JOIN cases_case c ON c.id = s.case_id AND c.error_at IS NULL
        WHERE s.error_at IS NULL AND s.kind = 'foster-family' AND extract(year FROM s.starts_on) = %(year)s {_OF_CASE}
        ORDER BY coalesce(p.counted_as, p.id), s.starts_on""",
        {"sex_age": _SEX_AGE},
    ),
    "especially-vulnerable-witness": (_STATUS.format(kind="especially-vulnerable-witness"), {"sex_age": _SEX_AGE}),
    "protective-witness": (_STATUS.format(kind="protective-witness"), {"sex_age": _SEX_AGE}),
    "proceedings-opened": (
        f"""
        SELECT g.specialised_prosecutor
        FROM justice_proceeding g
        JOIN cases_case c ON c.id = g.case_id AND c.error_at IS NULL
        JOIN people_person p ON p.id = c.person_id AND p.error_at IS NULL
        WHERE g.error_at IS NULL AND extract(year FROM g.opened_on) = %(year)s {_OF_CASE}""",
        {"specialised_prosecutor": "specialised_prosecutor"},
    ),
}


# Figures in per cent: which figure they are a part of, and what holds for a row of it. Figures of the installation take
# together what two organisations have on one person.
SHARES: Mapping[str, tuple[str, str]] = {
    "identified-with-confirmed-onward-referral": (
        "victims-officially-identified",
        """
        EXISTS (
            SELECT 1 FROM referrals_onward o
            JOIN cases_case c ON c.id = o.case_id AND c.error_at IS NULL
            JOIN people_person q ON q.id = c.person_id
            WHERE o.error_at IS NULL AND o.status IN ('acknowledged', 'accepted', 'concluded')
              AND extract(year FROM o.acknowledged_at AT TIME ZONE 'Europe/Belgrade') <= %(year)s
              AND (q.id = counted.person OR %(organisation)s::uuid IS NULL AND q.counted_as = counted.counted_as))""",
    ),
}


def connect() -> "psycopg.Connection[dict[str, Any]]":
    """A connection of its own to the database of the state directory."""
    ends = embedded.endpoints()
    return psycopg.connect(
        host=str(ends.host),
        dbname=ends.database,
        user=ends.app_user,
        password=ends.app_password,
        autocommit=True,
        row_factory=dict_row,
    )


def differences(
    connection: "psycopg.Connection[dict[str, Any]]", report: Mapping[str, Any], organisation: str | None
) -> Iterator[str]:
    """What the report (as `annual_report --format json` prints it) says and the recount does not, one sentence each.

    `organisation` is the short name that the report was made for, None for the whole installation. Ends with nothing
    when every figure and every cell agrees.
    """
    short = connection.execute("SELECT id FROM access_organisation WHERE short_name = %s", [organisation]).fetchone()
    asked = {"year": report["year"], "organisation": str(short["id"]) if short else None}
    every = {figure["id"]: figure for figure in report["figures"]}
    yield from _shares(connection, every, asked)
    reported = {name: figure for name, figure in every.items() if figure["unit"] != "per cent"}
    for name in sorted(FIGURES.keys() ^ reported.keys()):
        yield f"{name} is counted on one side only"
    for name in FIGURES.keys() & reported.keys():
        rows, dimensions = FIGURES[name]
        counted = connection.execute(f"SELECT count(*) AS rows FROM ({rows}) counted", asked).fetchone()
        yield from _compare(f"{name} {report['year']}", reported[name]["value"], counted["rows"] if counted else 0)
        cells = {breakdown["dimension"]: _cells(breakdown) for breakdown in reported[name]["breakdowns"]}
        own = {}
        for dimension, expression in dimensions.items():
            query = f"SELECT {expression} AS category, count(*) AS rows FROM ({rows}) counted GROUP BY 1"
            own[dimension] = {row["category"]: row["rows"] for row in connection.execute(query, asked)}
        for part in [dimension for dimension in own if dimension.startswith("of_which ")]:
            own["exploitation"][f"labor-trafficking/{part.split()[1]}"] = own.pop(part).get("labor-trafficking", 0)
        for dimension in sorted(cells.keys() ^ own.keys()):
            yield f"{name} by {dimension} is counted on one side only"
        for dimension in cells.keys() & own.keys():
            for category in sorted(cells[dimension].keys() | own[dimension].keys()):
                what = f"{name} {report['year']}, {dimension} {category}"
                yield from _compare(what, cells[dimension].get(category, 0), own[dimension].get(category, 0))


def _shares(
    connection: "psycopg.Connection[dict[str, Any]]", reported: Mapping[str, Any], asked: Mapping[str, Any]
) -> Iterator[str]:
    for name in sorted(SHARES.keys() ^ {name for name, figure in reported.items() if figure["unit"] == "per cent"}):
        yield f"{name} is counted on one side only"
    for name in SHARES.keys() & reported.keys():
        whole, part = SHARES[name]
        query = f"SELECT count(*) AS whole, count(*) FILTER (WHERE {part}) AS part FROM ({FIGURES[whole][0]}) counted"
        row: Any = connection.execute(query, asked).fetchone()
        yield from _compare(f"{name} {asked['year']}, numerator", reported[name]["numerator"], row["part"])
        yield from _compare(f"{name} {asked['year']}, denominator", reported[name]["denominator"], row["whole"])


def _cells(breakdown: Mapping[str, Any]) -> dict[str, int]:
    found = {}
    for cell in breakdown["cells"]:
        found[cell["category"]] = cell["value"]
        for part in cell.get("of_which", []):
            found[f"{cell['category']}/{part['category']}"] = part["value"]
    return found


def _compare(what: str, reported: int, counted: int) -> Iterator[str]:
    if reported != counted:
        yield f"{what}: the report says {reported}, the recount {counted}"
