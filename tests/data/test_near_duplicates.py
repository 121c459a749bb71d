from graftwork.data.near_duplicates import clusters_of, tokens_of

LONG = "def f(a):\n" + "\n".join(f"    a = a + step_{number}(a)" for number in range(40))


def test_tokens_are_words_and_signs() -> None:
    assert tokens_of("f(a_1) -> b") == ["f", "(", "a_1", ")", "-", ">", "b"]


def test_a_small_change_in_a_long_text_is_near() -> None:
    assert clusters_of([LONG, "x = 1", LONG.replace("step_7", "step_x")], 0.9) == [0, 1, 0]


def test_a_small_change_in_a_short_text_is_not() -> None:
    assert clusters_of(["def f(a): return a + 1", "def f(a): return a + 2"], 0.9) == [0, 1]


def test_space_makes_no_difference() -> None:
    assert clusters_of([LONG, LONG.replace("    ", "\t")], 1.0) == [0, 0]


def test_near_to_one_of_a_cluster_is_in_it() -> None:
    chain = [LONG, LONG.replace("step_7", "step_x"), LONG.replace("step_7", "step_x").replace("step_20", "step_y")]
    assert clusters_of([chain[0], chain[2]], 0.92) == [0, 1]
    assert clusters_of(chain, 0.92) == [0, 0, 0]


def test_texts_without_tokens_are_equal() -> None:
    assert clusters_of(["", " ", "x"], 0.9) == [0, 0, 2]


def test_clusters_do_not_hang_on_the_order_of_hashes() -> None:
    texts = [LONG.replace("step_3(", f"step_{name}(") for name in "abcdefgh"]
    assert clusters_of(texts, 0.9) == [0] * 8
