"""The preregistration of a study: what it says, and what the report says of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from support import shipped_config, shipped_study

from thousandfold.config import study_of
from thousandfold.inference.contrasts import Precision, SpreadRatio, Trend
from thousandfold.inference.contrasts.mean import MeanDifference
from thousandfold.inference.contrasts.ratio import MeanRatio
from thousandfold.preregistration import (
    Registered,
    claimed_size,
    document,
    file_name,
    in_words,
    registrations_in,
)
from thousandfold.recipe import registration_digest

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
LABELS = {"a": "A", "b": "B", "c": "C", "d": "D"}


@pytest.mark.parametrize(
    ("contrast", "margin", "words"),
    [
        (MeanDifference("less", "a", "b", None), 5.0,
         "the mean RMSE of “A” is lower than that of “B” by more than 5 sales"),
        (MeanDifference("greater", "a", "b", 2.0, "mae"), 2.0,
         "the mean MAE of “A” is higher than that of “B” by more than 2 sales"),
        (MeanDifference("equivalent", "a", "b", None), 0.5,
         "the mean RMSE of “A” and that of “B” differ by less than 0.5 sales"),
        (MeanDifference("different", "a", "b", None), 0.5,
         "the mean RMSE of “A” and that of “B” differ by more than 0.5 sales"),
        (MeanRatio("less", "a", "b", 1.1), 1.1,
         "the geometric mean RMSE of “A” is lower than that of “B” by more than a factor of 1.1"),
        (SpreadRatio("more_stable", "a", "b", 1.25), 1.25,
         "the spread of the RMSE of “A” is lower than that of “B” by more than a factor of 1.25"),
        (Precision("a", 10, 3.0, 1.0), 1.0,
         "the mean RMSE of 10 repeats of “A” has a standard error between 2 and 4 sales"),
        (Trend("less", (("a", "b"), ("c", "d")), (1.0, 2.0), 1.0), 1.0,
         "the difference of the mean RMSE (“A” − “B”, “C” − “D”; at 1, 2) falls by more than 1 "
         "sales per unit"),
    ],
)  # fmt: skip
def test_every_kind_of_claim_is_put_in_words(contrast, margin, words):
    assert contrast.claimed(LABELS, margin, "sales") == words


def test_the_document_says_what_is_claimed_and_how_it_is_decided():
    study = shipped_study()
    text = document(study, NOW, has_results=False)
    assert "\nWritten 2026-11-29T12:00:00+00:00.\n" in text
    assert f"`{registration_digest(study)}`" in text
    assert "There were results" not in text
    assert "11 scenarios: “stateful”" in text
    assert "trained 1,000 times" in text
    assert "things claimed share that" in text
    alone = replace(
        study, repeats=1, findings=study.findings[:1],
        identities=(), twins=(),
    )  # fmt: skip
    of_one = document(alone, NOW, has_results=False)
    assert "Each scenario is trained once on each series." in of_one
    assert "1 thing claimed shares that." in of_one
    assert "The study's seed is 20170421" in text
    assert "at most 5 % of studies: 15 things claimed" in text
    for finding in study.findings:
        assert f"**{finding.id}** {finding.claim} *({finding.source})*" in text
    assert text.count("\n- The ") == sum(len(f.contrasts) for f in study.findings)
    assert "by more than 5 monthly sales." in text


def test_results_that_were_there_already_are_not_passed_over():
    text = document(shipped_study(), NOW, has_results=True)
    assert "There were results of this study already" in text


def test_over_series_stopping_and_pairs_are_told():
    config = {
        "study": {
            "seed": 1, "margin": 0.1, "metric": "mase", "design": "paired",
            "repeats": {"min": 10, "max": 50, "half_width": 0.2},
        },
        "series": {
            f"s{i}": {
                "file": "data/shampoo-sales.csv", "value": "Sales", "test_rows": 6,
                "margin": 0.1 + i / 10, "origins": {"count": 2, "every": 6},
            }
            for i in range(12)
        },
        "scenarios": {"a": {"stateful": True}, "b": {"stateful": False}},
        "findings": {
            "N": {"claim": "Less.", "expect": "less", "a": "a", "b": "b"},
            "M": {
                "claim": "Less.", "expect": "less", "a": "a", "b": "b", "over": "series",
                "margin": 0.3, "metric": "smape",
            },
            "S": {
                "claim": "Mostly.", "expect": "less", "a": "a", "b": "b", "over": "series",
                "on_at_least": 0.8, "margin": 0.3, "metric": "smape",
            },
        },
    }  # fmt: skip
    study = study_of(config)
    text = document(study, NOW, has_results=False)
    assert "in stages of 10, up to 50 times" in text
    assert "shares its random start" in text
    assert "12 series. The smallest" in text
    assert "where they end earlier, at 2 ends" in text
    assert "of the median of their effects" in text
    assert "on at least 80 % of them" in text
    assert (
        "by more than 0.1 naive errors (on the series with the smallest margin; others have theirs)."
        in text
    )
    # On each series, then the median, and the share, of all.
    assert claimed_size(study) == 12 + 2


def test_what_is_registered_later_takes_the_place_of_nothing():
    changed = shipped_config()
    changed["study"]["margin"] = 4
    assert file_name(shipped_study()) != file_name(study_of(changed))
    changed["study"]["title"] = "Another title"
    again = shipped_config()
    again["study"]["title"] = "Another title"
    assert file_name(shipped_study()) == file_name(study_of(again))


def test_documents_are_found_again(tmp_path):
    study = shipped_study()
    for written, name in ((NOW, "a"), (NOW - timedelta(days=1), "b")):
        text = document(study, written, has_results=False)
        (tmp_path / f"preregistration-{name}.md").write_text(text, encoding="utf-8")
    (tmp_path / "preregistration-notes.md").write_text("Not one.", encoding="utf-8")
    (tmp_path / "other.md").write_text(text, encoding="utf-8")
    found = registrations_in(tmp_path)
    assert [one.file for one in found] == ["preregistration-b.md", "preregistration-a.md"]
    assert found[1] == Registered("preregistration-a.md", NOW, registration_digest(study))


def told(*registered, digest="d1", first_job="2026-11-29T13:00:00+00:00"):
    return in_words(registered, digest, first_job)


ONE = Registered("one.md", NOW, "d1")


def test_the_report_says_whether_it_was_before_the_training():
    assert told() == "not preregistered"
    assert told(ONE) == (
        "one.md, written 2026-11-29T12:00:00+00:00, before the first training job was finished"
    )
    late = told(ONE, first_job="2026-11-29T11:00:00+00:00")
    assert late.endswith(", after the first training job was finished")
    assert told(ONE, first_job=None) == "one.md, written 2026-11-29T12:00:00+00:00"


def test_the_report_says_what_has_changed():
    assert told(ONE, digest="d2").endswith("; what is registered has changed since")
    other = Registered("other.md", NOW - timedelta(hours=1), "d0")
    assert told(other, ONE).endswith("finished; an earlier one says otherwise")
