"""A tour of the demo shop, to paste into another terminal."""

from collections.abc import Sequence
from dataclasses import dataclass

PERSON = "ada"
"""She likes mugs, teapots and notebooks, blue or violet, up to 120."""

UNILLUSTRATED = "mug-006"
"""A mug without picture and description; its answer is short enough to read."""

NEW_ITEM = "mug-new"


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop on the tour.

    Attributes:
        says: What to see there, one line.
        shell: What to paste; a POSIX shell, curl and Python are all it takes.
    """

    says: str
    shell: str


def stops(url: str) -> Sequence[Stop]:
    """Lay out the tour, to be walked in order.

    Args:
        url: Where the service listens, without a slash at the end.
    """
    pretty = "| python3 -m json.tool"
    return (
        Stop("What is up, and which models are in use", f"curl -s {url}/health/ready {pretty}"),
        Stop(
            "A mug that came without a picture",
            f"curl -s {url}/v1/items/{UNILLUSTRATED} {pretty}",
        ),
        Stop(
            "Items like it, by words and by looks; its looks were predicted",
            f"curl -sG {url}/v1/items/{UNILLUSTRATED}/similar \\\n  -d limit=3 {pretty}",
        ),
        Stop(
            "Items that look like a mug with a picture, whatever they are called",
            f"curl -sG {url}/v1/items/mug-001/similar \\\n  -d limit=3 -d weight.image=1 {pretty}",
        ),
        Stop(
            "What somebody looks for in their own words",
            f"curl -sG {url}/v1/search \\\n"
            "  --data-urlencode 'q=something warm to drink coffee from' \\\n"
            f"  -d limit=3 {pretty}",
        ),
        Stop(
            "For Ada, who likes blue and violet mugs and teapots; the reasons add up",
            f"curl -sG {url}/v1/users/{PERSON}/for-you \\\n  -d limit=2 -d explain=true {pretty}",
        ),
        Stop(
            "A new mug; the answer comes when it can be recommended",
            f"curl -s '{url}/v1/webhooks/catalog?wait=searchable' \\\n"
            "  -H 'Content-Type: application/json' -d @- <<END\n"
            '{"type": "item.created", "timestamp": "$(date -u +%Y-%m-%dT%H:%M:%SZ)",\n'
            f' "data": {{"item_id": "{NEW_ITEM}", "title": "Blue striped stoneware mug",\n'
            '          "description": "Keeps the coffee warm.", "price": 18.5,\n'
            '          "categories": ["Kitchen", "Mugs"],\n'
            '          "attributes": {"colour": "blue", "material": "stoneware"}}}\n'
            "END",
        ),
        Stop(
            "What is like the new mug, at once",
            f"curl -sG {url}/v1/items/{NEW_ITEM}/similar \\\n  -d limit=3 {pretty}",
        ),
        Stop(
            "And there it is for Ada, whom nobody told about it",
            f"curl -sG {url}/v1/users/{PERSON}/for-you \\\n"
            f"  -d limit=50 -d category=Mugs | grep -o {NEW_ITEM}",
        ),
        Stop(
            "She buys it; the next answer knows",
            f"curl -s {url}/v1/interactions \\\n  -H 'Content-Type: application/json' \\\n"
            f'  -d \'{{"user_id": "{PERSON}", "item_id": "{NEW_ITEM}", "type": "purchase"}}\'',
        ),
        Stop(
            "What is popular among things for the table below 30",
            f"curl -sG {url}/v1/popular \\\n"
            f"  -d category=Kitchen -d price_max=30 -d limit=3 {pretty}",
        ),
        Stop(
            "A filter as a tree: for Ada, of wood or leather, but no chair",
            f"curl -s {url}/v1/recommendations \\\n  -H 'Content-Type: application/json' \\\n"
            f'  -d \'{{"user_id": "{PERSON}", "limit": 3, "filter": {{"all": [\n'
            '        {"field": "attributes.material", "in": ["oak", "leather"]},\n'
            '        {"not": {"field": "categories", "equals": "Chairs"}}]}}\' \\\n'
            f"  {pretty}",
        ),
    )


def tour(url: str) -> str:
    """Write the tour out.

    Lines are broken already where a shell allows it; print it without wrapping them further.
    """
    written = [
        f"# {number}. {stop.says}\n{stop.shell}" for number, stop in enumerate(stops(url), 1)
    ]
    return "\n\n".join(
        (
            "The shop is open. Paste these into another terminal:",
            *written,
            f"All of the API, to try in a browser: {url}/docs",
        )
    )
