# Ten random divisions, 20% for testing and 20% of the rest for validation: people are shared.
_base_ = './frames16_224.py'

annotation = dict(file='data/enterface/annotations.json', root='data/enterface/eNTERFACE05')
protocol = dict(file='data/enterface/protocol_random80.json', split='split1', selection='inner')
num_classes = 6  # no neutral, no contempt
