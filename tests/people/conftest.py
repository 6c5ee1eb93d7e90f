from types import SimpleNamespace

import pytest

from tests.cases.builders import builders


@pytest.fixture
def make(cast: SimpleNamespace) -> SimpleNamespace:
    return builders(cast)
