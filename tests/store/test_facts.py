from store import facts


def test_all_processes_agree_on_the_first_value(database, now):
    assert database.write_now(facts.ensure, "secret", {"ấm": [1, None]}, now) == {"ấm": [1, None]}
    assert database.write_now(facts.ensure, "secret", "another", now) == {"ấm": [1, None]}
    assert database.write_now(facts.ensure, "other", 7, now) == 7


def test_a_fact_that_changes_is_taken_and_put(database, now):
    def spend(tx):
        left = facts.take(tx, "purse", 10, now)
        facts.put(tx, "purse", left - 1, now)
        return left

    assert [database.write_now(spend) for _ in range(3)] == [10, 9, 8]
