"""Everything that is fuzzed, by name."""

from tests.fuzz.target import Target
from tests.fuzz.targets import adapters, archives, code, pages, recipes, records, rows, tokenizers

ALL: dict[str, Target] = {
    target.name: target
    for part in (recipes, rows, archives, code, records, adapters, tokenizers, pages)
    for target in part.TARGETS
}
