_base_ = './baseline_r18.py'

# where CBAM's own paper has it; + 89,880 parameters
model = dict(
    backbone=dict(
        attention=dict(
            modules=('cbam', ),
            position='before_addition',
            stages=(0, 1, 2, 3),
            cbam=dict(ratio=16, kernel_size=7))))
