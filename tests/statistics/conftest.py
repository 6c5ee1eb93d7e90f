import pytest

from tests.statistics.records import Records


@pytest.fixture
def records(cast):
    return Records(cast.home, cast.vesna)
