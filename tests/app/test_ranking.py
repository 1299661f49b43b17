from datetime import timedelta

import pytest

from app.errors import SettingsError
from app.ranking import recommend_settings
from app.recommend.evidence import EvidenceSettings
from app.recommend.settings import InterestSettings, PlacingSettings, RecommendSettings
from app.settings import Settings


def test_the_defaults_of_settings_are_those_of_ranking() -> None:
    made = recommend_settings(Settings())

    assert made.interests == InterestSettings()
    assert made.placing == PlacingSettings()
    assert made.evidence == EvidenceSettings()
    assert made.weights == RecommendSettings().weights
    assert made.user_impact == RecommendSettings().user_impact


def test_every_constant_of_evidence_can_be_set() -> None:
    read = Settings.from_environment(
        {
            "KINDRED_HALF_LIVES": "view=7d, purchase=90d",
            "KINDRED_RATING_PER_STAR": "1.5",
            "KINDRED_NEUTRAL_RATING": "3.5",
            "KINDRED_DWELL_MOST": "2",
            "KINDRED_DWELL_HALF": "30s",
            "KINDRED_REPEAT_SHARE": "0",
            "KINDRED_INTEREST_HALF_LIFE": "10d",
        }
    )

    evidence = recommend_settings(read).evidence

    assert evidence.half_life_of("view") == timedelta(days=7)
    assert evidence.half_life_of("like") == timedelta(days=10)
    assert (evidence.rating_per_star, evidence.neutral_rating) == (1.5, 3.5)
    assert (evidence.dwell_most, evidence.dwell_half) == (2.0, timedelta(seconds=30))
    assert evidence.repeat_share == 0.0


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("view", "name=duration"),
        ("view=7d,view=8d", "two durations"),
        ("view=soon", "not a duration"),
        ("nod=7d", "names 'nod'"),
        ("view=1s", "greater than or equal"),
    ],
)
def test_half_lives_that_cannot_be_used_stop_the_start(value: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Settings.from_environment({"KINDRED_HALF_LIVES": value})
