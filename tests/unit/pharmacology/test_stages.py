"""The modes of a centre with its peripherals, against the eigenvalues of the matrix itself."""

import numpy as np
import pytest

from posology.pharmacology.stages import Exchange, modes_of


def matrix_of(lost, exchanges):
    size = 1 + len(exchanges)
    matrix = np.zeros((size, size))
    matrix[0, 0] = -(lost + sum(out for out, _, _ in exchanges))
    for place, (out, back, own) in enumerate(exchanges, start=1):
        matrix[place, place] = -(back + own)
        matrix[place, 0], matrix[0, place] = out, back
    return matrix


def modes(lost, exchanges):
    return modes_of(
        np.array([lost]),
        [
            Exchange(np.array([out]), np.array([back]), np.array([own]) if own else 0.0)
            for out, back, own in exchanges
        ],
    )


CASES = {
    "one compartment": (0.7, []),
    "two": (0.7, [(1.1, 0.3, 0)]),
    "two, slow exchange": (0.7, [(1e-9, 0.7, 0)]),
    "two, equal ends": (0.5, [(0.2, 0.7, 0)]),
    "three": (26.0, [(35.0, 14.8, 0), (35.4, 0.876, 0)]),
    "three, equal returns": (1.0, [(0.5, 0.4, 0), (0.9, 0.4, 0)]),
    "three, nearly equal returns": (1.0, [(0.5, 0.4, 0), (0.9, 0.4 + 1e-11, 0)]),
    "three, two modes that nearly meet": (1.0, [(1e-7, 1.0, 0), (1e-7, 1.0 + 1e-7, 0)]),
    "four, one of them eliminates": (0.0, [(0.44, 0.59, 0), (0.2, 0.09, 0), (0.79, 1.5, 3.88)]),
}


@pytest.mark.parametrize("case", CASES)
def test_the_modes_are_those_of_the_matrix(case):
    lost, exchanges = CASES[case]
    found = modes(lost, exchanges)
    expected = np.sort(-np.linalg.eigvals(matrix_of(lost, exchanges)).real)
    np.testing.assert_allclose(np.sort(found.rates_per_h[:, 0]), expected, rtol=1e-7, atol=1e-12)
    assert (found.centre**2).sum() == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("hours", [0.001, 0.3, 4.0])
def test_what_is_put_into_the_centre_decays_as_the_matrix_says(case, hours):
    lost, exchanges = CASES[case]
    found = modes(lost, exchanges)
    there = (found.centre_to_centre[:, 0] * np.exp(-found.rates_per_h[:, 0] * hours)).sum()
    matrix = matrix_of(lost, exchanges) * hours
    power, total = np.eye(len(matrix)), np.eye(len(matrix))
    halvings = max(0, int(np.ceil(np.log2(max(np.abs(matrix).sum(), 1e-9)))) + 2)
    for term in range(1, 24):
        power = power @ (matrix / 2**halvings) / term
        total = total + power
    for _ in range(halvings):
        total = total @ total
    assert there == pytest.approx(total[0, 0], rel=1e-8)


def test_the_slowest_rate_keeps_its_digits_where_it_is_tiny():
    """A deep third compartment: the product of the rates is exact, the cosine of the cubic would not be."""
    found = modes(30.0, [(5.0, 1.0, 0), (2.0, 1e-7, 0)])
    assert np.prod(found.rates_per_h[:, 0]) == pytest.approx(30.0 * 1.0 * 1e-7, rel=1e-12)
