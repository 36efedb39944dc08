from localku.platform.databases.database_diagnosis import Light, check


def test_the_worst_row_is_the_light() -> None:
    found = check("Bloat", ("Object",), [["YELLOW", "a"], ["RED", "b"]])
    assert (found.light, found.rows) == (Light.RED, (("a",), ("b",)))
    assert check("Bloat", ("Object",), [["YELLOW", "a"]]).light is Light.YELLOW
    assert check("Bloat", ("Object",), []).light is Light.GREEN
