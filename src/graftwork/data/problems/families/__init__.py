"""Kinds of generated problems: the basic chains of operations, and harder ones that a recipe may ask for."""

from graftwork.data.problems.families.basic import BasicFamily
from graftwork.data.problems.families.family import Family, Steps, Test
from graftwork.data.problems.families.recursive import RecursiveFamily
from graftwork.data.problems.families.stateful import StatefulFamily
from graftwork.data.problems.families.two_inputs import TwoInputsFamily

__all__ = ["FAMILIES", "Family", "Steps", "Test"]

FAMILIES: dict[str, Family] = {
    family.name: family for family in (BasicFamily(), StatefulFamily(), RecursiveFamily(), TwoInputsFamily())
}
