from store import facts


def test_all_processes_agree_on_the_first_value(database, now):
    assert database.write_now(facts.ensure, "secret", {"ấm": [1, None]}, now) == {"ấm": [1, None]}
    assert database.write_now(facts.ensure, "secret", "another", now) == {"ấm": [1, None]}
    assert database.write_now(facts.ensure, "other", 7, now) == 7
