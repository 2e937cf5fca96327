from mmfer.evaluation import intervals, paired_tests, statistics, units


def test_names_are_those_of_the_parts():
    for module in (intervals, paired_tests, units):
        for name in module.__all__:
            assert getattr(statistics, name) is getattr(module, name)
            assert name in statistics.__all__
