def resume(checkpoint, model):
    print("resume")
    model.update(checkpoint["state_dict"])  # @crash
    return checkpoint["epoch"]


model = {}
print(resume({"model": {"w": 1}, "epoch": 3}, model), model)
