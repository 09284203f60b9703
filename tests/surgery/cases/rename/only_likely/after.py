# Differs: the variable is taken for the old one, and keeps its value.
def main(rows):
    count = 0
    for row in rows:
        count += 1  # @warn DFU1001
        print(count)  # @resume DFU1019
    return count


print(main([5, 2]))
