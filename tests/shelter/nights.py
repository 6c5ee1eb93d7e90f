"""What is true of the placements after many people acted at once."""

from collections import Counter

from django.db import connection


def nights_taken_twice() -> Counter[str]:
    """How many nights have two people in one bed, or one person in two places: counted night by night, in SQL."""
    found: Counter[str] = Counter()
    with connection.cursor() as cursor:
        for column in ("bed_id", "person_id"):
            cursor.execute(
                f"""
                SELECT count(*) FROM (
                    SELECT {column}, night FROM shelter_placement,
                        generate_series(starts_on, coalesce(ends_on, date '2028-01-01') - 1, interval '1 day') AS night
                    WHERE error_at IS NULL AND {column} IS NOT NULL
                    GROUP BY {column}, night HAVING count(*) > 1
                ) AS twice
                """
            )
            found[column] = cursor.fetchone()[0]
    return +found
