_base_ = ['../_base_/models/score-fusion_r18.py', '../_base_/recipes/unified.py']
