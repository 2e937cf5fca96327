_base_ = './vgg16_sa2_tp_afew.py'

# attention clusters: what each of the two heads gives is scaled, shifted and normalised
model = dict(frame_pool=dict(shifting=True, penalty=0.0))
