_base_ = ['../_base_/models/avg_r18.py', '../_base_/recipes/unified.py']
