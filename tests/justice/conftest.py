from types import SimpleNamespace

import pytest

from tests.justice.builders import builders


@pytest.fixture
def make(cast: SimpleNamespace) -> SimpleNamespace:
    return builders(cast)
