"""Numbers from predictions: scores, intervals, tests, localisation of attention."""
from mmfer.evaluation.comparison import compare, with_holm
from mmfer.evaluation.expression_metric import ExpressionMetric
from mmfer.evaluation.faceless import FacelessClip
from mmfer.evaluation.folds import Pool, pool_predictions
from mmfer.evaluation.frame_predictions import FramePredictions
from mmfer.evaluation.predictions import (
    ClipPrediction,
    Predictions,
    find_predictions,
    read_predictions,
    write_predictions,
)
from mmfer.evaluation.report import format_comparisons, format_summary
from mmfer.evaluation.summary import summarize

__all__ = [
    'ClipPrediction', 'ExpressionMetric', 'FacelessClip', 'FramePredictions', 'Pool',
    'Predictions', 'compare', 'find_predictions', 'format_comparisons', 'format_summary',
    'pool_predictions', 'read_predictions', 'summarize', 'with_holm', 'write_predictions'
]
