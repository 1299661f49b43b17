"""The goods: twenty kinds, twenty of each, every one a little different."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.demo.dice import Dice
from app.demo.kinds import KINDS, Kind
from app.demo.paint import COLOURS, PATTERNS, Paint
from app.demo.pictures import data_url, picture
from app.demo.wording import BRANDS, OCCASIONS, description, title
from indexer.items import Item

SEED = 7
OF_EACH_KIND = 20
WITHOUT_PICTURE = 0.2
WITHOUT_DESCRIPTION = 0.12
SOLD_OUT = 0.05
OLDEST = timedelta(days=240)


@dataclass(frozen=True, slots=True)
class _Product:
    """What has been decided of an item before it is written and drawn."""

    kind: Kind
    paint: Paint
    material: str
    brand: str
    occasion: str


def catalogue(seed: int, now: datetime) -> list[Item]:
    """Make up the whole shop; it takes some seconds, most of them for drawing.

    Args:
        seed: The same seed gives the same goods.
        now: Items came into being in the months before this day, with an offset; everything but
            `created_at` is independent of it.

    Returns:
        400 items in the order of the shelves, ids "mug-001" and so on.
    """
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return [
        _item(seed, kind, number, today) for kind in KINDS for number in range(1, OF_EACH_KIND + 1)
    ]


def _item(seed: int, kind: Kind, number: int, today: datetime) -> Item:
    item_id = f"{kind.name}-{number:03}"
    dice = Dice(seed, item_id)
    product = _product(kind, dice)
    paint = product.paint
    illustrated = not dice.happens(WITHOUT_PICTURE)
    described = not dice.happens(WITHOUT_DESCRIPTION)
    noun = dice.pick(kind.nouns)
    # Squared, so that more of them are new.
    age = OLDEST * dice.share() ** 2
    return Item(
        item_id=item_id,
        title=title(noun, paint, product.material, product.brand, dice),
        description=(
            description(kind, paint, product.material, product.occasion, dice)
            if described
            else None
        ),
        image_url=data_url(picture(kind.name, noun, paint, dice), dice) if illustrated else None,
        categories=kind.categories,
        price=_price(kind, dice),
        available=not dice.happens(SOLD_OUT),
        created_at=today - timedelta(minutes=round(age / timedelta(minutes=1))),
        attributes={
            "brand": product.brand,
            "colour": paint.colour,
            "material": product.material,
            "pattern": paint.pattern,
            "occasion": product.occasion,
        },
    )


def _product(kind: Kind, dice: Dice) -> _Product:
    colour, second = dice.several(list(COLOURS), 2)
    plain_is_common = (4, *([1] * (len(PATTERNS) - 1)))
    return _Product(
        kind=kind,
        paint=Paint(colour, second, dice.pick(PATTERNS, weights=plain_is_common)),
        material=dice.pick(kind.materials),
        brand=dice.pick(BRANDS),
        occasion=dice.pick(OCCASIONS),
    )


def _price(kind: Kind, dice: Dice) -> float:
    """Draw a price evenly on a logarithmic scale, and end it the way shops do."""
    low, high = kind.price
    price = math.exp(dice.between(math.log(low), math.log(high)))
    if price >= 100:
        return float(5 * round(price / 5))
    return math.floor(price) + dice.pick((0.0, 0.5, 0.9))
