import pytest

from graftwork.data.problems.operations import INPUT_PHRASES, OPERATIONS, PAIR_OPERATIONS, TYPES, Operation

each_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
SAMPLES = {"numbers": [4, -7, 4, 9], "number": 12, "text": " to East tea", "words": ["tea", "to", "tea"]}
SAMPLES |= {"mapping": {"tea": 3, "to": 9}}
IS_A = {
    "numbers": lambda value: isinstance(value, list) and all(type(one) is int for one in value),
    "number": lambda value: type(value) is int,
    "text": lambda value: isinstance(value, str),
    "words": lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value),
    "mapping": lambda value: isinstance(value, dict) and all(type(one) is int for one in value.values()),
}


def test_no_operation_hides_another_of_its_name() -> None:
    assert list(OPERATIONS) == [operation.name for operation in OPERATIONS.values()]
    assert len(OPERATIONS) == 85


@each_operation
def test_an_operation_leads_from_its_source_type_to_its_result_type(operation: Operation) -> None:
    for parameter in operation.parameters:
        assert IS_A[operation.result](operation.apply(SAMPLES[operation.source], parameter))


@each_operation
def test_applying_an_operation_leaves_its_input_alone(operation: Operation) -> None:
    value = SAMPLES[operation.source]
    before = repr(value)
    operation.apply(value, operation.parameters[0])
    assert repr(value) == before


@each_operation
def test_the_parameter_is_said_exactly_when_there_is_one(operation: Operation) -> None:
    assert all(("{k}" in phrase) == (operation.parameters != (None,)) for phrase in operation.phrases)


each_pair = pytest.mark.parametrize("operation", PAIR_OPERATIONS.values(), ids=PAIR_OPERATIONS)


def test_no_operation_on_two_inputs_hides_another() -> None:
    assert len({*OPERATIONS, *PAIR_OPERATIONS}) == len(OPERATIONS) + len(PAIR_OPERATIONS) == 109


@each_pair
def test_an_operation_on_two_inputs_gives_its_result_type(operation: Operation) -> None:
    seconds = {"numbers": [4, 9], "number": 3, "text": "t", "words": ["tea", "sea"]}
    assert IS_A[operation.result](operation.apply(SAMPLES[operation.source], seconds[operation.other]))
    assert operation.parameters == (None,)
    assert not any("{k}" in phrase for phrase in operation.phrases)


def test_every_type_is_taken_given_and_said() -> None:
    assert {operation.source for operation in OPERATIONS.values()} == set(TYPES)
    assert {operation.result for operation in OPERATIONS.values()} == set(TYPES)
    assert set(INPUT_PHRASES) == set(TYPES)
