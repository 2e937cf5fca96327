"""Uncertainty of scores: units, intervals, paired tests, several comparisons."""
from mmfer.evaluation.intervals import (
    FEW_UNITS,
    LEVEL,
    NEAR_BOUND,
    RESAMPLES,
    bca_interval,
    interval_warnings,
    mean_interval,
    score_interval,
    score_intervals,
)
from mmfer.evaluation.paired_tests import (
    PairedTest,
    holm,
    mcnemar,
    paired_test,
    score_contributions,
    sign_flip_test,
)
from mmfer.evaluation.units import Units, group_units, resample_units, unit_confusions

__all__ = [
    'FEW_UNITS', 'LEVEL', 'NEAR_BOUND', 'RESAMPLES', 'PairedTest', 'Units', 'bca_interval',
    'group_units', 'holm', 'interval_warnings', 'mcnemar', 'mean_interval', 'paired_test',
    'resample_units', 'score_contributions', 'score_interval', 'score_intervals',
    'sign_flip_test', 'unit_confusions'
]
