"""What the settings say of ranking, as ranking takes it."""

from app.behaviour.together import TogetherRules
from app.recommend.evidence import KIND_WEIGHTS, EvidenceSettings
from app.recommend.settings import InterestSettings, PlacingSettings, RecommendSettings
from app.settings import Settings
from app.together.settings import TogetherSettings


def recommend_settings(settings: Settings) -> RecommendSettings:
    """Take from the settings what recommending depends on."""
    return RecommendSettings(
        weights=settings.space_weights(),
        evidence=EvidenceSettings(
            kind_weights={**KIND_WEIGHTS, **settings.extra_kinds, **settings.kind_weights},
            rating_per_star=settings.rating_per_star,
            neutral_rating=settings.neutral_rating,
            dwell_most=settings.dwell_most,
            dwell_half=settings.dwell_half,
            repeat_share=settings.repeat_share,
            half_life=settings.interest_half_life,
            half_lives=settings.half_lives,
        ),
        interests=InterestSettings(
            most=settings.interests,
            nearness=settings.interest_nearness,
            emphasis=settings.interest_emphasis,
            balance=settings.interest_balance,
            session_gap=settings.session_gap,
            session_share=settings.session_share,
            session_fade=settings.session_fade,
            seed_half=settings.seed_half,
            dislike_strength=settings.dislike_strength,
            dislike_nearness=settings.dislike_nearness,
            dislike_half=settings.dislike_half,
        ),
        placing=PlacingSettings(
            diversity=settings.diversity,
            duplicate=settings.duplicate_likeness,
            duplicate_rest=settings.duplicate_rest,
            little_known=settings.little_known,
        ),
        user_impact=settings.user_impact,
        history_limit=settings.history_limit,
        excluded_kinds=settings.excluded,
    )


def together_settings(settings: Settings) -> TogetherSettings:
    """Take from the settings how is counted what goes together."""
    return TogetherSettings(
        kinds=settings.together_kinds,
        gap=settings.session_gap,
        evidence=recommend_settings(settings).evidence,
        rules=TogetherRules(least_people=settings.together_people),
    )
