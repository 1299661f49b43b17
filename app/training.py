"""What the settings say of learning from what people do, as the indexer takes it."""

from dataclasses import replace

from app.behaviour.cleaning import Rules
from app.counting import cleaning_rules
from app.settings import Settings
from embedders.learning import TrainingSettings
from indexer.teaching import TeachingSettings
from indexer.timetable import Pace


def teaching_settings(settings: Settings) -> TeachingSettings:
    """Take from the settings how behaviour is learned."""
    training = replace(
        TrainingSettings(),
        dimensions=settings.train_dimensions,
        passes=settings.train_passes,
        drop_context=settings.train_drop_context,
        drop_own=settings.train_drop_own,
        smoothing=settings.train_smoothing,
        within=settings.train_within,
        trust_people=settings.train_trust_people,
    )
    options = replace(
        settings.embedder_options(),
        threads=settings.train_threads,
        device=settings.train_device,
    )
    return TeachingSettings(training, options)


def pace(settings: Settings) -> Pace:
    """Take from the settings how often it is learned."""
    return Pace(settings.train_every, settings.train_least, settings.train_growth)


def rules(settings: Settings) -> Rules:
    """Take from the settings what is left out before learning."""
    return replace(cleaning_rules(settings), item_people=settings.train_item_people)
