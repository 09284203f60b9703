# Differs: the names that the frame has bound are the old ones.
def main(rows):
    total = 0  # @warn DFU1001
    for row in rows:  # @warn DFU1007
        total += row  # @warn DFU1001
        print("t" in locals())  # @resume
        total, row = locals().get("total", 1), 0
    return total


print(main([1, 2]))
