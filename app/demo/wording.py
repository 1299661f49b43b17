"""Titles and descriptions, put together so that no two sound alike."""

from app.demo.dice import Dice
from app.demo.kinds import Kind
from app.demo.paint import Paint

BRANDS = (
    "Tonwerk",
    "Fjell & Fern",
    "Oakridge",
    "Little Harbour",
    "Marlo",
    "Nordlys",
    "Papaya Post",
    "Quill & Co",
    "Sundberg",
    "Velo Verde",
    "Wren",
    "Zephyr",
)
OCCASIONS = ("everyday", "gift", "travel", "summer", "winter", "office", "party", "weekend")

_NAMES = (
    "Alba", "Bruno", "Clover", "Dune", "Ember", "Fig", "Gale", "Hazel", "Isla", "Juno", "Kite",
    "Luna", "Moss", "Nico", "Olive", "Pip", "Quince", "Rue", "Sol", "Tilda", "Umber", "Vito",
    "Willow", "Yuki", "Zola",
)  # fmt: skip
_PATTERN_WORDS = {
    "striped": ("striped", "stripy", "with stripes"),
    "dotted": ("spotted", "polka dot", "with dots"),
    "checked": ("checked", "plaid", "gingham"),
    "wavy": ("wavy", "with waves", "rippled"),
    "floral": ("floral", "flowered", "with flowers"),
}
_MATERIALS = {
    "stoneware": "The stoneware is fired twice, dense and a little rough to the touch.",
    "porcelain": "Thin porcelain, bright when held against the light.",
    "enamel": "Enamel over steel, chip-resistant and ready for the campfire.",
    "cast iron": "Cast iron holds the heat for an hour.",
    "glass": "Mouth-blown glass with the odd tiny bubble.",
    "terracotta": "The terracotta breathes, so roots do not drown.",
    "recycled plastic": "Pressed from plastic that was something else before.",
    "steel": "Brushed steel, welded where others glue.",
    "linen": "Washed linen that softens with the years.",
    "oak": "Solid oak, oiled rather than varnished.",
    "velvet": "Deep velvet that changes shade when stroked.",
    "cotton": "Organic cotton, woven tight.",
    "wool": "Virgin wool, warm even when damp.",
    "hemp": "Hemp fabric: tough, cool and quick to dry.",
    "nylon": "Ripstop nylon that weighs next to nothing.",
    "leather": "Vegetable-tanned leather that darkens with use.",
    "canvas": "Heavy canvas, the kind sails were made of.",
    "suede": "Soft suede, brushed by hand.",
    "straw": "Braided straw from the south.",
    "acetate": "Cellulose acetate, polished for three days.",
    "silicone": "Silicone that rinses clean after a swim.",
    "aluminium": "An aluminium frame, light up the stairs.",
    "spruce": "A spruce top that opens up as it is played.",
    "mahogany": "Mahogany back and sides for a round, dark tone.",
    "maple": "Maple through and through, for a bright attack.",
    "recycled paper": "Recycled paper, cream rather than white.",
}
_OCCASION_WORDS = {
    "everyday": ("Made for daily use.", "Nothing precious: use it every day."),
    "gift": ("Makes a lovely present.", "Arrives in a gift box, with room for a card."),
    "travel": ("Travels well.", "Good company on a long journey."),
    "summer": ("Smells of summer.", "At its best on hot days and long evenings."),
    "winter": ("For the cold months.", "Takes the edge off a dark winter."),
    "office": ("At home on a desk.", "Quietly brightens the office."),
    "party": ("Gets noticed at parties.", "For when friends come round."),
    "weekend": ("Belongs to slow weekends.", "Saturday's favourite."),
}
_COLOUR_SENTENCES = (
    "Here in {colour} with touches of {second}.",
    "Comes in {colour}.",
    "The {colour} is mixed in small batches.",
    "Shown in {colour}; {second} sets it off.",
)


def title(noun: str, paint: Paint, material: str, brand: str, dice: Dice) -> str:
    """Write a title in one of several manners."""
    pattern = "" if paint.pattern == "plain" else dice.pick(_PATTERN_WORDS[paint.pattern])
    leading = "" if pattern.startswith("with") else pattern
    trailing = pattern if pattern.startswith("with") else ""
    name = dice.pick(_NAMES)
    manner = dice.pick(("plain", "brand", "name", "material", "both"))
    words = {
        "plain": (leading, paint.colour, noun, trailing),
        "brand": (brand, leading, noun, "in", paint.colour, trailing),
        "name": (f"“{name}”", paint.colour, leading, noun, trailing),
        "material": (paint.colour, leading, material, noun, trailing),
        "both": (f"{brand} {name}:", leading, material, noun, trailing),
    }[manner]
    written = " ".join(word for word in words if word)
    return written[0].upper() + written[1:]


def description(kind: Kind, paint: Paint, material: str, occasion: str, dice: Dice) -> str:
    """Write two to five sentences, the opening first and the rest in any order."""
    colour = dice.pick(_COLOUR_SENTENCES).format(colour=paint.colour, second=paint.second)
    pool = [
        *dice.several(kind.details, 2),
        _MATERIALS[material],
        dice.pick(_OCCASION_WORDS[occasion]),
        colour,
    ]
    rest = dice.several(pool, dice.pick((1, 2, 3, 4), weights=(1, 3, 3, 1)))
    return " ".join((dice.pick(kind.openings), *rest))
