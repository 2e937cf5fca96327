import argparse
import inspect

from mmfer.corpora import CORPORA, Option


def test_every_corpus_is_listed_under_its_own_name():
    assert len(CORPORA) >= 15
    assert list(CORPORA) == [corpus.name for corpus in CORPORA.values()]
    assert all(corpus.title and corpus.root_help for corpus in CORPORA.values())


def test_options_are_arguments_of_the_converter():
    """Each flag fills in an argument of its own, and no argument is out of reach."""
    for corpus in CORPORA.values():
        parser = argparse.ArgumentParser()
        names = [parser.add_argument(option.flag, **option.settings).dest
                 for option in corpus.options]
        assert ['source', *names] == list(inspect.signature(corpus.convert).parameters)


def test_an_option_is_compared_by_what_it_says():
    assert Option('--a', {'type': int}) == Option('--a', {'type': int}) != Option('--a', {})
