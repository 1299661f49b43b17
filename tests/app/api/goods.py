"""What the small shops of these tests sell."""

from typing import Any

WORDS = {
    "mug": "stoneware mug for coffee and tea",
    "lamp": "brass lamp for desk and reading",
    "shoe": "leather shoe for walking and rain",
}
"""Kind to what its titles begin with."""


def goods(*, odd: str, even: str) -> list[dict[str, Any]]:
    """Make five items of each kind, the dearer the higher their number; the last cannot be had.

    Args:
        odd: Brand of those with odd numbers.
        even: Of the others.
    """
    return [
        {
            "item_id": f"{kind}-{number}",
            "title": f"{words} {number}",
            "categories": ["Things", kind],
            "price": 10.0 * number,
            "available": number != 5,
            "attributes": {"brand": odd if number % 2 else even},
        }
        for kind, words in WORDS.items()
        for number in range(1, 6)
    ]
