from datetime import timedelta

from store import configurations


def test_each_configuration_has_a_number_of_its_own_and_keeps_it(database, now):
    first = database.write_now(configurations.adopt, "a" * 64, {"topics": ["ấm"]}, now)
    second = database.write_now(configurations.adopt, "b" * 64, {}, now)
    assert second > first
    assert database.write_now(configurations.adopt, "a" * 64, {}, now + timedelta(days=1)) == first
