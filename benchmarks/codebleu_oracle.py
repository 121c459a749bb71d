"""How near our CodeBLEU is to the package of that name: python -m benchmarks.codebleu_oracle (seconds).

Prints, for the pairs of the tests: rank correlation and mean absolute difference of all; the same (*) without those of
whose data flow the package finds nothing matched, which it counts as 1; seconds for 1,000 pairs, ours and theirs.
"""

import time

import numpy as np
from scipy.stats import spearmanr

from graftwork.languages import get_language
from graftwork.metrics.codebleu import codebleu, compare
from tests.metrics.codebleu.pairs import make_pairs
from tests.metrics.codebleu.test_oracle import LANGUAGES, NUM_PAIRS, theirs


def main() -> None:
    print(
        f"{'language':12}{'rank':>8}{'mean |d|':>10}{'rank*':>8}{'mean |d|*':>11}{'pairs*':>8}{'ours':>7}{'theirs':>8}"
    )
    for language in LANGUAGES:
        pairs, syntax = make_pairs(language, NUM_PAIRS), get_language(language)
        codebleu([compare(*pairs[0], syntax)])
        start = time.perf_counter()
        ours = np.array([codebleu([compare(*pair, syntax)]) for pair in pairs])
        middle = time.perf_counter()
        scores = [theirs([pair], language) for pair in pairs]
        end = time.perf_counter()
        others = np.array([score["codebleu"] for score in scores])
        sound = np.array([score["dataflow_match_score"] > 0 for score in scores])
        print(
            f"{language:12}{spearmanr(ours, others).statistic:8.4f}{np.abs(ours - others).mean():10.4f}"
            f"{spearmanr(ours[sound], others[sound]).statistic:8.4f}{np.abs(ours - others)[sound].mean():11.4f}"
            f"{sound.sum():8}{(middle - start) * 1000 / NUM_PAIRS:7.2f}{(end - middle) * 1000 / NUM_PAIRS:8.2f}"
        )


if __name__ == "__main__":
    main()
