"""Integers that cross a process boundary: those that every reader of JSON reads as they were."""

from typing import Annotated

from msgspec import Meta

Integer = Annotated[int, Meta(ge=-(2**53), le=2**53)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
