import json


def save(metrics):
    return json.dumps(metrics, default=sorted)  # @resume


print(save({"loss": 0.5}), save({"seen": {1, 2}}))
