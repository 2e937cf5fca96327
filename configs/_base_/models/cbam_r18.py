_base_ = './baseline_r18.py'

# where CBAM's own paper has it; + 89,880 parameters
model = dict(backbone=dict(attention=dict(modules=('cbam', ), position='before_addition')))
