"""Values that a JSON Schema allows, most of them at the edges of what it allows."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]
INTEGERS = (0, 1, 2, 30, 1000, 2**31, 2**32, 2**53, 2**63 - 1, 2**63, 2**64 - 1)
NUMBERS = (0.0, 1e-300, 1e-9, 0.5, 1.0, 1e9, 3.5e38, 1e300)
CHARACTERS = "ax 0-',.:\"\\/\n\t\0ä中\u202e\u2028\ufeff\U0001f600"
LONGEST = 20_000


def edges(schema: Schema) -> list[Any]:
    """What a schema of no objects allows at the edges: the ends of ranges, and oddities within."""
    if "anyOf" in schema:
        return [value for each in schema["anyOf"] for value in edges(each)]
    if "enum" in schema:
        return list(schema["enum"])
    match schema.get("type"):
        case "array":
            inner = edges(schema["items"])
            lists = [[], *([value] for value in inner), inner]
            return [each for each in lists if len(each) >= schema.get("minItems", 0)]
        case "string":
            most = schema.get("maxLength", LONGEST)
            texts = ["", " ", "\0", "ä\n", CHARACTERS, "x" * most, CHARACTERS[-1] * most]
            return [text for text in texts if schema.get("minLength", 0) <= len(text) <= most]
        case "integer":
            return [int(value) for value in _within(schema, INTEGERS, 1)]
        case "number":
            return [float(value) for value in _within(schema, NUMBERS, 1e-9)]
        case "boolean":
            return [True, False]
        case _:
            return [None]


def _within(schema: Schema, values: tuple[float, ...], step: float) -> list[float]:
    least = schema.get("minimum", schema.get("exclusiveMinimum", -values[-1] / 2))
    most = schema.get("maximum", schema.get("exclusiveMaximum", values[-1]))
    found = {*values, least, least + step, most, most - step}
    found -= {schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")}
    return sorted(value for value in found if least <= value <= most)


class Conforming:
    """Makes values of the schemas in one OpenRPC document."""

    def __init__(
        self, chance: random.Random, schemas: Mapping[str, Schema], words: Sequence[str] = ("",)
    ) -> None:
        """`words`: strings, and names of members, that mean something where the values go."""
        self._chance = chance
        self._schemas = schemas
        self._words = words

    def members(self, schema: Schema, most: int) -> dict[str, Any]:
        """An object with what it requires, and up to `most` of the other members."""
        properties = schema.get("properties", {})
        required = [name for name in properties if name in schema.get("required", ())]
        others = [name for name in properties if name not in required]
        count = min(len(others), self._chance.randrange(most + 1))
        chosen = [*required, *self._chance.sample(others, count)]
        return {name: self.value(properties[name]) for name in chosen}

    def value(self, schema: Schema) -> Any:
        """Any value that the schema allows."""
        if "$ref" in schema:
            schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        if "anyOf" in schema:
            return self.value(self._chance.choice(schema["anyOf"]))
        match schema.get("type"):
            case "object" if "properties" in schema:
                return self.members(schema, 3)
            case "object":
                inner = schema.get("additionalProperties") or {}
                names = [self._chance.choice(self._words), self._chance.choice(CHARACTERS)]
                return {name: self.value(inner) for name in names}
            case "array":
                least = max(1, schema.get("minItems", 0))
                length = self._chance.choice([schema.get("minItems", 0), least, 5])
                return [self.value(schema["items"]) for _ in range(length)]
            case "string" if "enum" not in schema and self._chance.random() < 0.3:
                return self._chance.choice(self._words)
            case _:
                return self._chance.choice(edges(schema))
