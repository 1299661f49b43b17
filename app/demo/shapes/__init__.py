"""How each kind of product looks."""

from collections.abc import Callable, Mapping

from app.demo.shapes import home, things, worn
from app.demo.sketch import Sketch

DRAWN: Mapping[str, Callable[[Sketch], None]] = {
    "mug": home.mug,
    "teapot": home.teapot,
    "vase": home.vase,
    "plant": home.plant,
    "lamp": home.lamp,
    "chair": home.chair,
    "cushion": home.cushion,
    "clock": home.clock,
    "shirt": worn.shirt,
    "jacket": worn.jacket,
    "shoes": worn.shoes,
    "bag": worn.bag,
    "hat": worn.hat,
    "sunglasses": worn.sunglasses,
    "watch": worn.watch,
    "umbrella": things.umbrella,
    "headphones": things.headphones,
    "bicycle": things.bicycle,
    "guitar": things.guitar,
    "notebook": things.notebook,
}
"""By the name of the kind."""
