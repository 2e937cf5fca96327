"""A neck outside the core; importing the package registers it."""
from projects.example_neck.top_k_neck import TopKNeck

__all__ = ['TopKNeck']
