# Differs: what the branch printed before the crash stays printed.
def main(flag):
    print("start")
    print("end")  # @resume DFU1008


main(True)
