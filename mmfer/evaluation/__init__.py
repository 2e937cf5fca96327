"""Numbers from predictions: scores, intervals, tests, localisation of attention."""
from mmfer.evaluation.expression_metric import ExpressionMetric
from mmfer.evaluation.folds import Pool, compare, pool_predictions, summarize
from mmfer.evaluation.frame_predictions import FramePredictions
from mmfer.evaluation.predictions import (
    ClipPrediction,
    Predictions,
    find_predictions,
    read_predictions,
    write_predictions,
)
from mmfer.evaluation.report import format_comparisons, format_summary

__all__ = [
    'ClipPrediction', 'ExpressionMetric', 'FramePredictions', 'Pool', 'Predictions', 'compare',
    'find_predictions', 'format_comparisons', 'format_summary', 'pool_predictions',
    'read_predictions', 'summarize', 'write_predictions'
]
