"""What the shop sells: twenty kinds of product."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of product.

    Attributes:
        name: Singular, also the beginning of its item ids.
        categories: From general to special.
        nouns: What shops call one.
        price: Usual lowest and highest.
        materials: What it comes in.
        openings: Sentences a description may begin with; they stand by themselves.
        details: Sentences it may go on with.
    """

    name: str
    categories: tuple[str, str]
    nouns: tuple[str, ...]
    price: tuple[float, float]
    materials: tuple[str, ...]
    openings: tuple[str, ...]
    details: tuple[str, ...]


KINDS: tuple[Kind, ...] = (
    Kind(
        "mug",
        ("Kitchen", "Mugs"),
        ("mug", "coffee cup", "latte mug", "tea cup"),
        (8, 32),
        ("stoneware", "porcelain", "enamel"),
        (
            "Holds a proper cup of coffee and keeps it warm.",
            "For the first sip of the day, before anyone speaks.",
            "A generous cup with a handle that fits three fingers.",
        ),
        ("Goes in the dishwasher.", "Stacks with its siblings.", "No two glazes come out alike."),
    ),
    Kind(
        "teapot",
        ("Kitchen", "Teapots"),
        ("teapot", "tea pot", "brewing pot"),
        (24, 90),
        ("stoneware", "porcelain", "cast iron"),
        (
            "Pours without a drip, down to the last cup.",
            "Enough tea for a long talk between four people.",
            "A round belly gives loose leaves room to open.",
        ),
        ("The lid stays on while you pour.", "Comes with a fine strainer.", "Holds one litre."),
    ),
    Kind(
        "vase",
        ("Home", "Vases"),
        ("vase", "flower vase", "bud vase"),
        (14, 85),
        ("glass", "stoneware", "porcelain"),
        (
            "Makes a handful of meadow flowers look arranged.",
            "A quiet shape for the windowsill, with stems or without.",
            "The narrow neck holds tall stems upright.",
        ),
        ("Watertight and heavy at the foot.", "Thrown by hand.", "Rinse it and it is clean."),
    ),
    Kind(
        "plant",
        ("Home", "Plants"),
        ("potted plant", "houseplant", "plant in a pot"),
        (9, 60),
        ("terracotta", "stoneware", "recycled plastic"),
        (
            "Green company that forgives a forgotten watering.",
            "Grown slowly, and sent out in the pot you see.",
            "Brings a corner of the room to life.",
        ),
        ("Happy in half shade.", "Water it once a week.", "Safe around cats."),
    ),
    Kind(
        "lamp",
        ("Home", "Lamps"),
        ("lamp", "desk lamp", "reading light", "table lamp"),
        (28, 180),
        ("steel", "linen", "oak"),
        (
            "Throws a warm circle of light where you read.",
            "Light for late pages and early lists.",
            "Softens a hard evening at the flick of a switch.",
        ),
        ("Takes an E27 bulb.", "Two metres of woven cable.", "Dims in three steps."),
    ),
    Kind(
        "chair",
        ("Home", "Chairs"),
        ("chair", "dining chair", "armchair", "reading chair"),
        (70, 420),
        ("oak", "velvet", "linen"),
        (
            "A seat you stay in after the plates are cleared.",
            "Straight back, soft seat, no wobble.",
            "Made for one person and a good book.",
        ),
        ("Legs screw on without tools.", "Covers come off for washing.", "Carries 130 kg."),
    ),
    Kind(
        "cushion",
        ("Home", "Cushions"),
        ("cushion", "throw pillow", "sofa pillow"),
        (12, 58),
        ("cotton", "velvet", "wool"),
        (
            "Changes the mood of a sofa in a second.",
            "Plump enough to lean on for a whole film.",
            "Something soft for the small of your back.",
        ),
        ("The filling is recycled.", "Hidden zip, washable at 30 degrees.", "Sewn with piping."),
    ),
    Kind(
        "clock",
        ("Home", "Clocks"),
        ("wall clock", "clock", "kitchen clock", "alarm clock"),
        (18, 120),
        ("steel", "oak", "recycled plastic"),
        (
            "Tells the time from across the room.",
            "Sweeps round without ticking, even at night.",
            "Big dots instead of numbers, and two honest hands.",
        ),
        ("Runs on one AA battery.", "Hangs on a single nail.", "Loses a minute a year."),
    ),
    Kind(
        "shirt",
        ("Clothing", "Shirts"),
        ("shirt", "T-shirt", "tee", "button-down"),
        (15, 75),
        ("cotton", "linen", "hemp"),
        (
            "The one you reach for when the drawer is full.",
            "Cut straight, sits well tucked in or out.",
            "Feels worn in from the first day.",
        ),
        ("Keeps its shape in the wash.", "Runs true to size.", "The seams lie flat."),
    ),
    Kind(
        "jacket",
        ("Clothing", "Jackets"),
        ("jacket", "windbreaker", "rain jacket", "coat"),
        (60, 320),
        ("cotton", "nylon", "wool"),
        (
            "Keeps the wind out and lets the sweat escape.",
            "Room for a jumper underneath, pockets for everything else.",
            "For weather that cannot make up its mind.",
        ),
        ("Packs into its own pocket.", "Two-way zip.", "Cuffs close tight over gloves."),
    ),
    Kind(
        "shoes",
        ("Clothing", "Shoes"),
        ("sneakers", "trainers", "boots", "shoes"),
        (45, 210),
        ("leather", "canvas", "suede"),
        (
            "Light on the foot and steady on wet stone.",
            "Walk out of the shop and keep walking.",
            "Cushioned where you land, firm where you push off.",
        ),
        ("The sole can be replaced.", "Laces in two colours.", "Half sizes too."),
    ),
    Kind(
        "bag",
        ("Accessories", "Bags"),
        ("bag", "tote bag", "rucksack", "handbag", "backpack"),
        (22, 260),
        ("leather", "canvas", "nylon"),
        (
            "Swallows a laptop, lunch and a jumper.",
            "Opens wide, so nothing hides at the bottom.",
            "Carries the market home on a Saturday.",
        ),
        ("Straps adjust with one hand.", "An inner pocket for keys.", "Sheds light rain."),
    ),
    Kind(
        "hat",
        ("Accessories", "Hats"),
        ("hat", "beanie", "cap", "sun hat"),
        (14, 85),
        ("wool", "cotton", "straw"),
        (
            "Warm ears, or shade for the nose, as the season asks.",
            "Springs back after a day in the bag.",
            "Sits close without leaving a line.",
        ),
        ("One size, with some give.", "Knitted in one piece.", "Brush it clean."),
    ),
    Kind(
        "sunglasses",
        ("Accessories", "Sunglasses"),
        ("sunglasses", "shades", "sun specs"),
        (20, 190),
        ("acetate", "steel", "recycled plastic"),
        (
            "Takes the glare off water and windscreens.",
            "Frames with a bit of cheek.",
            "Dark enough for noon, clear enough for the cafe.",
        ),
        ("Blocks all UV up to 400 nm.", "Springs in the hinges.", "Comes in a hard case."),
    ),
    Kind(
        "watch",
        ("Accessories", "Watches"),
        ("watch", "wrist watch", "timepiece"),
        (45, 390),
        ("leather", "steel", "silicone"),
        (
            "Plain to read at a glance, pleasant to look at longer.",
            "Slim under a cuff.",
            "A small machine that minds its own business.",
        ),
        ("Water is no problem down to 50 m.", "The strap changes in seconds.", "Swiss movement."),
    ),
    Kind(
        "umbrella",
        ("Outdoors", "Umbrellas"),
        ("umbrella", "rain umbrella", "brolly"),
        (16, 95),
        ("nylon", "cotton", "recycled plastic"),
        (
            "Stays the right way round in a gale.",
            "Room for two who like each other.",
            "Makes a grey street look better.",
        ),
        ("Opens at the push of a button.", "Wooden handle.", "Ribs of fibreglass."),
    ),
    Kind(
        "headphones",
        ("Music", "Headphones"),
        ("headphones", "earbuds", "over-ear headphones", "headset"),
        (30, 340),
        ("steel", "recycled plastic", "leather"),
        (
            "Turns the train into a quiet room.",
            "Clear voices, honest bass, nothing in between.",
            "Light enough to forget, good enough to notice.",
        ),
        ("Thirty hours on one charge.", "Folds flat.", "Ear pads can be replaced."),
    ),
    Kind(
        "bicycle",
        ("Outdoors", "Bicycles"),
        ("bicycle", "city bike", "bike", "touring bike"),
        (290, 1450),
        ("steel", "aluminium"),
        (
            "Rolls to work and on to the lake.",
            "Eight gears, two brakes, one bell.",
            "Upright enough to see over the cars.",
        ),
        ("Lights run off the hub.", "Mudguards and a rack are on it.", "Fits riders from 1.55 m."),
    ),
    Kind(
        "guitar",
        ("Music", "Guitars"),
        ("guitar", "acoustic guitar", "electric guitar", "six-string"),
        (95, 980),
        ("spruce", "mahogany", "maple"),
        (
            "Rings out warm when strummed, stays clear when picked.",
            "An easy neck for small hands and long evenings.",
            "Stays in tune through the encore.",
        ),
        ("Set up and tuned by a luthier.", "Comes with a padded case.", "Light strings fitted."),
    ),
    Kind(
        "notebook",
        ("Paper", "Notebooks"),
        ("notebook", "journal", "sketchbook", "diary"),
        (6, 34),
        ("recycled paper", "leather", "linen"),
        (
            "Lies flat, takes ink, keeps secrets.",
            "For lists, plans and small drawings of dogs.",
            "160 pages waiting for a good thought.",
        ),
        ("Dotted pages.", "Thread-sewn, so nothing falls out.", "A pocket in the back cover."),
    ),
)
"""In the order of the shelves."""
