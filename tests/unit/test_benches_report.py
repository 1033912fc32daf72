from __future__ import annotations

import pytest

from benches.report import Latency, histogram, percentile, table


def test_a_percentile_is_the_smallest_figure_that_so_many_are_not_above() -> None:
    figures = list(range(1, 1_001))
    assert percentile(figures, 50) == 500
    assert percentile(figures, 99) == 990
    assert percentile(figures, 99.9) == 999  # 99.9 % of 1,000 is 999, whatever floats say
    assert percentile(figures, 100) == 1_000


def test_a_percentile_of_few_figures_is_one_of_them() -> None:
    assert percentile([7.0], 50) == 7.0
    assert percentile([1.0, 9.0], 50) == 1.0
    assert percentile([1.0, 9.0], 50.1) == 9.0
    assert percentile([1.0, 9.0], 0) == 1.0


def test_no_figures_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no figures"):
        percentile([], 50)


def test_a_latency_does_not_depend_on_the_order_of_its_figures() -> None:
    latency = Latency.of([3.0, 1.0, 2.0])
    assert latency == Latency(3, (2.0, 3.0, 3.0, 3.0), 3.0)
    assert latency.row("tick") == ("tick", "3", "2.000", "3.000", "3.000", "3.000", "3.000")
    assert len(latency.row("tick")) == len(Latency.header())


def test_a_histogram_counts_each_figure_once_in_steps_of_1_2_5() -> None:
    lines = histogram([0.1, 0.15, 0.2, 0.9, 4.99, 5.0], "ms").splitlines()
    counted = {line.split()[0]: int(line.split()[4]) for line in lines}
    assert counted == {"0.1": 2, "0.2": 1, "0.5": 1, "1": 0, "2": 1, "5": 1}


def test_a_histogram_of_one_value_is_one_bar() -> None:
    (line,) = histogram([3.0] * 10, "ms").splitlines()
    assert line.split()[:5] == ["2", "-", "5", "ms", "10"]


def test_a_histogram_refuses_a_latency_of_nothing() -> None:
    with pytest.raises(ValueError, match="latency of 0"):
        histogram([0.0, 1.0], "ms")


def test_a_table_is_markdown_with_its_figures_to_the_right() -> None:
    assert table(("engine", "rate"), [("ours", "95,000"), ("other", "2")]).splitlines() == [
        "| engine |   rate |",
        "|--------|-------:|",
        "| ours   | 95,000 |",
        "| other  |      2 |",
    ]
