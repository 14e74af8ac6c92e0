"""Names of any text: how they are spelled in files, and as parts of a list or of a comparison."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thousandfold.inference.contrasts import MeanDifference, Precision, Trend
from thousandfold.inference.questions import comparison_name, family_key
from thousandfold.names import SAFE, composed, listed, spelled, texts_of
from thousandfold.schema import is_name

names = st.text(min_size=1, max_size=100).filter(is_name)
alike = st.text(alphabet="ab ./_-~é", min_size=1, max_size=3).filter(is_name)


@given(names)
def test_a_spelling_is_safe_and_short(name):
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_~-]*", spelled(name))
    assert len(spelled(name)) <= 80
    assert (spelled(name) == name) == bool(SAFE.fullmatch(name))


@given(st.from_regex(SAFE, fullmatch=True).filter(is_name))
def test_a_safe_name_is_its_own_spelling(name):
    assert spelled(name) == spelled(spelled(name)) == name


@given(st.one_of(names, alike), st.one_of(names, alike))
def test_no_two_names_have_one_spelling(one, other):
    assert (spelled(one) == spelled(other)) == (one == other)
    if not SAFE.fullmatch(one):
        assert spelled(spelled(one)) != spelled(one), "a name that is typed like a spelling"


@pytest.mark.parametrize(
    ("name", "spelling"),
    [
        ("lstm", "lstm"), ("1e-3", "1e-3"), ("x" * 64, "x" * 64),
        ("config.lr=0.1", "config_lr_0_1~cd6a3cd5ffc3"), ("有状态", "name~15a964083c5b"), ("größe", "groe~"),
        (".5", "5~"), ("-", "name~"), ("%", "name~"), ("../etc", "etc~"), ("_a", "a~"),
        ("x" * 65, "x" * 40 + "~"),
    ],
)  # fmt: skip
def test_spellings_that_are_kept(name, spelling):
    """Files of finished trainings have them."""
    assert re.fullmatch(
        re.escape(spelling) + ("[0-9a-f]{12}" if spelling[-1] == "~" else ""), spelled(name)
    )


@given(names)
def test_composing_a_name_twice_changes_nothing(name):
    assert (
        composed(unicodedata.normalize("NFD", name)) == composed(composed(name)) == composed(name)
    )


def test_what_only_looks_alike_is_another_name():
    assert composed("x² ﬁ") == "x² ﬁ"


@given(st.lists(st.one_of(names, st.text(alphabet='a,;" ', min_size=1).filter(is_name)), max_size=4),
       st.sampled_from(",;"))  # fmt: skip
def test_a_list_is_read_as_it_was_made(texts, separator):
    assert texts_of(listed(texts, separator), separator) == texts


def test_a_plain_list_is_joined_by_commas():
    assert listed(["a b", "c"]) == "a b, c"
    assert listed(["a", "b, c", 'd"']) == 'a, "b, c", "d"""'


parts = st.text(alphabet='ab-+ 05."', min_size=1, max_size=6).filter(is_name)


@given(st.lists(parts, min_size=4, max_size=4, unique=True), st.integers(1, 3))
def test_no_two_comparisons_have_one_text(four, over):
    a, b, c, d = four
    trend = Trend("less", ((a, b), (c, d)), (0.0, float(over)), 1.0)
    contrasts = [
        MeanDifference("less", a, b, 1.0), MeanDifference("less", a, c, 1.0), MeanDifference("less", c, d, 1.0),
        trend, Precision(a, 10, 1.0, 1.0),
    ]  # fmt: skip
    keys = {family_key("s", contrast)[3] for contrast in contrasts}
    text = {comparison_name(("s", "rmse", "mean", key)) for key in keys}
    assert len(text) == len(keys)


def test_a_comparison_quotes_names_with_blanks():
    key = family_key("s", MeanDifference("less", "lstm (64 units)", "gru", 1.0))
    assert comparison_name(key) == 'gru - "lstm (64 units)"'
    confused = family_key("s", MeanDifference("less", 'gru - "lstm', 'units"', 1.0))
    assert comparison_name(confused) == '"gru - \\"lstm" - "units\\""'
