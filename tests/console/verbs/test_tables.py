from console.verbs.tables import table, width


def test_columns_line_up_and_the_last_runs_free() -> None:
    assert table(["a", "b"], [["đồng", "x y\nz"], ["1", ""]]) == "A     B\nđồng  x y z\n1"


def test_wide_characters_take_two_columns_and_marks_none() -> None:
    assert width("日本") == 4
    assert width("e\u0301") == 1
