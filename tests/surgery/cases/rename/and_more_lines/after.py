def main(rows):
    found = []
    for row in rows:
        double = row * 2
        found.append(double)
        size = len(found)  # @resume
        print(double, size)
    return found


print(main([1, 2]))
