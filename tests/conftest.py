from pathlib import Path

import pytest

from thousandfold.series import Series, read_series

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shampoo() -> Series:
    return read_series("shampoo", ROOT / "data/shampoo-sales.csv", "Sales", test_rows=12)
