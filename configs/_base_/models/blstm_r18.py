_base_ = './score-fusion_r18.py'

# trained with the clip's label on every frame, answers with the mean probability
model = dict(cls_head=dict(type='BLSTMHead', answer='clip'))
