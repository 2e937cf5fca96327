"""From a box and landmarks to an upright crop of fixed size."""
from mmfer.faces.alignment.aligning import align_face
from mmfer.faces.alignment.geometry import BORDERS, INTERPOLATIONS, KINDS, MARGINS, Geometry
from mmfer.faces.alignment.placing import crop_matrix, transform_points

__all__ = ['BORDERS', 'INTERPOLATIONS', 'KINDS', 'MARGINS', 'Geometry', 'align_face',
           'crop_matrix', 'transform_points']
