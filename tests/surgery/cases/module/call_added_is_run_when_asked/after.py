# @run-added
settings = {}
settings.update(x=1)  # @warn DFU1005
for name in "yz":  # @warn DFU1005
    settings[name] = len(settings)


def main():
    print("start")
    print(settings["x"], len(settings))  # @resume


main()
